//! Who else reads a mailbox: what the tool `readership` reports.

use super::{Mailbox, row_of};
use crate::account::Account;
use crate::engine::now;
use crate::error::Result;

/// One write a day and reader is enough for reports by days.
const A_DAY: i64 = 24 * 3600;

impl Mailbox {
    /// Notes that `identifier`, who is not the owner, opened the mailbox now. Writes at most once a day each.
    pub fn note_reader(&self, identifier: &str) -> Result<()> {
        let (id, time) = (self.id, now());
        let last = self.account.glance(|reader| reader.last_read(id, identifier))?;
        if last.is_some_and(|last| (0..A_DAY).contains(&(time - last))) {
            return Ok(());
        }
        let identifier = identifier.to_owned();
        self.account.write(move |writer| {
            row_of(writer, id)?;
            writer.set_last_read(id, &identifier, time)
        })
    }

    /// Who else opened the mailbox, with the last time in seconds since 1970 (true to a day), by name.
    pub fn readers(&self) -> Result<Vec<(String, i64)>> {
        self.account.read(|reader| {
            row_of(reader, self.id)?;
            reader.readers(self.id)
        })
    }
}

impl Account {
    /// Forgets who opened mailboxes of this account before a time, in seconds since 1970; says how many notes went.
    pub fn forget_readers(&self, before: i64) -> Result<usize> {
        self.write(move |writer| writer.forget_readers(before))
    }
}
