//! Which messages of a mailbox those who are not its owner have seen.

use super::{Reader, Writer};
use crate::MailboxId;
use crate::error::Result;
use crate::uid_set::UidSet;

impl Reader<'_> {
    /// What a reader has seen. It may hold UIDs whose messages are gone.
    pub(crate) fn seen(&self, mailbox: MailboxId, reader: &str) -> Result<UidSet> {
        let mut select =
            self.db.prepare_cached("SELECT first_uid, last_uid FROM seen WHERE mailbox_id = ?1 AND reader = ?2")?;
        let ranges = select.query_map((mailbox.0, reader), |row| Ok(row.get(0)?..=row.get(1)?))?;
        Ok(UidSet::from_ranges(ranges.collect::<rusqlite::Result<Vec<_>>>()?))
    }

    /// Who has seen anything of a mailbox, by name.
    pub(crate) fn who_has_seen(&self, mailbox: MailboxId) -> Result<Vec<String>> {
        let mut select = self.db.prepare_cached("SELECT DISTINCT reader FROM seen WHERE mailbox_id = ?1")?;
        let readers = select.query_map([mailbox.0], |row| row.get(0))?;
        Ok(readers.collect::<rusqlite::Result<_>>()?)
    }

    /// How many messages of a mailbox a reader has seen.
    pub(crate) fn count_seen(&self, mailbox: MailboxId, reader: &str) -> Result<u64> {
        let mut sum = self.db.prepare_cached(
            "SELECT coalesce(sum((SELECT count(*) FROM message \
             WHERE id BETWEEN (?1 << 32) + s.first_uid AND (?1 << 32) + s.last_uid)), 0) \
             FROM seen s WHERE s.mailbox_id = ?1 AND s.reader = ?2",
        )?;
        Ok(sum.query_row((mailbox.0, reader), |row| row.get(0))?)
    }

    /// Whether any mailbox has a list.
    pub(crate) fn has_acl(&self) -> Result<bool> {
        Ok(self.db.prepare_cached("SELECT 1 FROM acl LIMIT 1")?.exists(())?)
    }

    /// Every entry of every list: mailbox name, identifier, rights letters.
    pub(crate) fn shares(&self) -> Result<Vec<(String, String, String)>> {
        let mut select = self.db.prepare_cached(
            "SELECT m.name, a.identifier, a.rights FROM acl a JOIN mailbox m ON m.id = a.mailbox_id WHERE m.selectable",
        )?;
        let rows = select.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writer<'_> {
    /// Notes that what a reader has seen is `after` and no longer `before`.
    pub(crate) fn set_seen(&self, mailbox: MailboxId, reader: &str, before: &UidSet, after: &UidSet) -> Result<()> {
        let mut delete =
            self.db.prepare_cached("DELETE FROM seen WHERE mailbox_id = ?1 AND reader = ?2 AND first_uid = ?3")?;
        for range in before.ranges().iter().filter(|range| !after.has_range(range)) {
            delete.execute((mailbox.0, reader, range.start()))?;
        }
        let mut insert = self.db.prepare_cached(
            "INSERT OR REPLACE INTO seen (mailbox_id, reader, first_uid, last_uid) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for range in after.ranges().iter().filter(|range| !before.has_range(range)) {
            insert.execute((mailbox.0, reader, range.start(), range.end()))?;
        }
        Ok(())
    }

    /// Gives a mailbox the list of another one.
    pub(crate) fn inherit_acl(&self, from: MailboxId, to: MailboxId) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT OR REPLACE INTO acl (mailbox_id, identifier, rights) \
                 SELECT ?2, identifier, rights FROM acl WHERE mailbox_id = ?1",
            )?
            .execute((from.0, to.0))?;
        Ok(())
    }
}
