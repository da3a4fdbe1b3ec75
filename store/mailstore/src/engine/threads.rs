//! Conversations: which thread a message belongs to (RFC 8474 §5.2).
//!
//! A message is in the thread of the nearest message that it refers to and that is known, or begins a new one. All that it refers to is
//! remembered with its thread, so that messages find together in whichever order they come. What is given stays.

use message::{DigestRef, message_id};
use rusqlite::OptionalExtension;

use super::{Reader, Writer};
use crate::ObjectId;
use crate::error::Result;

/// Messages referred to that are looked at, the nearest ones.
const MOST_REFERENCES: usize = 40;
/// Bodies that get their threads in one step of [`Writer::thread_some`].
const STEP: usize = 500;

impl Reader<'_> {
    /// Whether there are messages from before there were threads.
    pub(crate) fn has_unthreaded(&self) -> Result<bool> {
        Ok(self.db.prepare_cached("SELECT unthreaded FROM account")?.query_row((), |row| row.get(0))?)
    }
}

impl Writer<'_> {
    /// The thread of a message by its digest.
    pub(crate) fn thread_of(&self, digest: &[u8]) -> Result<ObjectId> {
        let ids = references(digest);
        let mut find = self.db.prepare_cached("SELECT thread_id FROM thread WHERE reference = ?1")?;
        let mut known = None;
        for id in &ids {
            let found: Option<[u8; 16]> = find.query_row([id], |row| row.get(0)).optional()?;
            if let Some(found) = found {
                known = Some(ObjectId(found));
                break;
            }
        }
        let thread = known.unwrap_or_else(ObjectId::random);
        let mut remember =
            self.db.prepare_cached("INSERT OR IGNORE INTO thread (reference, thread_id) VALUES (?1, ?2)")?;
        for id in &ids {
            remember.execute((id, thread.0))?;
        }
        Ok(thread)
    }

    /// Gives threads to some of the messages from before there were any; says whether there are more.
    pub(crate) fn thread_some(&self) -> Result<bool> {
        let mut select =
            self.db.prepare_cached("SELECT id, digest FROM body WHERE thread_id IS NULL ORDER BY id LIMIT ?1")?;
        let found = select.query_map([STEP], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let found: Vec<(i64, Vec<u8>)> = found.collect::<rusqlite::Result<_>>()?;
        let mut set = self.db.prepare_cached("UPDATE body SET thread_id = ?2 WHERE id = ?1")?;
        for (body, digest) in &found {
            set.execute((body, self.thread_of(digest)?.0))?;
        }
        if found.len() < STEP {
            self.db.prepare_cached("UPDATE account SET unthreaded = 0")?.execute(())?;
        }
        Ok(found.len() == STEP)
    }
}

/// What a message is and what it refers to, the nearest first, as the table keeps it.
fn references(digest: &[u8]) -> Vec<[u8; 16]> {
    let Ok(digest) = DigestRef::decode(digest) else { return Vec::new() };
    let envelope = digest.envelope();
    let own = envelope.message_id.and_then(|field| message_id::all(field).next());
    let answered = envelope.in_reply_to.map(|field| message_id::all(field).collect::<Vec<_>>()).unwrap_or_default();
    let mut above: Vec<_> = digest.references().map(|field| message_id::all(field).collect()).unwrap_or_default();
    above.reverse();
    own.iter().chain(&answered).chain(&above).take(MOST_REFERENCES).map(|id| key(id)).collect()
}

/// FNV-1a, 128 bits: message IDs have any length, keys have 16 bytes. It must never change.
fn key(id: &[u8]) -> [u8; 16] {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    id.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME)).to_be_bytes()
}
