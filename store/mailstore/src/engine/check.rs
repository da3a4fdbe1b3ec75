//! What the tables can say about their own health.

use std::collections::HashSet;

use rusqlite::OptionalExtension;

use super::Reader;
use super::messages::key;
use crate::error::Result;
use crate::{MailboxId, Uid};

/// A mailbox's numbers as its messages say them: messages, unseen, deleted, size, recent, highest UID, highest MODSEQ.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) messages: u64,
    pub(crate) unseen: u64,
    pub(crate) deleted: u64,
    pub(crate) size: u64,
    pub(crate) recent: u64,
    pub(crate) highest_uid: u64,
    pub(crate) highest_modseq: u64,
}

impl Reader<'_> {
    /// What the engine's own check of the whole database says; empty when all is well.
    pub(crate) fn integrity(&self) -> Result<Vec<String>> {
        let mut check = self.db.prepare("PRAGMA integrity_check")?;
        let lines = check.query_map((), |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    /// Counts a mailbox's messages anew.
    pub(crate) fn recount(&self, mailbox: MailboxId, recent_from: u64) -> Result<Counted> {
        let mut count = self.db.prepare(
            "SELECT count(*), coalesce(sum(flags & 1 = 0), 0), coalesce(sum(flags & 8 <> 0), 0), \
             coalesce(sum(size), 0), coalesce(sum((id & 4294967295) >= ?3), 0), \
             coalesce(max(id & 4294967295), 0), coalesce(max(modseq), 0) FROM message WHERE id BETWEEN ?1 AND ?2",
        )?;
        Ok(count.query_row((key(mailbox, 0), key(mailbox, Uid::MAX), recent_from), |row| {
            Ok(Counted {
                messages: row.get(0)?,
                unseen: row.get(1)?,
                deleted: row.get(2)?,
                size: row.get(3)?,
                recent: row.get(4)?,
                highest_uid: row.get(5)?,
                highest_modseq: row.get(6)?,
            })
        })?)
    }

    /// What does not fit between messages and bodies, one sentence each.
    pub(crate) fn mismatches(&self) -> Result<Vec<String>> {
        // Whoever holds a body: messages, and removed ones that may come back.
        const HELD: &str = "WITH held AS (SELECT body_id FROM message UNION ALL SELECT body_id FROM removed) ";
        let checks = [
            ("messages of no mailbox", "SELECT count(*) FROM message WHERE id >> 32 NOT IN (SELECT id FROM mailbox)"),
            ("messages without a body", "SELECT count(*) FROM held WHERE body_id NOT IN (SELECT id FROM body)"),
            (
                "messages without content",
                "SELECT count(*) FROM held WHERE body_id NOT IN (SELECT body_id FROM content)",
            ),
            (
                "messages whose body has another size",
                "SELECT count(*) FROM message m JOIN body b ON b.id = m.body_id WHERE m.size <> b.size",
            ),
            (
                "bodies whose content has another size",
                "SELECT count(*) FROM body b JOIN content c ON c.body_id = b.id WHERE c.file IS NULL AND length(c.data) <> b.size",
            ),
            (
                "bodies of no message that are not put aside",
                "SELECT count(*) FROM body WHERE id NOT IN (SELECT body_id FROM held) \
                 AND id NOT IN (SELECT body_id FROM unreferenced)",
            ),
            ("contents of no body", "SELECT count(*) FROM content WHERE body_id NOT IN (SELECT id FROM body)"),
            (
                "bodies put aside that a message has",
                "SELECT count(*) FROM unreferenced WHERE body_id IN (SELECT body_id FROM held)",
            ),
            (
                "bodies with a wrong count of messages",
                "SELECT count(*) FROM (SELECT body_id, count(*) AS n FROM held GROUP BY body_id) AS m \
                 LEFT JOIN shared s ON s.body_id = m.body_id WHERE coalesce(s.refs, 1) <> m.n",
            ),
            (
                "shared bodies of no message",
                "SELECT count(*) FROM shared WHERE body_id NOT IN (SELECT body_id FROM held)",
            ),
        ];
        let mut found = Vec::new();
        for (what, sql) in checks {
            let count: Option<i64> = self.db.query_row(&format!("{HELD}{sql}"), (), |row| row.get(0)).optional()?;
            if let Some(count) = count.filter(|count| *count > 0) {
                found.push(format!("{count} {what}"));
            }
        }
        Ok(found)
    }

    /// Bodies in the database whose content is not what it was.
    pub(crate) fn damaged_bodies(&self) -> Result<Vec<i64>> {
        let mut select = self.db.prepare(
            "SELECT b.id, b.checksum, c.data FROM body b JOIN content c ON c.body_id = b.id WHERE c.file IS NULL",
        )?;
        let mut rows = select.query(())?;
        let mut damaged = Vec::new();
        while let Some(row) = rows.next()? {
            if row.get::<_, u32>(1)? != crc32fast::hash(row.get_ref(2)?.as_blob_or_null().ok().flatten().unwrap_or(&[]))
            {
                damaged.push(row.get(0)?);
            }
        }
        Ok(damaged)
    }

    /// Every content file that a row names, with the size and the checksum that it must have.
    pub(crate) fn named_files(&self) -> Result<HashSet<String>> {
        let mut select = self.db.prepare("SELECT file FROM content WHERE file IS NOT NULL")?;
        let files = select.query_map((), |row| row.get(0))?;
        Ok(files.collect::<rusqlite::Result<_>>()?)
    }

    /// The same with their sizes and checksums, as far as a body is known for them.
    pub(crate) fn content_files(&self) -> Result<Vec<(String, u64, u32)>> {
        let mut select = self.db.prepare(
            "SELECT c.file, b.size, b.checksum FROM content c JOIN body b ON b.id = c.body_id WHERE c.file IS NOT NULL",
        )?;
        let files = select.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(files.collect::<rusqlite::Result<_>>()?)
    }
}
