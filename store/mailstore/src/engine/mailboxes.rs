//! Mailbox rows: names, counters and numbers.

use rusqlite::{OptionalExtension, Row};

use super::open::now;
use super::{Reader, Writer};
use crate::error::{Result, StoreError};
use crate::mailbox_name::MailboxName;
use crate::special_use::SpecialUse;
use crate::{MailboxId, ModSeq, ObjectId, Uid};

/// Everything about a mailbox but its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailboxRow {
    pub(crate) id: MailboxId,
    pub(crate) uid_next: u64,
    pub(crate) highest_modseq: ModSeq,
    pub(crate) messages: u64,
    pub(crate) unseen: u64,
    pub(crate) deleted: u64,
    pub(crate) size: u64,
    /// How many messages no session was given as `\Recent`.
    pub(crate) recent: u64,
    /// The first UID of those.
    pub(crate) recent_from: u64,
    /// Grows with every change of the keyword names.
    pub(crate) keyword_version: u64,
    /// Changes of flags up to this MODSEQ are no longer listed one by one.
    pub(crate) changed_floor: ModSeq,
    /// Expunges up to this MODSEQ are no longer listed one by one.
    pub(crate) expunged_floor: ModSeq,
    pub(crate) uid_validity: u32,
    pub(crate) selectable: bool,
    pub(crate) special_use: Option<SpecialUse>,
    pub(crate) object_id: ObjectId,
    pub(crate) name: MailboxName,
}

const COLUMNS: &str = "id, uidnext, highestmodseq, messages, unseen, deleted, size, recent, recent_from, \
                       keyword_version, changed_floor, expunged_floor, uidvalidity, selectable, special_use, object_id, name";

impl MailboxRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: MailboxId(row.get(0)?),
            uid_next: row.get(1)?,
            highest_modseq: row.get(2)?,
            messages: row.get(3)?,
            unseen: row.get(4)?,
            deleted: row.get(5)?,
            size: row.get(6)?,
            recent: row.get(7)?,
            recent_from: row.get(8)?,
            keyword_version: row.get(9)?,
            changed_floor: row.get(10)?,
            expunged_floor: row.get(11)?,
            uid_validity: row.get(12)?,
            selectable: row.get(13)?,
            special_use: row.get_ref(14)?.as_str_or_null()?.and_then(SpecialUse::from_attribute),
            object_id: ObjectId(row.get(15)?),
            name: MailboxName::stored(row.get_ref(16)?.as_str()?),
        })
    }

    /// The next UID, taken.
    pub(crate) fn take_uid(&mut self) -> Result<Uid> {
        let uid = Uid::try_from(self.uid_next)
            .ok()
            .filter(|uid| *uid < Uid::MAX)
            .ok_or_else(|| StoreError::Limit(format!("{} has used all its UIDs", self.name)))?;
        self.uid_next += 1;
        Ok(uid)
    }
}

impl Reader<'_> {
    pub(crate) fn mailbox(&self, id: MailboxId) -> Result<Option<MailboxRow>> {
        let mut select = self.db.prepare_cached(&select_where("id = ?1"))?;
        Ok(select.query_row([id.0], MailboxRow::read).optional()?)
    }

    pub(crate) fn mailbox_named(&self, name: &MailboxName) -> Result<Option<MailboxRow>> {
        let mut select = self.db.prepare_cached(&select_where("name = ?1"))?;
        Ok(select.query_row([name.as_str()], MailboxRow::read).optional()?)
    }

    /// Every mailbox by name, in byte order.
    pub(crate) fn mailboxes(&self) -> Result<Vec<MailboxRow>> {
        let mut select = self.db.prepare_cached(&select_where("1 ORDER BY name"))?;
        let rows = select.query_map((), MailboxRow::read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Mailboxes at any depth below a name, in byte order.
    pub(crate) fn mailboxes_below(&self, name: &MailboxName) -> Result<Vec<MailboxRow>> {
        let mut select =
            self.db.prepare_cached(&select_where("name > ?1 || '/' AND name < ?1 || '0' ORDER BY name"))?;
        let rows = select.query_map([name.as_str()], MailboxRow::read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn has_children(&self, name: &MailboxName) -> Result<bool> {
        let mut select =
            self.db.prepare_cached("SELECT 1 FROM mailbox WHERE name > ?1 || '/' AND name < ?1 || '0' LIMIT 1")?;
        Ok(select.exists([name.as_str()])?)
    }

    pub(crate) fn count_mailboxes(&self) -> Result<u32> {
        Ok(self.db.prepare_cached("SELECT count(*) FROM mailbox")?.query_row((), |row| row.get(0))?)
    }
}

fn select_where(condition: &str) -> String {
    format!("SELECT {COLUMNS} FROM mailbox WHERE {condition}")
}

impl Writer<'_> {
    pub(crate) fn insert_mailbox(
        &self,
        name: &MailboxName,
        selectable: bool,
        special_use: Option<SpecialUse>,
    ) -> Result<MailboxRow> {
        let (id, uid_validity) = self.next_mailbox(now())?;
        let row = MailboxRow {
            id,
            uid_next: 1,
            highest_modseq: 1,
            messages: 0,
            unseen: 0,
            deleted: 0,
            size: 0,
            recent: 0,
            recent_from: 1,
            keyword_version: 0,
            changed_floor: 0,
            expunged_floor: 0,
            uid_validity,
            selectable,
            special_use,
            object_id: ObjectId::random(),
            name: name.clone(),
        };
        self.db
            .prepare_cached(
                "INSERT INTO mailbox (id, uidnext, highestmodseq, messages, unseen, deleted, size, recent, recent_from, \
                 keyword_version, changed_floor, expunged_floor, uidvalidity, selectable, special_use, object_id, name) \
                 VALUES (?1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                id.0,
                uid_validity,
                selectable,
                special_use.map(SpecialUse::attribute),
                row.object_id.0,
                name.as_str(),
            ))?;
        Ok(row)
    }

    /// Writes the numbers of a mailbox back.
    pub(crate) fn save_numbers(&self, row: &MailboxRow) -> Result<()> {
        self.db
            .prepare_cached(
                "UPDATE mailbox SET uidnext = ?2, highestmodseq = ?3, messages = ?4, unseen = ?5, deleted = ?6, \
                 size = ?7, recent = ?8, recent_from = ?9, keyword_version = ?10, changed_floor = ?11, \
                 expunged_floor = ?12 \
                 WHERE id = ?1",
            )?
            .execute((
                row.id.0,
                row.uid_next,
                row.highest_modseq,
                row.messages,
                row.unseen,
                row.deleted,
                row.size,
                row.recent,
                row.recent_from,
                row.keyword_version,
                row.changed_floor,
                row.expunged_floor,
            ))?;
        Ok(())
    }

    pub(crate) fn set_name(&self, id: MailboxId, name: &MailboxName) -> Result<()> {
        self.db.prepare_cached("UPDATE mailbox SET name = ?2 WHERE id = ?1")?.execute((id.0, name.as_str()))?;
        Ok(())
    }

    pub(crate) fn set_special_use(&self, id: MailboxId, special_use: Option<SpecialUse>) -> Result<()> {
        self.db
            .prepare_cached("UPDATE mailbox SET special_use = ?2 WHERE id = ?1")?
            .execute((id.0, special_use.map(SpecialUse::attribute)))?;
        Ok(())
    }

    /// Removes a mailbox and all that hangs on it. Its messages must be gone already.
    pub(crate) fn delete_mailbox(&self, id: MailboxId) -> Result<()> {
        for table in ["changed", "expunged", "keyword", "acl", "annotation", "reader", "seen"] {
            self.db.prepare_cached(&format!("DELETE FROM {table} WHERE mailbox_id = ?1"))?.execute([id.0])?;
        }
        self.db.prepare_cached("DELETE FROM mailbox WHERE id = ?1")?.execute([id.0])?;
        Ok(())
    }
}
