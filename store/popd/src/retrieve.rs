//! RETR and TOP: a message goes out window by window, each prepared on the work pool (RFC 1939 §5, §7; RFC 6856 §2.1).

use std::ops::{ControlFlow, Range};

use mailstore::{Body, Mailbox, Result, Uid};
use message::downgrade::{self, Edit};
use message::{DigestRef, Surrogate};

use crate::link::WINDOW;
use crate::maildrop::Headers;
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
    /// It is not there any more.
    Gone,
}

/// A message on its way out.
struct Sending {
    body: Body,
    /// Octets of the message on the wire.
    size: u64,
    /// What goes out, in this order.
    pieces: Vec<Piece>,
    /// The piece whose turn it is, and octets of it that are out.
    at: (usize, usize),
    stuffing: Stuffing,
}

/// A run of a message's octets.
enum Piece {
    Stored(Range<usize>),
    /// A field of its surrogate.
    Made(Vec<u8>),
}

impl Session {
    /// Sends a message.
    pub(crate) async fn retrieve(&mut self, number: usize, extent: Extent) -> std::result::Result<Option<Reply>, End> {
        let headers = self.headers();
        let maildrop = self.maildrop()?;
        let Some(index) = maildrop.index_of(number) else { return Ok(Some(NO_SUCH_MESSAGE)) };
        let (mailbox, uid) = (maildrop.mailbox().clone(), maildrop.uid(index));
        let out = std::mem::take(&mut self.link.out);
        let (opened, out) = self.deps.pool.run(move || start(&mailbox, uid, headers, extent, out)).await;
        self.link.out = out;
        let mut sending = match opened {
            Ok(Opened::Message(sending)) => sending,
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
fn start(mailbox: &Mailbox, uid: Uid, headers: Headers, extent: Extent, mut out: Vec<u8>) -> (Result<Opened>, Vec<u8>) {
    let mut opened = open(mailbox, uid, headers, extent);
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

fn open(mailbox: &Mailbox, uid: Uid, headers: Headers, extent: Extent) -> Result<Opened> {
    let mut opened = Ok(Opened::Gone);
    mailbox.for_each(&uid.into(), |row| {
        opened = row.body().map(|body| {
            let (edits, size) = match DigestRef::decode(row.digest) {
                Ok(digest) => {
                    let is_ascii = headers == Headers::Utf8 || digest.surrogate() == Surrogate::NotNeeded;
                    let edits = if is_ascii { Vec::new() } else { downgrade::edits(&body, &digest) };
                    let size = downgrade::edited_size(&body, digest.crlf_size(), &edits);
                    (edits, size)
                }
                Err(_) => (Vec::new(), row.size),
            };
            let lines = match extent {
                Extent::Whole => None,
                Extent::Top(lines) => Some(lines),
            };
            let pieces = pieces(body.len(), edits);
            Opened::Message(Sending { body, size, pieces, at: (0, 0), stuffing: Stuffing::new(lines) })
        });
        ControlFlow::Break(())
    })?;
    opened
}

/// The message with its edits made.
fn pieces(length: usize, edits: Vec<Edit>) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(edits.len() * 2 + 1);
    let mut stored = 0;
    for edit in edits {
        pieces.push(Piece::Stored(stored..edit.place.start));
        stored = edit.place.end;
        pieces.push(Piece::Made(edit.text));
    }
    pieces.push(Piece::Stored(stored..length));
    pieces
}

impl Sending {
    /// Adds the next window to `out`, and the end of the response behind the last one.
    fn window(&mut self, out: &mut Vec<u8>) {
        // Stuffing doubles at most.
        let mut room = WINDOW.saturating_sub(out.len()) / 2;
        while let Some(piece) = self.pieces.get(self.at.0)
            && room > 0
        {
            let octets = match piece {
                Piece::Stored(range) => &self.body[range.clone()],
                Piece::Made(text) => text,
            };
            let end = octets.len().min(self.at.1 + room);
            out.reserve(end - self.at.1);
            self.stuffing.write(&octets[self.at.1..end], out);
            room -= end - self.at.1;
            self.at = if end == octets.len() { (self.at.0 + 1, 0) } else { (self.at.0, end) };
            if self.stuffing.is_full() {
                self.at = (self.pieces.len(), 0);
            }
        }
        if self.is_done() {
            self.stuffing.finish(out);
        }
    }

    fn is_done(&self) -> bool {
        self.at.0 == self.pieces.len()
    }
}
