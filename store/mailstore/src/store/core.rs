//! What all handles of one account share in this process.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::MailboxId;
use crate::account_id::AccountId;
use crate::engine::{Database, MailboxRow, Reader};
use crate::error::{Result, StoreError};
use crate::snapshot::Snapshot;

/// The latest snapshot of one mailbox.
type Slot = Arc<Mutex<Option<Arc<Snapshot>>>>;

/// A mailbox and who reads it.
type ReaderKey = (MailboxId, Box<str>);

/// How often a reader's snapshot is tried again when the mailbox moves meanwhile.
const TRIES: usize = 5;

/// One account of this process: its database and the snapshots of its mailboxes.
pub(crate) struct AccountCore {
    pub(crate) id: AccountId,
    pub(crate) database: Database,
    snapshots: Mutex<HashMap<MailboxId, Slot>>,
    /// Snapshots as those who are not the owner have them, as long as one of their sessions holds them.
    readers: Mutex<HashMap<ReaderKey, Weak<Snapshot>>>,
    gone: AtomicBool,
    /// When it was used last, in calls of the store: what the list of open accounts goes by.
    pub(super) used: AtomicU64,
    /// Whether it is on the list of open accounts.
    pub(super) listed: AtomicBool,
}

impl AccountCore {
    pub(super) fn new(id: AccountId, dir: PathBuf, keep_removed: i64) -> Self {
        Self {
            id,
            database: Database::new(dir, keep_removed),
            snapshots: Mutex::default(),
            readers: Mutex::default(),
            gone: AtomicBool::new(false),
            used: AtomicU64::new(0),
            listed: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// The account was deleted: new handles look on disk again.
    pub(crate) fn set_gone(&self) {
        self.gone.store(true, Ordering::Release);
    }

    /// The snapshot of a mailbox as it is now. Sessions that ask at once wait for one of them to read.
    pub(crate) fn snapshot(&self, mailbox: MailboxId) -> Result<Arc<Snapshot>> {
        let slot = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner).entry(mailbox).or_default().clone();
        let mut held = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.database.read(|reader| {
            let row = row_of(reader, mailbox)?;
            match held.as_mut() {
                Some(snapshot) if snapshot.is_current(&row) => {}
                // In place when no session looks at it, else a copy: views move only when their session says so.
                Some(snapshot) => reader.refresh(Arc::make_mut(snapshot), &row)?,
                None => *held = Some(Arc::new(reader.load(&row)?)),
            }
            Ok(())
        });
        match (outcome, &*held) {
            (Ok(()), Some(snapshot)) => Ok(snapshot.clone()),
            (outcome, _) => {
                // Half refreshed is not a snapshot.
                *held = None;
                self.forget_snapshot(mailbox);
                outcome.and_then(|()| Err(StoreError::Engine("no snapshot was read".into())))
            }
        }
    }

    /// The same as somebody has it who is not the owner. A change of what they have seen is a change of the mailbox, so that
    /// one with the same numbers is the same.
    pub(crate) fn snapshot_for(&self, mailbox: MailboxId, reader: &str) -> Result<Arc<Snapshot>> {
        let key: ReaderKey = (mailbox, Box::from(reader));
        let mut base = self.snapshot(mailbox)?;
        for attempt in 1..=TRIES {
            let known = self.readers.lock().unwrap_or_else(PoisonError::into_inner).get(&key).and_then(Weak::upgrade);
            if let Some(known) = known.filter(|known| known.is_of(&base)) {
                return Ok(known);
            }
            let (seen, current) = self.database.read(|tables| {
                let row = row_of(tables, mailbox)?;
                Ok((tables.seen(mailbox, reader)?, base.is_current(&row)))
            })?;
            if !current && attempt < TRIES {
                base = self.snapshot(mailbox)?;
                continue;
            }
            let own = Arc::new(base.as_read(&seen));
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() == readers.capacity() {
                readers.retain(|_, snapshot| snapshot.strong_count() > 0);
            }
            readers.insert(key, Arc::downgrade(&own));
            return Ok(own);
        }
        Ok(base)
    }

    /// Drops the snapshot of a mailbox.
    pub(crate) fn forget_snapshot(&self, mailbox: MailboxId) {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner).remove(&mailbox);
    }

    /// Drops the snapshots that no session holds.
    pub(super) fn forget_unused(&self) {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, slot| match slot.try_lock() {
            Ok(held) => held.as_ref().is_some_and(|snapshot| Arc::strong_count(snapshot) > 1),
            Err(_) => true,
        });
    }
}

/// The row of a mailbox that was there when its handle was made.
pub(crate) fn row_of(reader: &Reader<'_>, mailbox: MailboxId) -> Result<MailboxRow> {
    reader.mailbox(mailbox)?.ok_or_else(|| StoreError::Gone("the mailbox".into()))
}
