//! Reading messages: rows with digests, octets, whole contents.

use std::ops::Range;

use super::{Mailbox, row_of};
use crate::Uid;
use crate::bodies::{Body, ContentFiles, Stored};
use crate::engine::{Batch, BatchRow, Room};
use crate::error::{Result, StoreError};
use crate::results::Row;
use crate::uid_set::UidSet;

impl Mailbox {
    /// What never changes about messages, in the order asked; messages that are gone are left out.
    pub fn rows(&self, uids: &[Uid]) -> Result<Vec<Row>> {
        let ascending = uids.is_sorted_by(|a, b| a < b);
        let mut batch = Batch::default();
        let all = Room { rows: usize::MAX, contents: 0 };
        self.account.read(|reader| {
            batch.clear();
            if ascending {
                for range in UidSet::from(uids).ranges() {
                    reader.fill(self.id, (*range.start(), *range.end()), all, &mut batch)?;
                }
            } else {
                for uid in uids {
                    reader.fill(self.id, (*uid, *uid), all, &mut batch)?;
                }
            }
            Ok(())
        })?;
        let row = |row: &BatchRow| Row {
            uid: row.uid,
            size: row.size,
            internal_date: row.internal_date,
            save_date: row.save_date,
            email_id: row.email_id,
            thread_id: row.thread_id,
            digest: batch.digest(row).into(),
        };
        Ok(batch.rows.iter().map(row).collect())
    }

    /// UID and RFC822.SIZE of every message, by UID. Reads only the short rows.
    pub fn sizes(&self) -> Result<Vec<(Uid, u64)>> {
        self.account.read(|reader| {
            row_of(reader, self.id)?;
            let mut sizes = Vec::new();
            reader.each_message(self.id, 1, Uid::MAX, |message| {
                sizes.push((message.uid, message.size));
                Ok(())
            })?;
            Ok(sizes)
        })
    }

    /// Octets `range` of a message's content; shorter when it ends before. `NotFound`, `Corrupt`.
    pub fn read(&self, uid: Uid, range: Range<u64>) -> Result<Vec<u8>> {
        self.content(uid, |found, files, size| match found {
            Stored::Inline(mut bytes) => {
                let end = range.end.min(size) as usize;
                bytes.truncate(end);
                bytes.drain(..end.min(range.start.min(size) as usize));
                Ok(bytes)
            }
            Stored::File(name) => files.read(uid, &name, size, range.clone()),
        })
    }

    /// A message's whole content. `NotFound`, `Corrupt`.
    pub fn body(&self, uid: Uid) -> Result<Body> {
        self.content(uid, |found, files, size| match found {
            Stored::Inline(bytes) => Ok(Body::Inline(bytes)),
            Stored::File(name) => files.map(uid, &name, size),
        })
    }

    fn content<T>(&self, uid: Uid, take: impl Fn(Stored, &ContentFiles, u64) -> Result<T>) -> Result<T> {
        let find = || self.account.glance(|reader| reader.content(self.id, uid));
        let outcome = find().and_then(|found| match found {
            Some((size, stored)) => take(stored, self.account.core().database.files(), size).map(Some),
            None => Ok(None),
        });
        match outcome {
            Ok(Some(content)) => Ok(content),
            Ok(None) => self.account.read(|reader| {
                row_of(reader, self.id)?;
                Err(StoreError::NotFound(format!("message {uid}")))
            }),
            // Its file goes right after the message: then it was not damaged but expunged meanwhile.
            Err(StoreError::CorruptMessage { .. }) if matches!(find(), Ok(None)) => {
                Err(StoreError::NotFound(format!("message {uid}")))
            }
            Err(error) => {
                if let StoreError::CorruptMessage { uid, what } = &error {
                    tracing::error!(account = %self.account.id(), mailbox = self.id.0, uid, what, "a message is damaged");
                }
                Err(error)
            }
        }
    }
}
