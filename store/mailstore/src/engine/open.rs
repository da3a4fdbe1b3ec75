//! Making and opening the database of an account.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::failure::is_busy;
use super::{FORMAT, schema};
use crate::account_id::AccountId;
use crate::error::{Result, StoreError};
use crate::layout;
use crate::mailbox_name::MailboxName;
use crate::options::DefaultMailbox;
use crate::special_use::SpecialUse;

/// The database's file in the account's folder.
pub(crate) const DATABASE: &str = "account.db";
/// Its log.
pub(super) const LOG: &str = "account.db-wal";
/// `HELI`: what the database says it belongs to.
pub(super) const APPLICATION: u32 = 0x4845_4c49;
/// How long other writers are waited for before `Busy`.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Prepared statements kept by a connection: all that the engine has.
const STATEMENTS: usize = 96;

/// Whether the account has a database.
pub(crate) fn exists(dir: &Path) -> bool {
    dir.join(DATABASE).exists()
}

/// Device and number of a file.
pub(super) type FileIdentity = (u64, u64);

/// Which file is the database of a folder; `None` if there is none.
pub(super) fn identity(dir: &Path) -> Option<FileIdentity> {
    fs::metadata(dir.join(DATABASE)).ok().map(|file| (file.dev(), file.ino()))
}

/// When the database or its log last changed, in seconds since 1970.
pub(crate) fn changed(dir: &Path) -> Option<i64> {
    let files = ["", "-wal"].map(|suffix| dir.join(format!("{DATABASE}{suffix}")));
    let times = files.iter().filter_map(|file| file.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    times.max().and_then(|age| i64::try_from(age.as_secs()).ok())
}

/// Makes an account's database with its first mailboxes. It appears under its name complete and durable, by a link:
/// when two processes make the same account, one of them wins and both go on with its database.
pub(crate) fn create(dir: &Path, id: &AccountId, mailboxes: &[DefaultMailbox]) -> Result<()> {
    layout::create_dir(dir)?;
    let making = dir.join(format!("{DATABASE}.{}", crate::ObjectId::random()));
    let made = fill(&making, id, mailboxes).and_then(|()| match fs::hard_link(&making, dir.join(DATABASE)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(StoreError::io(format!("making {}", dir.join(DATABASE).display()), error))
        }
        _ => layout::sync_dir(dir),
    });
    let _ = fs::remove_file(&making);
    made
}

fn fill(path: &Path, id: &AccountId, mailboxes: &[DefaultMailbox]) -> Result<()> {
    // SQLite would make it as the umask allows; its log and index files get the mode that the database has.
    let made = layout::private_file().create_new(true).open(path);
    made.map_err(|error| StoreError::io(format!("making {}", path.display()), error))?;
    let mut db = Connection::open(path)?;
    // The page size of most file systems: small pages keep the log that each commit syncs short.
    db.execute_batch("PRAGMA page_size = 4096; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;")?;
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(schema::TABLES)?;
    schema::STEPS.iter().try_for_each(|step| tx.execute_batch(step))?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", FORMAT)?;
    let now = now();
    tx.execute(
        "INSERT INTO account (id, name, created, next_mailbox, next_uidvalidity) VALUES (1, ?1, ?2, 1, ?2)",
        (id.as_str(), now),
    )?;
    {
        let writer = super::Writer::new(&tx);
        let mut names = vec![(MailboxName::inbox(), None)];
        for default in mailboxes {
            let name = MailboxName::new(&default.name)?;
            let missing_parents: Vec<_> = std::iter::successors(name.parent(), MailboxName::parent)
                .filter(|parent| !names.iter().any(|(known, _)| known == parent))
                .collect();
            names.extend(missing_parents.into_iter().rev().map(|parent| (parent, None::<SpecialUse>)));
            match names.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = default.special_use,
                None => names.push((name, default.special_use)),
            }
        }
        for (name, special_use) in &names {
            writer.insert_mailbox(name, true, *special_use)?;
            writer.subscribe(name)?;
        }
    }
    tx.commit()?;
    db.query_row("PRAGMA journal_mode = WAL", (), |_| Ok(()))?;
    db.close().map_err(|(_, error)| error.into())
}

/// Opens a connection to an existing database.
pub(super) fn connect(dir: &Path) -> Result<Connection> {
    let path = dir.join(DATABASE);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let started = Instant::now();
    loop {
        match open_once(&path, flags) {
            // The last process to close a database takes it for itself for a moment.
            Err(StoreError::Busy(_)) if started.elapsed() < PATIENCE => thread::sleep(pause()),
            Err(error) if !path.exists() => {
                tracing::debug!(path = %path.display(), %error, "no database");
                return Err(StoreError::Gone("the account".into()));
            }
            opened => return opened,
        }
    }
}

fn open_once(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let mut db = Connection::open_with_flags(path, flags)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.busy_handler(Some(wait_a_little()))?;
    // The store checkpoints between commits (see `Database::tidy`); SQLite's own checkpoint, inside a commit, is only
    // a backstop. Pages are read, not mapped: a damaged or truncated file must be an error, not a signal.
    db.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -1024; \
         PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA foreign_keys = OFF;",
    )?;
    let application: u32 = db.query_row("PRAGMA application_id", (), |row| row.get(0))?;
    let found: u32 = db.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    if application != APPLICATION || found == 0 {
        return Err(StoreError::Corrupt(format!("{} is no account database", path.display())));
    }
    if found < FORMAT {
        migrate(&mut db)?;
    } else if found > FORMAT {
        return Err(StoreError::Format { found, known: FORMAT });
    }
    Ok(db)
}

/// Brings an account of an earlier version up to this program's, in one transaction.
fn migrate(db: &mut Connection) -> Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been quicker.
    let found: u32 = tx.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    for step in schema::STEPS.iter().skip(usize::try_from(found.saturating_sub(1)).unwrap_or(usize::MAX)) {
        tx.execute_batch(step)?;
    }
    if found < FORMAT {
        tx.pragma_update(None, "user_version", FORMAT)?;
    }
    Ok(tx.commit()?)
}

/// Waits for another process's lock: short naps, since a commit takes under a millisecond, until patience ends.
fn wait_a_little() -> impl FnMut(i32) -> bool + Send + 'static {
    let mut since = Instant::now();
    move |calls| {
        if calls == 0 {
            since = Instant::now();
        }
        thread::sleep(pause());
        since.elapsed() < PATIENCE
    }
}

/// A nap of up to two milliseconds, so that waiting processes don't wake together.
pub(super) fn pause() -> Duration {
    Duration::from_micros(rand::random_range(100..2000))
}

pub(super) fn wait_again(error: &rusqlite::Error, started: Instant) -> bool {
    let again = is_busy(error) && started.elapsed() < PATIENCE;
    if again {
        thread::sleep(pause());
    }
    again
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|age| i64::try_from(age.as_secs()).ok()).unwrap_or(0)
}
