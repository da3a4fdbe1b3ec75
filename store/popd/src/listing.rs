//! STAT, LIST and UIDL: answered from the rows read at sign-in; no message is opened (RFC 1939 §5, §7).

use std::io::Write;

use crate::maildrop::Maildrop;
use crate::reply::{NO_SUCH_MESSAGE, Reply};
use crate::session::{End, Session};

/// What a listing says about each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    Sizes,
    UniqueIds,
}

impl Listing {
    /// Message number and the fact, without a line end.
    fn write(self, maildrop: &Maildrop, index: usize, out: &mut Vec<u8>) {
        let number = index + 1;
        // Writing to memory cannot fail.
        let _ = match self {
            Listing::Sizes => write!(out, "{number} {}", maildrop.size(index)),
            Listing::UniqueIds => {
                write!(out, "{number} {}.{}", maildrop.mailbox().uid_validity(), maildrop.uid(index))
            }
        };
    }
}

impl Session {
    /// STAT.
    pub(crate) fn stat(&mut self) -> Result<Reply, End> {
        let totals = self.maildrop()?.totals();
        Ok(Reply::ok(format!("{} {}", totals.messages, totals.octets)))
    }

    /// LIST and UIDL of one message.
    pub(crate) fn list_one(&mut self, listing: Listing, number: usize) -> Result<Reply, End> {
        let maildrop = self.maildrop()?;
        let Some(index) = maildrop.index_of(number) else { return Ok(NO_SUCH_MESSAGE) };
        let mut line = Vec::new();
        listing.write(maildrop, index, &mut line);
        Ok(Reply::ok(String::from_utf8_lossy(&line).into_owned()))
    }

    /// LIST and UIDL of all.
    pub(crate) async fn list_all(&mut self, listing: Listing) -> Result<(), End> {
        let totals = self.maildrop()?.totals();
        self.say(&Reply::ok(format!("{} messages ({} octets)", totals.messages, totals.octets)));
        for index in self.maildrop()?.indices() {
            let Some(maildrop) = &self.maildrop else { return Err(End::Closed) };
            if maildrop.index_of(index + 1).is_none() {
                continue;
            }
            listing.write(maildrop, index, &mut self.link.out);
            self.link.out.extend_from_slice(b"\r\n");
            self.link.flush_full().await?;
        }
        self.link.out.extend_from_slice(b".\r\n");
        Ok(())
    }
}
