//! Bodies: what never changes about a content, the content itself, and how many messages share it.

use std::ops::Range;

use rusqlite::OptionalExtension;

use super::failure::is_damage;
use super::{Reader, Writer};
use crate::bodies::Stored;
use crate::error::{Result, StoreError};
use crate::{MailboxId, ObjectId, Uid};

/// Up to this many bodies are removed in the commit that lets go of them. More are put aside for
/// [`Writer::purge`], so that emptying a mailbox takes no longer than reading its rows.
const PURGED_AT_ONCE: usize = 64;

/// A content as the tables take it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kept<'a> {
    Inline(&'a [u8]),
    File(&'a str),
}

impl Reader<'_> {
    /// Octets `range` of a message's content with the content's size, or the file it is in; `None` if there is no such message.
    pub(crate) fn content(&self, mailbox: MailboxId, uid: Uid, range: &Range<u64>) -> Result<Option<(u64, Stored)>> {
        let damaged = |what: String| StoreError::CorruptMessage { uid, what };
        let Some((body, size)) = self.body_of(mailbox, uid)? else { return Ok(None) };
        let mut select = self
            .db
            .prepare_cached("SELECT file, length(data), CASE WHEN ?2 = 0 AND ?3 >= length(data) THEN data ELSE substr(data, ?2 + 1, ?3) END FROM content WHERE body_id = ?1")?;
        let start = range.start.min(size);
        let length = range.end.min(size).saturating_sub(start);
        let stored = select
            .query_row((body, start, length), |row| {
                let file: Option<String> = row.get(0)?;
                Ok(match file {
                    Some(file) => (size, Stored::File(file)),
                    None => (row.get(1)?, Stored::Inline(row.get(2)?)),
                })
            })
            .optional();
        match stored {
            Ok(Some((found, stored))) if found == size => Ok(Some((size, stored))),
            Ok(Some(_)) => Err(damaged("its content has another size".into())),
            Ok(None) => Err(damaged("its content is missing".into())),
            Err(error) if is_damage(&error) => Err(damaged(error.to_string())),
            Err(error) => Err(error.into()),
        }
    }
}

impl Writer<'_> {
    /// Keeps a content, for one message.
    pub(crate) fn insert_body(&self, size: u64, digest: &[u8], kept: Kept<'_>) -> Result<i64> {
        self.db.prepare_cached("INSERT INTO body (size, email_id, digest) VALUES (?1, ?2, ?3)")?.execute((
            size,
            ObjectId::random().0,
            digest,
        ))?;
        let id = self.db.last_insert_rowid();
        let (file, data) = match kept {
            Kept::Inline(bytes) => (None, Some(bytes)),
            Kept::File(name) => (Some(name), None),
        };
        self.db
            .prepare_cached("INSERT INTO content (body_id, file, data) VALUES (?1, ?2, ?3)")?
            .execute((id, file, data))?;
        Ok(id)
    }

    /// One more message has this body. Counts above one are kept apart: a delivery never touches them, and a copy
    /// of many messages touches few pages.
    pub(crate) fn share_body(&self, body: i64) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT INTO shared (body_id, refs) VALUES (?1, 2) ON CONFLICT (body_id) DO UPDATE SET refs = refs + 1",
            )?
            .execute([body])?;
        Ok(())
    }

    /// One message less has each of these bodies.
    pub(crate) fn release_bodies(&self, bodies: &[i64]) -> Result<()> {
        let mut unshare =
            self.db.prepare_cached("UPDATE shared SET refs = refs - 1 WHERE body_id = ?1 RETURNING refs")?;
        let mut forget = self.db.prepare_cached("DELETE FROM shared WHERE body_id = ?1")?;
        let mut aside = self.db.prepare_cached("INSERT OR IGNORE INTO unreferenced (body_id) VALUES (?1)")?;
        for body in bodies {
            match unshare.query_row([body], |row| row.get::<_, i64>(0)).optional()? {
                Some(refs) if refs <= 1 => {
                    forget.execute([body])?;
                }
                Some(_) => {}
                None if bodies.len() <= PURGED_AT_ONCE => self.remove_body(*body)?,
                None => {
                    aside.execute([body])?;
                    self.put_aside.set(true);
                }
            }
        }
        Ok(())
    }

    /// Removes up to `most` bodies that were put aside; says how many it found.
    pub(super) fn purge(&self, most: usize) -> Result<usize> {
        let mut select = self.db.prepare_cached("SELECT body_id FROM unreferenced LIMIT ?1")?;
        let bodies: Vec<i64> = select.query_map([most], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut done = self.db.prepare_cached("DELETE FROM unreferenced WHERE body_id = ?1")?;
        for body in &bodies {
            self.remove_body(*body)?;
            done.execute([body])?;
        }
        Ok(bodies.len())
    }

    fn remove_body(&self, body: i64) -> Result<()> {
        let mut remove = self.db.prepare_cached("DELETE FROM content WHERE body_id = ?1 RETURNING file")?;
        let file: Option<Option<String>> = remove.query_row([body], |row| row.get(0)).optional()?;
        self.unlinked.borrow_mut().extend(file.flatten());
        self.db.prepare_cached("DELETE FROM body WHERE id = ?1")?.execute([body])?;
        Ok(())
    }
}
