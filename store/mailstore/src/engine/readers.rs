//! Who else reads a mailbox, and when they last did.

use rusqlite::OptionalExtension;

use super::{Reader, Writer};
use crate::MailboxId;
use crate::error::Result;

impl Reader<'_> {
    /// Who opened a mailbox, with the last time in seconds since 1970, by name.
    pub(crate) fn readers(&self, mailbox: MailboxId) -> Result<Vec<(String, i64)>> {
        let mut select = self
            .db
            .prepare_cached("SELECT identifier, last_read FROM reader WHERE mailbox_id = ?1 ORDER BY identifier")?;
        let rows = select.query_map([mailbox.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When somebody last opened a mailbox.
    pub(crate) fn last_read(&self, mailbox: MailboxId, identifier: &str) -> Result<Option<i64>> {
        let mut select =
            self.db.prepare_cached("SELECT last_read FROM reader WHERE mailbox_id = ?1 AND identifier = ?2")?;
        Ok(select.query_row((mailbox.0, identifier), |row| row.get(0)).optional()?)
    }
}

impl Writer<'_> {
    /// Somebody opened a mailbox at this time.
    pub(crate) fn set_last_read(&self, mailbox: MailboxId, identifier: &str, time: i64) -> Result<()> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO reader (mailbox_id, identifier, last_read) VALUES (?1, ?2, ?3)")?
            .execute((mailbox.0, identifier, time))?;
        Ok(())
    }

    /// Forgets who last opened any mailbox before this time; says how many.
    pub(crate) fn forget_readers(&self, before: i64) -> Result<usize> {
        Ok(self.db.prepare_cached("DELETE FROM reader WHERE last_read < ?1")?.execute([before])?)
    }
}
