//! Message rows: the short ones with the numbers, and what a search or a FETCH reads of many messages.

use std::ops::Range;

use super::{Reader, Writer};
use crate::error::{Result, StoreError};
use crate::internal_date::InternalDate;
use crate::{Flags, MailboxId, ModSeq, ObjectId, Uid};

/// A message in a mailbox.
#[derive(Debug, Clone)]
pub(crate) struct MessageRow {
    pub(crate) uid: Uid,
    pub(crate) flags: Flags,
    pub(crate) modseq: ModSeq,
    pub(crate) size: u64,
    pub(crate) internal_date: InternalDate,
    pub(crate) save_date: i64,
    pub(crate) body_id: i64,
}

/// Rows with their digests, in one buffer that is used again and again.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) rows: Vec<BatchRow>,
    octets: Vec<u8>,
}

/// One row of a [`Batch`].
#[derive(Debug)]
pub(crate) struct BatchRow {
    pub(crate) uid: Uid,
    pub(crate) size: u64,
    pub(crate) internal_date: InternalDate,
    pub(crate) save_date: i64,
    pub(crate) email_id: ObjectId,
    pub(crate) thread_id: Option<ObjectId>,
    digest: Range<usize>,
    content: Option<Range<usize>>,
}

/// How much a [`Batch`] may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) rows: usize,
    /// Octets of contents; 0 for none of them.
    pub(crate) contents: usize,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.octets.clear();
    }

    pub(crate) fn digest(&self, row: &BatchRow) -> &[u8] {
        self.octets.get(row.digest.clone()).unwrap_or(&[])
    }

    /// The whole content, if it was asked for, is in the database and is sound.
    pub(crate) fn content(&self, row: &BatchRow) -> Option<&[u8]> {
        self.octets.get(row.content.clone()?)
    }

    fn keep(&mut self, octets: &[u8]) -> Range<usize> {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        start..self.octets.len()
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

    /// Bytes of a mailbox's `\Deleted` messages.
    pub(crate) fn deleted_size(&self, mailbox: MailboxId) -> Result<u64> {
        let mut sum = self.db.prepare_cached(
            "SELECT coalesce(sum(size), 0) FROM message WHERE id BETWEEN ?1 AND ?2 AND flags & ?3 <> 0",
        )?;
        let (first, last) = (key(mailbox, 0), key(mailbox, Uid::MAX));
        Ok(sum.query_row((first, last, Flags::DELETED.0.cast_signed()), |row| row.get(0))?)
    }

    /// Adds the messages `first..=last` to a batch, and says whether its room ended them. A message whose body row is
    /// damaged or missing gets an empty digest: it must not hide the others.
    pub(crate) fn fill(
        &self,
        mailbox: MailboxId,
        (first, last): (Uid, Uid),
        room: Room,
        batch: &mut Batch,
    ) -> Result<bool> {
        let with_contents = room.contents > 0;
        let mut select = self.db.prepare_cached(if with_contents {
            "SELECT m.id, m.size, m.internal_date, m.save_date, b.email_id, b.digest, b.thread_id, b.checksum, c.data \
             FROM message m LEFT JOIN body b ON b.id = m.body_id LEFT JOIN content c ON c.body_id = m.body_id \
             WHERE m.id BETWEEN ?1 AND ?2 ORDER BY m.id"
        } else {
            "SELECT m.id, m.size, m.internal_date, m.save_date, b.email_id, b.digest, b.thread_id \
             FROM message m LEFT JOIN body b ON b.id = m.body_id WHERE m.id BETWEEN ?1 AND ?2 ORDER BY m.id"
        })?;
        let mut rows = select.query([key(mailbox, first), key(mailbox, last)])?;
        let mut contents = 0;
        while batch.rows.len() < room.rows && contents <= room.contents {
            let Some(row) = rows.next()? else { return Ok(false) };
            let digest = batch.keep(row.get_ref(5)?.as_blob_or_null().ok().flatten().unwrap_or(&[]));
            let email_id = row.get_ref(4)?.as_blob_or_null().ok().flatten().and_then(ObjectId::from_slice);
            let thread_id = row.get_ref(6)?.as_blob_or_null().ok().flatten().and_then(ObjectId::from_slice);
            let size: u64 = row.get(1)?;
            let mut content = None;
            if with_contents
                && let Some(octets) = row.get_ref(8)?.as_blob_or_null().ok().flatten()
                && octets.len() as u64 == size
                && row.get::<_, u32>(7).is_ok_and(|checksum| checksum == crc32fast::hash(octets))
            {
                contents += octets.len();
                content = Some(batch.keep(octets));
            }
            batch.rows.push(BatchRow {
                uid: uid_of(row.get(0)?),
                size,
                internal_date: row.get(2)?,
                save_date: row.get(3)?,
                email_id: email_id.unwrap_or(ObjectId([0; 16])),
                thread_id,
                digest,
                content,
            });
        }
        Ok(true)
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

impl rusqlite::ToSql for InternalDate {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.packed().into())
    }
}

impl rusqlite::types::FromSql for InternalDate {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        value.as_i64().map(Self::unpacked)
    }
}
