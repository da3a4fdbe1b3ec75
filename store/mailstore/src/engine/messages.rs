//! Message rows: the short ones with the numbers, and what a search or a FETCH reads of many messages.

use std::ops::Range;

use rusqlite::OptionalExtension;

use super::{Reader, Writer};
use crate::error::{Result, StoreError};
use crate::{Flags, MailboxId, ModSeq, ObjectId, Uid};

/// A message in a mailbox.
#[derive(Debug, Clone)]
pub(crate) struct MessageRow {
    pub(crate) uid: Uid,
    pub(crate) flags: Flags,
    pub(crate) modseq: ModSeq,
    pub(crate) size: u64,
    pub(crate) internal_date: i64,
    pub(crate) save_date: i64,
    pub(crate) body_id: i64,
}

/// Rows with their digests, in one buffer that is used again and again.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) rows: Vec<BatchRow>,
    digests: Vec<u8>,
}

/// One row of a [`Batch`].
#[derive(Debug)]
pub(crate) struct BatchRow {
    pub(crate) uid: Uid,
    pub(crate) size: u64,
    pub(crate) internal_date: i64,
    pub(crate) save_date: i64,
    pub(crate) email_id: ObjectId,
    digest: Range<usize>,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.digests.clear();
    }

    pub(crate) fn digest(&self, row: &BatchRow) -> &[u8] {
        self.digests.get(row.digest.clone()).unwrap_or(&[])
    }
}

/// A message's key: one integer keeps the tree dense and each mailbox's messages together, in UID order.
pub(super) fn key(mailbox: MailboxId, uid: Uid) -> i64 {
    (i64::from(mailbox.0) << 32) | i64::from(uid)
}

/// The UID in a key.
fn uid_of(key: i64) -> Uid {
    // The low half, by construction.
    (key & i64::from(u32::MAX)) as Uid
}

impl Reader<'_> {
    /// Flags and MODSEQ of the messages `first..=last`, by UID.
    pub(crate) fn each_flags(
        &self,
        mailbox: MailboxId,
        first: Uid,
        last: Uid,
        mut each: impl FnMut(Uid, Flags, ModSeq) -> Result<()>,
    ) -> Result<()> {
        let mut select =
            self.db.prepare_cached("SELECT id, flags, modseq FROM message WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
        let mut rows = select.query([key(mailbox, first), key(mailbox, last)])?;
        while let Some(row) = rows.next()? {
            each(uid_of(row.get(0)?), Flags(row.get::<_, i64>(1)?.cast_unsigned()), row.get(2)?)?;
        }
        Ok(())
    }

    /// The messages `first..=last`, by UID.
    pub(crate) fn each_message(
        &self,
        mailbox: MailboxId,
        first: Uid,
        last: Uid,
        mut each: impl FnMut(MessageRow) -> Result<()>,
    ) -> Result<()> {
        let mut select = self.db.prepare_cached(
            "SELECT id, flags, modseq, size, internal_date, save_date, body_id FROM message \
             WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
        )?;
        let mut rows = select.query([key(mailbox, first), key(mailbox, last)])?;
        while let Some(row) = rows.next()? {
            each(MessageRow {
                uid: uid_of(row.get(0)?),
                flags: Flags(row.get::<_, i64>(1)?.cast_unsigned()),
                modseq: row.get(2)?,
                size: row.get(3)?,
                internal_date: row.get(4)?,
                save_date: row.get(5)?,
                body_id: row.get(6)?,
            })?;
        }
        Ok(())
    }

    /// Adds up to `most` of the messages `first..=last` to a batch. A message whose body row is damaged or missing
    /// gets an empty digest: it must not hide the others.
    pub(crate) fn fill(&self, mailbox: MailboxId, first: Uid, last: Uid, most: usize, batch: &mut Batch) -> Result<()> {
        let mut select = self.db.prepare_cached(
            "SELECT m.id, m.size, m.internal_date, m.save_date, b.email_id, b.digest \
             FROM message m LEFT JOIN body b ON b.id = m.body_id WHERE m.id BETWEEN ?1 AND ?2 ORDER BY m.id LIMIT ?3",
        )?;
        let mut rows = select.query((key(mailbox, first), key(mailbox, last), most))?;
        while let Some(row) = rows.next()? {
            let start = batch.digests.len();
            batch.digests.extend_from_slice(row.get_ref(5)?.as_blob_or_null().ok().flatten().unwrap_or(&[]));
            let email_id = row.get_ref(4)?.as_blob_or_null().ok().flatten().and_then(ObjectId::from_slice);
            batch.rows.push(BatchRow {
                uid: uid_of(row.get(0)?),
                size: row.get(1)?,
                internal_date: row.get(2)?,
                save_date: row.get(3)?,
                email_id: email_id.unwrap_or(ObjectId([0; 16])),
                digest: start..batch.digests.len(),
            });
        }
        Ok(())
    }

    /// The body of a message, if the message is there.
    pub(super) fn body_of(&self, mailbox: MailboxId, uid: Uid) -> Result<Option<(i64, u64)>> {
        let mut select = self.db.prepare_cached("SELECT body_id, size FROM message WHERE id = ?1")?;
        Ok(select.query_row([key(mailbox, uid)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}

impl Writer<'_> {
    pub(crate) fn insert_message(&self, mailbox: MailboxId, row: &MessageRow) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT INTO message (id, flags, modseq, size, internal_date, save_date, body_id) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                key(mailbox, row.uid),
                row.flags.0.cast_signed(),
                row.modseq,
                row.size,
                row.internal_date,
                row.save_date,
                row.body_id,
            ))?;
        Ok(())
    }

    /// Changes the flags of all messages `first..=last`: keeps `keep` of what they have and adds `add`.
    pub(crate) fn set_flags(
        &self,
        mailbox: MailboxId,
        (first, last): (Uid, Uid),
        (keep, add): (Flags, Flags),
        modseq: ModSeq,
    ) -> Result<()> {
        let changed = self
            .db
            .prepare_cached("UPDATE message SET flags = (flags & ?3) | ?4, modseq = ?5 WHERE id BETWEEN ?1 AND ?2")?
            .execute((key(mailbox, first), key(mailbox, last), keep.0.cast_signed(), add.0.cast_signed(), modseq))?;
        if changed == 0 { Err(StoreError::Corrupt(format!("no message {first}:{last} to change"))) } else { Ok(()) }
    }

    /// Removes the rows `first..=last`; their bodies and the mailbox's numbers are the caller's.
    pub(crate) fn delete_messages(&self, mailbox: MailboxId, first: Uid, last: Uid) -> Result<()> {
        self.db
            .prepare_cached("DELETE FROM message WHERE id BETWEEN ?1 AND ?2")?
            .execute([key(mailbox, first), key(mailbox, last)])?;
        Ok(())
    }
}
