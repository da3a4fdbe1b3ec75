//! Everybody's `\Seen` goes along with messages that are copied and moved inside an account.
//!
//! The flags of a copy are those of its original (RFC 3501 §6.4.7). `\Seen` is each reader's own, so that this holds for every one of
//! them: who has read a message has read its copy, whoever made it. The rights in the destination are about what the one who copies
//! sets (RFC 4314 §4): their own `\Seen` needs `s`, that of others is not theirs to take away.

use crate::engine::Writer;
use crate::error::Result;
use crate::uid_set::UidSet;
use crate::{MailboxId, Uid};

/// What those who are not the owner have seen of the messages that go along.
pub(super) struct SeenAlong {
    readers: Vec<Seen>,
}

struct Seen {
    reader: String,
    /// In the source.
    before: UidSet,
    /// In the destination, ascending.
    arrived: Vec<Uid>,
}

impl SeenAlong {
    /// Everybody who has seen something in the source but `without`.
    pub(super) fn of(writer: &Writer<'_>, source: MailboxId, without: Option<&str>) -> Result<Self> {
        let readers = writer.who_has_seen(source)?.into_iter().filter(|reader| Some(reader.as_str()) != without);
        let seen = |reader: String| {
            let before = writer.seen(source, &reader)?;
            Ok(Seen { reader, before, arrived: Vec::new() })
        };
        Ok(Self { readers: readers.map(seen).collect::<Result<_>>()? })
    }

    /// The message `old` of the source is `new` in the destination.
    pub(super) fn note(&mut self, old: Uid, new: Uid) {
        for reader in &mut self.readers {
            if reader.before.contains(old) {
                reader.arrived.push(new);
            }
        }
    }

    /// Writes it down.
    pub(super) fn save(self, writer: &Writer<'_>, destination: MailboxId) -> Result<()> {
        for Seen { reader, arrived, .. } in self.readers.into_iter().filter(|seen| !seen.arrived.is_empty()) {
            let before = writer.seen(destination, &reader)?;
            writer.set_seen(destination, &reader, &before, &before.union(&UidSet::from(arrived.as_slice())))?;
        }
        Ok(())
    }
}
