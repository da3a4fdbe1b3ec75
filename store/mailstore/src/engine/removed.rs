//! Removed messages: rows that left their mailbox and keep their body until their grace is over.

use super::{MessageRow, Reader, Writer};
use crate::error::Result;
use crate::{Flags, MailboxId};

impl Reader<'_> {
    /// Whether a message was removed at or before this time.
    pub(super) fn has_removed_before(&self, time: i64) -> Result<bool> {
        Ok(self.db.prepare_cached("SELECT 1 FROM removed WHERE removed_at <= ?1 LIMIT 1")?.exists([time])?)
    }

    /// The removed messages of a mailbox that left at `since` or later, by their old UIDs. Their MODSEQ is 0.
    pub(crate) fn removed(&self, mailbox: MailboxId, since: i64) -> Result<Vec<MessageRow>> {
        let mut select = self.db.prepare_cached(
            "SELECT uid, flags, size, internal_date, save_date, body_id FROM removed \
             WHERE removed_at >= ?1 AND mailbox_id = ?2 ORDER BY uid",
        )?;
        let rows = select.query_map((since, mailbox.0), |row| {
            Ok(MessageRow {
                uid: row.get(0)?,
                flags: Flags(row.get::<_, i64>(1)?.cast_unsigned()),
                modseq: 0,
                size: row.get(2)?,
                internal_date: row.get(3)?,
                save_date: row.get(4)?,
                body_id: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Every flag that a removed message of the mailbox has.
    pub(super) fn removed_flags(&self, mailbox: MailboxId) -> Result<Flags> {
        Ok(self.removed(mailbox, i64::MIN)?.iter().fold(Flags::NONE, |used, message| used | message.flags))
    }
}

impl Writer<'_> {
    /// Keeps messages that were just taken out of a mailbox, with their bodies.
    pub(crate) fn keep_removed(&self, mailbox: MailboxId, messages: &[MessageRow], now: i64) -> Result<()> {
        let mut insert = self.db.prepare_cached(
            "INSERT INTO removed (removed_at, mailbox_id, uid, flags, size, internal_date, save_date, body_id) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for message in messages {
            insert.execute((
                now,
                mailbox.0,
                message.uid,
                message.flags.0.cast_signed(),
                message.size,
                message.internal_date,
                message.save_date,
                message.body_id,
            ))?;
        }
        // Earlier ones may be due by now.
        self.put_aside.set(true);
        Ok(())
    }

    /// Forgets removed messages of a mailbox that left at `since` or later, and leaves their bodies to the caller.
    pub(crate) fn forget_removed(&self, mailbox: MailboxId, since: i64) -> Result<()> {
        self.db
            .prepare_cached("DELETE FROM removed WHERE removed_at >= ?1 AND mailbox_id = ?2")?
            .execute((since, mailbox.0))?;
        Ok(())
    }

    /// Forgets all removed messages of a mailbox; answers with their bodies.
    pub(crate) fn drop_removed(&self, mailbox: MailboxId) -> Result<Vec<i64>> {
        let bodies = self.removed(mailbox, i64::MIN)?.iter().map(|message| message.body_id).collect();
        self.forget_removed(mailbox, i64::MIN)?;
        Ok(bodies)
    }

    /// Lets go of up to `most` messages that were removed at or before a time; says how many there were.
    pub(crate) fn let_go(&self, due: i64, most: usize) -> Result<usize> {
        let mut delete = self.db.prepare_cached(
            "DELETE FROM removed WHERE (removed_at, mailbox_id, uid) IN \
             (SELECT removed_at, mailbox_id, uid FROM removed WHERE removed_at <= ?1 LIMIT ?2) RETURNING body_id",
        )?;
        let bodies: Vec<i64> = delete.query_map((due, most), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        self.release_bodies(&bodies)?;
        Ok(bodies.len())
    }
}
