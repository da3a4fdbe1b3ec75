//! Bodies: what never changes about a content, the content itself, and how many messages share it.

use rusqlite::OptionalExtension;

use super::failure::is_damage;
use super::messages::key;
use super::{Reader, Writer};
use crate::bodies::Stored;
use crate::content::Content;
use crate::error::{Result, StoreError};
use crate::{MailboxId, Uid};

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
    /// A message's content with its size: the octets, checked, or the file they are in. `None` if there is no such
    /// message. One statement: needs no transaction around it.
    pub(crate) fn content(&self, mailbox: MailboxId, uid: Uid) -> Result<Option<(u64, Stored)>> {
        let damaged = |what: &str| Err(StoreError::CorruptMessage { uid, what: what.to_owned() });
        let mut select = self.db.prepare_cached(
            "SELECT m.size, c.body_id, c.file, c.data, b.checksum FROM message m \
             LEFT JOIN content c ON c.body_id = m.body_id LEFT JOIN body b ON b.id = m.body_id WHERE m.id = ?1",
        )?;
        let found = select.query_row([key(mailbox, uid)], |row| {
            let size: u64 = row.get(0)?;
            if row.get::<_, Option<i64>>(1)?.is_none() {
                return Ok((size, None, None));
            }
            Ok(match row.get(2)? {
                Some(file) => (size, Some(Stored::File(file)), None),
                None => (size, Some(Stored::Inline(row.get(3)?)), row.get::<_, Option<u32>>(4)?),
            })
        });
        match found.optional() {
            Ok(None) => Ok(None),
            Ok(Some((_, None, _))) => damaged("its content is missing"),
            Ok(Some((size, Some(Stored::Inline(bytes)), _))) if bytes.len() as u64 != size => {
                damaged("its content has another size")
            }
            Ok(Some((_, Some(Stored::Inline(bytes)), checksum))) if checksum != Some(crc32fast::hash(&bytes)) => {
                damaged("its content has another checksum")
            }
            Ok(Some((size, Some(stored), _))) => Ok(Some((size, stored))),
            Err(error) if is_damage(&error) => damaged(&error.to_string()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Writer<'_> {
    /// Keeps a content, for one message.
    pub(crate) fn insert_body(&self, content: &Content, kept: Kept<'_>) -> Result<i64> {
        let thread = match content.thread_id() {
            Some(thread) => thread,
            None => self.thread_of(content.digest())?,
        };
        self.db
            .prepare_cached(
                "INSERT INTO body (size, checksum, email_id, digest, thread_id) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((content.size(), content.checksum(), content.email_id().0, content.digest(), thread.0))?;
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
