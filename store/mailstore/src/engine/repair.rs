//! Making the tables of an account fit each other again. Nothing that can be read is given up: what lost its place
//! goes to the mailbox `lost+found`.
//!
//! A message whose content is not what it was gets a new UID: clients keep what they once read under the old one.

use std::collections::HashSet;

use message::{Digest, DigestRef, Limits, Surrogate};
use rusqlite::OptionalExtension;

use super::messages::key;
use super::open::now;
use super::{MailboxRow, Reader, Writer};
use crate::bodies::{ContentFiles, Stored};
use crate::error::Result;
use crate::mailbox_name::MailboxName;
use crate::{MailboxId, ObjectId, Uid};

/// Where messages go that lost their mailbox.
const LOST: &str = "lost+found";

/// What a repair needs to know.
pub(crate) struct Repair<'a> {
    pub(crate) account: &'a str,
    pub(crate) files: &'a ContentFiles,
    pub(crate) parse: Limits,
    /// Take content files that no message names into `lost+found` when they are older than so many seconds.
    pub(crate) adopt_after: Option<u64>,
}

/// A content that is not what it should be, or whose row is missing.
struct Damaged {
    body: i64,
    what: &'static str,
}

impl Writer<'_> {
    /// Repairs everything that does not fit; answers with what was done, one sentence each.
    pub(crate) fn repair(&self, repair: &Repair<'_>) -> Result<Vec<String>> {
        let mut done = Vec::new();
        self.repair_account(repair, &mut done)?;
        self.repair_names(&mut done)?;
        self.repair_homeless(&mut done)?;
        let renewed = self.repair_contents(repair, &mut done)?;
        self.repair_sizes(&mut done)?;
        self.adopt_bodies(&mut done)?;
        if let Some(age) = repair.adopt_after {
            self.adopt_files(repair, age, &mut done)?;
        }
        self.repair_shares(&mut done)?;
        self.repair_numbers(&renewed, &mut done)?;
        // Contents that were described anew get their threads when one asks for them.
        self.db.execute("UPDATE account SET unthreaded = EXISTS (SELECT 1 FROM body WHERE thread_id IS NULL)", ())?;
        Ok(done)
    }

    fn repair_account(&self, repair: &Repair<'_>, done: &mut Vec<String>) -> Result<()> {
        let there: bool = self.db.prepare("SELECT 1 FROM account WHERE id = 1")?.exists(())?;
        if !there {
            self.db.execute(
                "INSERT INTO account (id, name, created, next_mailbox, next_uidvalidity) VALUES (1, ?1, ?2, 1, ?2)",
                (repair.account, now()),
            )?;
            done.push("the account's own row was made anew; stored limits are lost".to_owned());
        }
        self.db.execute(
            "UPDATE account SET gone = 0, next_mailbox = max(next_mailbox, (SELECT coalesce(max(id), 0) + 1 FROM mailbox), \
             (SELECT coalesce(max(id) >> 32, 0) + 1 FROM message)), \
             next_uidvalidity = max(next_uidvalidity, (SELECT coalesce(max(uidvalidity), 0) + 1 FROM mailbox))",
            (),
        )?;
        Ok(())
    }

    /// Names that are none get another one; INBOX and the names above others are there.
    fn repair_names(&self, done: &mut Vec<String>) -> Result<()> {
        let mut select = self.db.prepare("SELECT id, name FROM mailbox ORDER BY name")?;
        let named = select.query_map((), |row| Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?)))?;
        let mut needed = HashSet::from([MailboxName::inbox()]);
        for row in named.collect::<rusqlite::Result<Vec<_>>>()? {
            let (id, name) = row;
            match MailboxName::new(&name) {
                Ok(good) if good.as_str() == name => {
                    needed.extend(std::iter::successors(good.parent(), MailboxName::parent));
                }
                _ => {
                    let fresh = self.free_name(&format!("{LOST}/mailbox-{id}"))?;
                    self.set_name(MailboxId(id), &fresh)?;
                    needed.extend(std::iter::successors(fresh.parent(), MailboxName::parent));
                    done.push(format!("mailbox {id} had no proper name and is now {fresh}"));
                }
            }
        }
        let mut needed: Vec<_> = needed.into_iter().collect();
        needed.sort();
        for name in needed {
            if self.mailbox_named(&name)?.is_none() {
                self.insert_mailbox(&name, true, None)?;
                self.subscribe(&name)?;
                done.push(format!("mailbox {name} was missing and was made anew"));
            }
        }
        Ok(())
    }

    fn free_name(&self, wanted: &str) -> Result<MailboxName> {
        let mut name = MailboxName::new(wanted)?;
        let mut number = 1;
        while self.mailbox_named(&name)?.is_some() {
            number += 1;
            name = MailboxName::new(&format!("{wanted}-{number}"))?;
        }
        Ok(name)
    }

    /// Messages whose mailbox is missing get one; other rows of missing mailboxes go.
    fn repair_homeless(&self, done: &mut Vec<String>) -> Result<()> {
        let mut select =
            self.db.prepare("SELECT DISTINCT id >> 32 FROM message WHERE id >> 32 NOT IN (SELECT id FROM mailbox)")?;
        let homeless = select.query_map((), |row| row.get::<_, u32>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        for id in homeless {
            self.lost_and_found()?;
            let name = self.free_name(&format!("{LOST}/{id}"))?;
            let row = self.insert_mailbox(&name, true, None)?;
            // The messages name the old number. A place of its own in the table, and the same UIDs.
            self.db.execute("DELETE FROM mailbox WHERE id = ?1", [id])?;
            self.db.execute("UPDATE mailbox SET id = ?1 WHERE id = ?2", (id, row.id.0))?;
            self.subscribe(&name)?;
            done.push(format!("messages of a lost mailbox are now in {name}"));
        }
        for table in ["changed", "expunged", "keyword", "acl", "reader", "removed", "seen"] {
            self.db.execute(&format!("DELETE FROM {table} WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"), ())?;
        }
        Ok(())
    }

    fn lost_and_found(&self) -> Result<MailboxRow> {
        let name = MailboxName::new(LOST)?;
        if let Some(row) = self.mailbox_named(&name)? {
            if !row.selectable {
                self.db.execute("UPDATE mailbox SET selectable = 1 WHERE id = ?1", [row.id.0])?;
            }
            return Ok(row);
        }
        self.subscribe(&name)?;
        self.insert_mailbox(&name, true, None)
    }

    /// Contents that are short, other than they were, or gone: what is there is kept. Answers with the mailboxes in which
    /// messages got new UIDs.
    fn repair_contents(&self, repair: &Repair<'_>, done: &mut Vec<String>) -> Result<HashSet<MailboxId>> {
        let mut renewed = HashSet::new();
        for Damaged { body, what } in self.damaged_contents(repair)? {
            let data: Option<Option<Vec<u8>>> = self
                .db
                .query_row("SELECT data FROM content WHERE body_id = ?1", [body], |row| row.get(0))
                .optional()
                .unwrap_or_default();
            let file: Option<String> = self
                .db
                .query_row("SELECT file FROM content WHERE body_id = ?1", [body], |row| row.get(0))
                .optional()
                .unwrap_or_default()
                .flatten();
            let mapped = file.as_deref().and_then(|name| repair.files.map_whole(name).ok());
            let placeholder;
            let octets: &[u8] = match (&data, &mapped) {
                (_, Some(mapped)) if !mapped.is_empty() => mapped,
                (Some(Some(data)), None) if !data.is_empty() => data,
                _ => {
                    placeholder = self.placeholder(body)?;
                    self.db.execute("DELETE FROM content WHERE body_id = ?1", [body])?;
                    self.db.execute(
                        "INSERT INTO content (body_id, file, data) VALUES (?1, NULL, ?2)",
                        (body, &placeholder),
                    )?;
                    &placeholder
                }
            };
            let digest = Digest::of(octets, &repair.parse).into_bytes();
            self.db.execute(
                "INSERT OR REPLACE INTO body (id, size, checksum, email_id, digest) VALUES (?1, ?2, ?3, ?4, ?5)",
                (body, octets.len() as u64, crc32fast::hash(octets), ObjectId::random().0, digest),
            )?;
            let moved = self.renew(body, octets.len() as u64)?;
            if !moved.is_empty() {
                done.push(format!("a message's content {what}; what there is of it is kept under a new UID"));
            }
            renewed.extend(moved);
        }
        Ok(renewed)
    }

    /// Looks at every content.
    fn damaged_contents(&self, repair: &Repair<'_>) -> Result<Vec<Damaged>> {
        let mut damaged = Vec::new();
        let mut note = |body, what| damaged.push(Damaged { body, what });
        let mut select = self.db.prepare("SELECT body_id FROM content WHERE body_id NOT IN (SELECT id FROM body)")?;
        for body in select.query_map((), |row| row.get(0))? {
            note(body?, "had lost its description");
        }
        let mut select = self.db.prepare(
            "WITH held AS (SELECT body_id FROM message UNION SELECT body_id FROM removed) SELECT body_id FROM held \
             WHERE body_id NOT IN (SELECT body_id FROM content)",
        )?;
        for body in select.query_map((), |row| row.get(0))? {
            note(body?, "was lost");
        }
        let mut bad_digests = Vec::new();
        let mut select = self.db.prepare(
            "SELECT b.id, b.size, b.checksum, b.digest, c.file, c.data FROM body b JOIN content c ON c.body_id = b.id",
        )?;
        let mut rows = select.query(())?;
        while let Some(row) = rows.next()? {
            let body: i64 = row.get(0)?;
            let (size, checksum) = (row.get::<_, u64>(1).ok(), row.get::<_, u32>(2).ok());
            let stored = match row.get_ref(4)?.as_str_or_null().ok().flatten() {
                Some(file) => Stored::File(file.to_owned()),
                None => Stored::Inline(row.get_ref(5)?.as_blob_or_null().ok().flatten().unwrap_or(&[]).to_vec()),
            };
            let found = match &stored {
                Stored::Inline(octets) => Some((octets.len() as u64, crc32fast::hash(octets))),
                Stored::File(name) => {
                    repair.files.map_whole(name).ok().map(|octets| (octets.len() as u64, crc32fast::hash(&octets)))
                }
            };
            match found {
                None => note(body, "was lost"),
                Some((length, _)) if Some(length) != size => note(body, "has another length"),
                Some((_, sum)) if Some(sum) != checksum => note(body, "was changed"),
                Some(_) => {
                    let digest = row.get_ref(3)?.as_blob_or_null().ok().flatten().unwrap_or(&[]);
                    // One of an earlier version is read, but has its message opened for what it does not know.
                    if DigestRef::decode(digest).map_or(true, |digest| digest.surrogate() == Surrogate::Unknown) {
                        bad_digests.push((body, stored));
                    }
                }
            }
        }
        for (body, stored) in bad_digests {
            let digest = match &stored {
                Stored::Inline(octets) => Digest::of(octets, &repair.parse),
                Stored::File(name) => Digest::of(&repair.files.map_whole(name)?, &repair.parse),
            };
            self.db.execute("UPDATE body SET digest = ?2 WHERE id = ?1", (body, digest.into_bytes()))?;
        }
        Ok(damaged)
    }

    /// A message that says what was lost, as far as that is known.
    fn placeholder(&self, body: i64) -> Result<Vec<u8>> {
        let digest: Option<Vec<u8>> = self
            .db
            .query_row("SELECT digest FROM body WHERE id = ?1", [body], |row| row.get(0))
            .optional()
            .unwrap_or_default();
        let mut text = Vec::new();
        let mut field = |name: &str, value: Option<&[u8]>| {
            if let Some(value) = value {
                text.extend_from_slice(name.as_bytes());
                text.extend(value.iter().map(|byte| if byte.is_ascii_control() { b' ' } else { *byte }));
                text.extend_from_slice(b"\r\n");
            }
        };
        let mut subject: &[u8] = b"(lost message)";
        let envelope =
            digest.as_deref().and_then(|digest| DigestRef::decode(digest).ok()).map(|digest| digest.envelope());
        if let Some(envelope) = &envelope {
            let from = envelope.from.into_iter().find_map(|from| Some([from.mailbox?, b"@", from.host?].concat()));
            field("From: ", from.as_deref());
            field("Date: ", envelope.date);
            field("Message-ID: ", envelope.message_id);
            subject = envelope.subject.unwrap_or(subject);
        }
        field("Subject: ", Some(subject));
        text.extend_from_slice(
            b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nThe content of this message was damaged on the server's disk and could not be saved.\r\n",
        );
        Ok(text)
    }

    /// Gives the messages of a body new UIDs and its size; answers with their mailboxes.
    fn renew(&self, body: i64, size: u64) -> Result<Vec<MailboxId>> {
        self.db.execute("UPDATE removed SET size = ?2 WHERE body_id = ?1", (body, size))?;
        let mut select = self.db.prepare_cached("SELECT id FROM message WHERE body_id = ?1 ORDER BY id")?;
        let ids = select.query_map([body], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut mailboxes = Vec::new();
        for id in ids {
            let mailbox = MailboxId(u32::try_from(id >> 32).unwrap_or(0));
            let Some(mut row) = self.mailbox(mailbox)? else { continue };
            // The counter may be damaged too.
            row.uid_next = row.uid_next.max(self.recount(mailbox, 1)?.highest_uid + 1);
            let uid = row.take_uid()?;
            row.highest_modseq += 1;
            self.db.execute(
                "UPDATE message SET id = ?2, size = ?3, modseq = ?4 WHERE id = ?1",
                (id, key(mailbox, uid), size, row.highest_modseq),
            )?;
            self.save_numbers(&row)?;
            mailboxes.push(mailbox);
        }
        Ok(mailboxes)
    }

    fn repair_sizes(&self, done: &mut Vec<String>) -> Result<()> {
        for table in ["message", "removed"] {
            let changed = self.db.execute(
                &format!(
                    "UPDATE {table} SET size = (SELECT size FROM body WHERE id = body_id) \
                     WHERE size <> (SELECT size FROM body WHERE id = body_id)"
                ),
                (),
            )?;
            if changed > 0 {
                done.push(format!("{changed} messages had another size than their content"));
            }
        }
        Ok(())
    }

    /// Contents that no message has, and that were not let go of, lost their message: they get one.
    fn adopt_bodies(&self, done: &mut Vec<String>) -> Result<()> {
        let mut select = self.db.prepare(
            "WITH held AS (SELECT body_id FROM message UNION SELECT body_id FROM removed) SELECT id, size, digest FROM body \
             WHERE id NOT IN (SELECT body_id FROM held) AND id NOT IN (SELECT body_id FROM unreferenced) ORDER BY id",
        )?;
        let bodies = select
            .query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<Vec<(i64, u64, Vec<u8>)>>>()?;
        if bodies.is_empty() {
            return Ok(());
        }
        for (body, size, digest) in &bodies {
            self.add_lost(*body, *size, digest)?;
        }
        done.push(format!("{} messages that had lost their mailbox are now in {LOST}", bodies.len()));
        Ok(())
    }

    fn add_lost(&self, body: i64, size: u64, digest: &[u8]) -> Result<()> {
        let mut row = self.lost_and_found()?;
        row.uid_next = row.uid_next.max(self.recount(row.id, 1)?.highest_uid + 1);
        let sent = DigestRef::decode(digest).ok().and_then(|digest| digest.sent()).map(|sent| sent.epoch);
        row.highest_modseq += 1;
        let arrival = crate::account::Arrival {
            flags: crate::Flags::NONE,
            size,
            internal_date: sent.unwrap_or_else(now).into(),
            save_date: now(),
            body_id: body,
        };
        crate::account::add(self, &mut row, &arrival)?;
        self.save_numbers(&row)
    }

    /// Content files that no row names, by a second name: whoever else is about to name one keeps the first.
    fn adopt_files(&self, repair: &Repair<'_>, age: u64, done: &mut Vec<String>) -> Result<()> {
        let named: HashSet<String> = {
            let mut select = self.db.prepare("SELECT file FROM content WHERE file IS NOT NULL")?;
            select.query_map((), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
        };
        let mut count = 0;
        for name in repair.files.older_than(age)? {
            if named.contains(&name) {
                continue;
            }
            let Ok(octets) = repair.files.map_whole(&name) else { continue };
            let Some(second) = repair.files.rename_orphan(&name)? else { continue };
            let digest = Digest::of(&octets, &repair.parse).into_bytes();
            let size = octets.len() as u64;
            self.db.execute(
                "INSERT INTO body (size, checksum, email_id, digest) VALUES (?1, ?2, ?3, ?4)",
                (size, crc32fast::hash(&octets), ObjectId::random().0, &digest),
            )?;
            let body = self.db.last_insert_rowid();
            self.db.execute("INSERT INTO content (body_id, file, data) VALUES (?1, ?2, NULL)", (body, second))?;
            self.add_lost(body, size, &digest)?;
            count += 1;
        }
        if count > 0 {
            done.push(format!("{count} content files that no message named are now messages in {LOST}"));
        }
        Ok(())
    }

    fn repair_shares(&self, done: &mut Vec<String>) -> Result<()> {
        const COUNTED: &str = "SELECT body_id, count(*) AS refs FROM \
             (SELECT body_id FROM message UNION ALL SELECT body_id FROM removed) GROUP BY body_id HAVING count(*) > 1";
        let wrong: i64 = self.db.query_row(
            &format!(
                "SELECT (SELECT count(*) FROM (SELECT body_id, refs FROM shared EXCEPT {COUNTED})) + \
                 (SELECT count(*) FROM ({COUNTED} EXCEPT SELECT body_id, refs FROM shared))"
            ),
            (),
            |row| row.get(0),
        )?;
        if wrong > 0 {
            self.db.execute_batch(&format!("DELETE FROM shared; INSERT INTO shared (body_id, refs) {COUNTED};"))?;
            done.push("the counts of messages that share a content were wrong".to_owned());
        }
        let held = self.db.execute(
            "DELETE FROM unreferenced WHERE body_id IN (SELECT body_id FROM message UNION SELECT body_id FROM removed)",
            (),
        )?;
        if held > 0 {
            done.push(format!("{held} contents were about to be removed though messages have them"));
        }
        Ok(())
    }

    /// Counters, and the numbers that must stay ahead of all others.
    fn repair_numbers(&self, renewed: &HashSet<MailboxId>, done: &mut Vec<String>) -> Result<()> {
        let mut select = self.db.prepare("SELECT id FROM mailbox ORDER BY id")?;
        let ids = select.query_map((), |row| row.get::<_, u32>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        for id in ids.into_iter().map(MailboxId) {
            let Some(mut row) = self.mailbox(id)? else { continue };
            let old = row.clone();
            row.uid_next = row.uid_next.max(1);
            row.recent_from = row.recent_from.clamp(1, row.uid_next.max(1));
            let found = self.recount(id, row.recent_from)?;
            row.messages = found.messages;
            row.unseen = found.unseen;
            row.deleted = found.deleted;
            row.size = found.size;
            row.recent = found.recent;
            row.uid_next = row.uid_next.max(found.highest_uid + 1).min(u64::from(Uid::MAX));
            row.highest_modseq = row.highest_modseq.max(found.highest_modseq).max(1);
            if row != old || renewed.contains(&id) {
                // Whoever has it open reads it again as a whole.
                row.highest_modseq += 1;
                (row.changed_floor, row.expunged_floor) = (row.highest_modseq, row.highest_modseq);
                self.save_numbers(&row)?;
                if !renewed.contains(&id) {
                    done.push(format!("the numbers of {} were counted anew", row.name));
                }
            }
        }
        Ok(())
    }

    /// Has everyone who has a mailbox open read it again.
    pub(crate) fn restamp(&self) -> Result<()> {
        self.db.execute(
            "UPDATE mailbox SET highestmodseq = highestmodseq + 1000, changed_floor = highestmodseq + 1000, \
             expunged_floor = highestmodseq + 1000, keyword_version = keyword_version + 1000",
            (),
        )?;
        Ok(())
    }
}

impl Reader<'_> {
    /// Whether the engine finds its own structures sound; a failure to read them is a no.
    pub(crate) fn is_intact(&self) -> bool {
        self.integrity().is_ok_and(|problems| problems.is_empty())
    }
}
