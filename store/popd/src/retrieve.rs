//! RETR and TOP: a message goes out window by window, each prepared on the work pool (RFC 1939 §5, §7; RFC 6856 §2.1, §5).

use std::ops::ControlFlow;

use mailstore::{Body, Mailbox, Result, Uid};
use message::{DigestRef, PartRef};

use crate::link::WINDOW;
use crate::maildrop::size_on_the_wire;
use crate::reply::{NO_SUCH_MESSAGE, Reply, store_failure};
use crate::session::{End, Session};
use crate::stuffing::Stuffing;

/// How much of a message is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// RETR.
    Whole,
    /// TOP: the header and so many lines of the body.
    Top(u64),
}

/// What opening a message found.
enum Opened {
    Message(Sending),
    /// Its header is UTF-8, which a client must ask for.
    NeedsUtf8,
    /// It is not there any more.
    Gone,
}

/// A message on its way out.
struct Sending {
    body: Body,
    /// Octets of the message on the wire.
    size: u64,
    sent: usize,
    stuffing: Stuffing,
}

impl Session {
    /// Sends a message.
    pub(crate) async fn retrieve(&mut self, number: usize, extent: Extent) -> std::result::Result<Option<Reply>, End> {
        let utf8 = self.utf8;
        let maildrop = self.maildrop()?;
        let Some(index) = maildrop.index_of(number) else { return Ok(Some(NO_SUCH_MESSAGE)) };
        let (mailbox, uid) = (maildrop.mailbox().clone(), maildrop.uid(index));
        let out = std::mem::take(&mut self.link.out);
        let (opened, out) = self.deps.pool.run(move || start(&mailbox, uid, utf8, extent, out)).await;
        self.link.out = out;
        let mut sending = match opened {
            Ok(Opened::Message(sending)) => sending,
            Ok(Opened::NeedsUtf8) => {
                return Ok(Some(Reply::err("Message needs UTF-8 mode: send UTF8 before signing in").code("UTF8")));
            }
            Ok(Opened::Gone) => return Ok(Some(Reply::err("Message was removed by another session"))),
            Err(error) => return Ok(Some(store_failure(&error))),
        };
        while !sending.is_done() {
            self.link.flush().await?;
            let mut out = std::mem::take(&mut self.link.out);
            (sending, self.link.out) = self
                .deps
                .pool
                .run(move || {
                    sending.window(&mut out);
                    (sending, out)
                })
                .await;
        }
        if extent == Extent::Whole {
            self.maildrop()?.retrieved(index);
        }
        Ok(None)
    }
}

/// Opens a message and prepares its first window, which of most messages is all.
fn start(mailbox: &Mailbox, uid: Uid, utf8: bool, extent: Extent, mut out: Vec<u8>) -> (Result<Opened>, Vec<u8>) {
    let mut opened = open(mailbox, uid, utf8, extent);
    if let Ok(Opened::Message(sending)) = &mut opened {
        let reply = match extent {
            Extent::Whole => Reply::ok(format!("{} octets", sending.size)),
            Extent::Top(_) => Reply::ok("Top of message follows"),
        };
        out.extend_from_slice(reply.to_string().as_bytes());
        sending.window(&mut out);
    }
    (opened, out)
}

fn open(mailbox: &Mailbox, uid: Uid, utf8: bool, extent: Extent) -> Result<Opened> {
    let mut opened = Ok(Opened::Gone);
    mailbox.for_each(&uid.into(), |row| {
        opened = row.body().map(|body| {
            if !utf8 && DigestRef::decode(row.digest).is_ok_and(|digest| has_utf8_header(&body, digest.root())) {
                return Opened::NeedsUtf8;
            }
            let lines = match extent {
                Extent::Whole => None,
                Extent::Top(lines) => Some(lines),
            };
            let size = size_on_the_wire(row.size, row.digest);
            Opened::Message(Sending { body, size, sent: 0, stuffing: Stuffing::new(lines) })
        });
        ControlFlow::Break(())
    })?;
    opened
}

/// Whether a header field of a part or of one below it is UTF-8 (RFC 6532). Other 8-bit octets are no text in any mode: old faulty mail, which goes out
/// as it is. Recursion is bounded by the depth that digests have.
fn has_utf8_header(message: &[u8], part: PartRef<'_>) -> bool {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(message.len());
    let range = part.header_range();
    let header = &message[place(range.start)..place(range.end)];
    let is_utf8 = |line: &[u8]| !line.is_ascii() && std::str::from_utf8(line).is_ok();
    (!header.is_ascii() && header.split(|byte| *byte == b'\n').any(is_utf8))
        || part.children().any(|child| has_utf8_header(message, child))
}

impl Sending {
    /// Adds the next window to `out`, and the end of the response behind the last one.
    fn window(&mut self, out: &mut Vec<u8>) {
        // Stuffing doubles at most.
        let room = WINDOW.saturating_sub(out.len()) / 2;
        let end = self.body.len().min(self.sent + room);
        out.reserve(end - self.sent);
        self.stuffing.write(&self.body[self.sent..end], out);
        self.sent = if self.stuffing.is_full() { self.body.len() } else { end };
        if self.sent == self.body.len() {
            self.stuffing.finish(out);
        }
    }

    fn is_done(&self) -> bool {
        self.sent == self.body.len()
    }
}
