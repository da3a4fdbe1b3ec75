//! Bringing removed messages back while their grace lasts, and ending it early.

use std::sync::Arc;

use super::flagging::next_modseq;
use super::{Mailbox, row_of};
use crate::Uid;
use crate::account::{Account, Arrival, add};
use crate::engine::now;
use crate::error::Result;
use crate::event::EventKind;
use crate::flags::Flags;

/// Messages let go of in one commit.
const STEP: usize = 1000;

impl Mailbox {
    /// Brings back the messages that were expunged at `since` (seconds since 1970) or later and are still kept, not
    /// `\Deleted` any more and under new UIDs: clients were told that the old ones are gone. No quota holds.
    pub fn bring_back(&self, since: i64) -> Result<Vec<Uid>> {
        let id = self.id;
        self.account.write(move |writer| {
            let mut row = row_of(writer, id)?;
            let messages = writer.removed(id, since)?;
            if messages.is_empty() {
                return Ok(Vec::new());
            }
            writer.forget_removed(id, since)?;
            next_modseq(&mut row);
            let save_date = now();
            let mut uids = Vec::with_capacity(messages.len());
            for message in messages {
                let flags = message.flags.without(Flags::DELETED);
                let arrival = Arrival {
                    flags,
                    size: message.size,
                    internal_date: message.internal_date,
                    save_date,
                    body_id: message.body_id,
                };
                uids.push(add(writer, &mut row, &arrival)?);
            }
            writer.save_numbers(&row)?;
            writer.announce_in(&row, EventKind::Appended { uids: Arc::from(&*uids) });
            Ok(uids)
        })
    }

    /// How many removed messages could be brought back.
    pub fn removed(&self) -> Result<u64> {
        self.account.read(|reader| {
            row_of(reader, self.id)?;
            Ok(reader.removed(self.id, i64::MIN)?.len() as u64)
        })
    }
}

impl Account {
    /// Lets go for good of messages that were removed at or before a time, in seconds since 1970; says how many.
    pub fn purge_removed(&self, due: i64) -> Result<u64> {
        let mut count = 0;
        loop {
            let gone = self.write(move |writer| writer.let_go(due, STEP))?;
            count += gone as u64;
            if gone < STEP {
                break;
            }
        }
        self.tidy()?;
        Ok(count)
    }
}
