//! One account's database: opened when it is needed, closed when the store says so.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};
use std::time::Instant;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME};

use super::open::{FileIdentity, LOG, PATIENCE, connect, identity, now, pause, wait_again};
use super::queue::{Queue, Ticket, lock};
use super::{Announcement, Reader, Writer};
use crate::bodies::ContentFiles;
use crate::error::{Result, StoreError};

/// Pages of log after which the log should be written back, between commits. At 4 KiB a page and seven pages a
/// delivery this is once in about 140 deliveries.
const LOG_TIDY: u32 = 1000;
/// Pages of log after which the writer itself does it, in case nobody else came to it.
const LOG_MOST: u32 = 8000;
/// Octets of a page in the log, with its header.
const LOG_FRAME: u64 = 4096 + 24;
/// Octets of the log that are there before they are written; a log that is no longer than this is left as it is.
const LOG_AHEAD: u64 = 64 << 10;
/// The log is made longer by as much as it has, up to this.
const LOG_STEP: u64 = 1 << 20;
/// A log of so many octets is written back soon.
const LOG_LONGEST: u64 = LOG_MOST as u64 * LOG_FRAME;
/// Bodies removed in one commit of tidying.
const PURGE_STEP: usize = 256;

/// What [`Database::tidy`] left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tidiness {
    Done,
    MoreToDo,
}

/// The database of one account.
pub(crate) struct Database {
    dir: PathBuf,
    files: ContentFiles,
    /// Writes, and reads too while no write is under way: most accounts need one connection.
    writer: Mutex<Option<Connection>>,
    /// Reads that come during a write; opened at need.
    reader: Mutex<Option<Connection>>,
    queue: Queue,
    log_pages: Arc<AtomicU32>,
    untidy: AtomicBool,
    /// Which file the connections were first opened on.
    file: OnceLock<FileIdentity>,
    /// Seconds for which removed messages are kept.
    keep_removed: i64,
}

impl Database {
    /// Nothing is opened yet.
    pub(crate) fn new(dir: PathBuf, keep_removed: i64) -> Self {
        let files = ContentFiles::new(&dir);
        Self {
            dir,
            files,
            writer: Mutex::default(),
            reader: Mutex::default(),
            queue: Queue::default(),
            log_pages: Arc::default(),
            // A process that died may have left something to do.
            untidy: AtomicBool::new(true),
            file: OnceLock::new(),
            keep_removed,
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn files(&self) -> &ContentFiles {
        &self.files
    }

    /// Runs a job in a transaction and returns when it is durable. `tell` is called after the commit, in the order
    /// of commits, before any of the writers that shared the commit return.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        tell: &dyn Fn(Announcement),
        job: impl FnOnce(&Writer<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = Arc::new(Mutex::new(None));
        let put = answer.clone();
        self.queue.submit(
            Box::new(move |writer| {
                let value = job(writer)?;
                *lock(&put) = Some(value);
                Ok(())
            }),
            |tickets| self.run(tickets, tell),
        )?;
        lock(&answer).take().ok_or_else(|| StoreError::Engine("a write job gave no answer".into()))
    }

    fn run(&self, tickets: &[Arc<Ticket>], tell: &dyn Fn(Announcement)) {
        let outcome = match self.connection(&self.writer, lock(&self.writer)) {
            Ok(held) => {
                held.as_ref().map_or_else(|| Err(closed()), |db| transaction(db, tickets, &|| self.extend_log()))
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(committed) => {
                self.files.remove(&committed.unlinked);
                if committed.put_aside {
                    self.untidy.store(true, Ordering::Relaxed);
                }
                committed.announced.into_iter().for_each(tell);
                for (ticket, outcome) in tickets.iter().zip(committed.outcomes) {
                    ticket.finish(outcome);
                }
            }
            Err(error) => {
                let busy = matches!(error, StoreError::Busy(_));
                let text = describe(&error);
                let mut first = Some(error);
                for ticket in tickets {
                    let again = || if busy { StoreError::Busy(None) } else { StoreError::Engine(text.clone().into()) };
                    ticket.finish(Err(first.take().unwrap_or_else(again)));
                }
            }
        }
        match self.log_pages.load(Ordering::Relaxed) {
            LOG_MOST.. => self.write_back(),
            LOG_TIDY.. => self.untidy.store(true, Ordering::Relaxed),
            _ => {}
        }
    }

    /// Reads at one commit. The closure runs again from its start when another process was in the way.
    pub(crate) fn read<T>(&self, mut job: impl FnMut(&Reader<'_>) -> Result<T>) -> Result<T> {
        self.glance(|reader| {
            let db = reader.db;
            db.prepare_cached("BEGIN DEFERRED")?.execute(())?;
            let outcome = job(reader);
            let ended = db.prepare_cached("COMMIT").and_then(|mut commit| commit.execute(()));
            if ended.is_err() && !db.is_autocommit() {
                db.execute_batch("ROLLBACK")?;
            }
            outcome
        })
    }

    /// Like [`Database::read`] for one statement, which sees one commit by itself.
    pub(crate) fn glance<T>(&self, mut job: impl FnMut(&Reader<'_>) -> Result<T>) -> Result<T> {
        let held = self.free_connection()?;
        let db = held.as_ref().ok_or_else(closed)?;
        if !db.is_autocommit() {
            // Left by a job that panicked.
            db.execute_batch("ROLLBACK")?;
        }
        let started = Instant::now();
        loop {
            match job(&Reader { db }) {
                Err(StoreError::Busy(_)) if started.elapsed() < PATIENCE => std::thread::sleep(pause()),
                outcome => return outcome,
            }
        }
    }

    /// The reading connection if it is open and free, else the writing one if it is free, else the reading one.
    fn free_connection(&self) -> Result<MutexGuard<'_, Option<Connection>>> {
        if let Some(reader) = try_lock(&self.reader)
            && reader.is_some()
        {
            return Ok(reader);
        }
        match try_lock(&self.writer) {
            Some(writer) => self.connection(&self.writer, writer),
            None => self.connection(&self.reader, lock(&self.reader)),
        }
    }

    fn connection<'a>(
        &self,
        slot: &Mutex<Option<Connection>>,
        mut held: MutexGuard<'a, Option<Connection>>,
    ) -> Result<MutexGuard<'a, Option<Connection>>> {
        if held.is_none() {
            let mut db = connect(&self.dir)?;
            if let Some(file) = identity(&self.dir) {
                let _ = self.file.set(file);
            }
            if std::ptr::eq(slot, &raw const self.writer) {
                let pages = self.log_pages.clone();
                db.wal_hook(Some(move |_: &mut _, count: i32| {
                    pages.store(count.unsigned_abs(), Ordering::Relaxed);
                    Ok(())
                }))?;
            }
            *held = Some(db);
        }
        Ok(held)
    }

    /// Whether the account still has its database in this folder, and no other one came to its place meanwhile.
    pub(crate) fn is_in_place(&self) -> bool {
        identity(&self.dir).is_some_and(|found| self.file.get().is_none_or(|opened| *opened == found))
    }

    /// Whether a connection is open.
    pub(crate) fn is_open(&self) -> bool {
        [&self.writer, &self.reader].into_iter().any(|slot| try_lock(slot).is_none_or(|held| held.is_some()))
    }

    /// Closes the connections unless they are in use; says whether they are closed.
    pub(crate) fn try_close(&self) -> bool {
        let (Some(mut writer), Some(mut reader)) = (try_lock(&self.writer), try_lock(&self.reader)) else {
            return false;
        };
        if !self.queue.is_idle() {
            return false;
        }
        *reader = None;
        *writer = None;
        self.log_pages.store(0, Ordering::Relaxed);
        true
    }

    /// Whether [`Database::tidy`] is worth a call; asked once per need.
    pub(crate) fn take_untidy(&self) -> bool {
        self.untidy.load(Ordering::Relaxed) && self.untidy.swap(false, Ordering::Relaxed)
    }

    /// One step of what is better done between writes: removing bodies that were put aside, writing the log back.
    pub(crate) fn tidy(&self) -> Result<Tidiness> {
        if !self.is_open() {
            return Ok(Tidiness::Done);
        }
        let due = now().saturating_sub(self.keep_removed);
        let (waiting, outlived) = self.read(|reader| {
            let waiting = reader.db.prepare_cached("SELECT 1 FROM unreferenced")?.exists(())?;
            Ok((waiting, reader.has_removed_before(due)?))
        })?;
        let let_go = if outlived { self.write(&|_| (), move |writer| writer.let_go(due, PURGE_STEP))? } else { 0 };
        let purged = if waiting || let_go > 0 { self.write(&|_| (), |writer| writer.purge(PURGE_STEP))? } else { 0 };
        if self.log_pages.load(Ordering::Relaxed) >= LOG_TIDY {
            self.write_back();
        }
        Ok(if purged == PURGE_STEP || let_go == PURGE_STEP { Tidiness::MoreToDo } else { Tidiness::Done })
    }

    /// Makes a growing log longer ahead of what is written to it: a sync of octets that replace others is a third of the work that one is
    /// which must note that the file has grown. Called by who holds the lock for writing, so that nobody else writes there. SQLite reads
    /// no further than the first frame without its checksum. It is no failure if that cannot be done.
    fn extend_log(&self) {
        let used = u64::from(self.log_pages.load(Ordering::Relaxed)) * LOG_FRAME;
        if !(LOG_AHEAD..LOG_LONGEST).contains(&used) {
            return;
        }
        let Ok(log) = OpenOptions::new().write(true).open(self.dir.join(LOG)) else { return };
        let Ok(length) = log.metadata().map(|file| file.len()) else { return };
        // Opened first: a log of what came to the account's place meanwhile is not this database's, and not locked.
        if length >= used + LOG_AHEAD || !self.is_in_place() {
            return;
        }
        let more = usize::try_from(used.min(LOG_STEP)).unwrap_or_default();
        if let Err(error) = log.write_all_at(&vec![0; more], length) {
            tracing::debug!(%error, "the log was not made longer");
        }
    }

    /// Copies the log into the database as far as readers allow, so that the next commit starts it again from its
    /// beginning: a log that is written over needs no new blocks. It is no failure if that is not far.
    fn write_back(&self) {
        let held = lock(&self.writer);
        let Some(db) = held.as_ref() else { return };
        match db.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE) {
            Ok(_) => self.log_pages.store(0, Ordering::Relaxed),
            Err(error) => tracing::debug!(%error, "the log was not written back"),
        }
    }
}

/// What one transaction came to.
struct Committed {
    outcomes: Vec<Result<()>>,
    announced: Vec<Announcement>,
    unlinked: Vec<String>,
    put_aside: bool,
}

/// Runs jobs in one transaction, each in a savepoint of its own when there are several. `Err` means that none took place.
/// `begun` is called with the lock for writing held.
fn transaction(db: &Connection, tickets: &[Arc<Ticket>], begun: &dyn Fn()) -> Result<Committed> {
    if !db.is_autocommit() {
        // Left by a job that panicked.
        db.execute_batch("ROLLBACK")?;
    }
    let started = Instant::now();
    while let Err(error) = db.prepare_cached("BEGIN IMMEDIATE")?.execute(()) {
        if !wait_again(&error, started) {
            return Err(error.into());
        }
    }
    begun();
    let several = tickets.len() > 1;
    let mut committed = Committed {
        outcomes: Vec::with_capacity(tickets.len()),
        announced: Vec::new(),
        unlinked: Vec::new(),
        put_aside: false,
    };
    for ticket in tickets {
        let Some(job) = ticket.take() else { return Err(StoreError::Engine("a write job ran twice".into())) };
        if several {
            db.prepare_cached("SAVEPOINT job")?.execute(())?;
        }
        let writer = Writer::new(db);
        let outcome = job(&writer);
        if db.is_autocommit() {
            // The engine gave the whole transaction up (full disk, I/O error): nothing took place.
            return Err(outcome.err().unwrap_or_else(|| StoreError::Engine("the transaction ended early".into())));
        }
        if outcome.is_ok() {
            committed.put_aside |= writer.put_aside.get();
            committed.announced.extend(writer.announced.into_inner());
            committed.unlinked.extend(writer.unlinked.into_inner());
        } else if several {
            db.prepare_cached("ROLLBACK TO job")?.execute(())?;
        } else {
            db.prepare_cached("ROLLBACK")?.execute(())?;
        }
        if several {
            db.prepare_cached("RELEASE job")?.execute(())?;
        }
        committed.outcomes.push(outcome);
    }
    if !db.is_autocommit() {
        let committing = Instant::now();
        loop {
            let ended = db.prepare_cached("COMMIT")?.execute(());
            match ended {
                Ok(_) => {
                    meters::commit(tickets.len(), started.elapsed(), committing.elapsed());
                    break;
                }
                Err(error) if wait_again(&error, started) => {}
                Err(error) => {
                    if !db.is_autocommit() {
                        db.execute_batch("ROLLBACK")?;
                    }
                    return Err(error.into());
                }
            }
        }
    }
    Ok(committed)
}

fn closed() -> StoreError {
    StoreError::Engine("the connection is closed".into())
}

/// An error with its causes in one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text.push_str(&format!(": {deeper}"));
        cause = deeper.source();
    }
    text
}

fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(held) => Some(held),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
