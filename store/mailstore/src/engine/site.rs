//! What belongs to the site and to no account: one small database beside the accounts.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

use super::open::{PATIENCE, now};
use crate::ObjectId;
use crate::annotation::{Annotation, AnnotationChange, AnnotationScope};
use crate::error::{Result, StoreError};
use crate::layout;

/// Its folder in the first partition.
const FOLDER: &str = "=site";
/// Its file.
const FILE: &str = "site.db";
/// Seconds after which a mark's process is taken for dead.
const FORGOTTEN: i64 = 300;
/// `HELS`: what the database says it belongs to.
const APPLICATION: u32 = 0x4845_4c53;
/// The version of its tables.
const VERSION: u32 = 2;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS annotation (
  entry TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS share (
  owner TEXT NOT NULL,
  mailbox TEXT NOT NULL,
  identifier TEXT NOT NULL,
  rights TEXT NOT NULL,
  PRIMARY KEY (owner, mailbox, identifier)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS share_by_identifier ON share (identifier);
CREATE TABLE IF NOT EXISTS unsettled (
  owner TEXT NOT NULL,
  mark BLOB NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (owner, mark)
) WITHOUT ROWID;
";

/// An entry of a mailbox's access control list: owner, mailbox, identifier, rights letters.
pub(crate) type ShareRow = (String, String, String, String);

/// The site's database: made at its first use.
pub(crate) struct SiteDatabase {
    dir: PathBuf,
    held: Mutex<Option<Connection>>,
}

impl SiteDatabase {
    pub(crate) fn new(partition: &Path) -> Self {
        Self { dir: partition.join(FOLDER), held: Mutex::default() }
    }

    /// The site's shared annotations, by name. Nothing is made.
    pub(crate) fn annotations(&self) -> Result<Vec<Annotation>> {
        if !self.dir.join(FILE).exists() {
            return Ok(Vec::new());
        }
        self.with(|db| {
            let mut select = db.prepare_cached("SELECT entry, value FROM annotation ORDER BY entry")?;
            let rows = select.query_map((), |row| {
                Ok(Annotation { entry: row.get(0)?, scope: AnnotationScope::Shared, value: row.get(1)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Sets and removes shared annotations: all of them or none, durable when this returns.
    pub(crate) fn set_annotations(&self, changes: &[AnnotationChange]) -> Result<()> {
        self.with(|db| {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for change in changes {
                match &change.value {
                    Some(value) => tx
                        .prepare_cached("INSERT OR REPLACE INTO annotation (entry, value) VALUES (?1, ?2)")?
                        .execute((&change.entry, value))?,
                    None => tx.prepare_cached("DELETE FROM annotation WHERE entry = ?1")?.execute([&change.entry])?,
                };
            }
            let count: usize = tx.query_row("SELECT count(*) FROM annotation", (), |row| row.get(0))?;
            if count > Annotation::MOST {
                return Err(StoreError::Limit(format!("there are {} annotations already", Annotation::MOST)));
            }
            Ok(tx.commit()?)
        })
    }

    /// Whether there is a database at all; then nobody shares anything.
    fn is_made(&self) -> bool {
        self.dir.join(FILE).exists()
    }

    /// Marks an account's shares as about to change.
    pub(crate) fn unsettle(&self, owner: &str) -> Result<ObjectId> {
        let mark = ObjectId::random();
        self.with(|db| {
            db.prepare_cached("INSERT INTO unsettled (owner, mark, since) VALUES (?1, ?2, ?3)")?.execute((
                owner,
                mark.0,
                now(),
            ))?;
            Ok(mark)
        })
    }

    /// Accounts whose shares may be other than the index says.
    pub(crate) fn unsettled(&self) -> Result<Vec<String>> {
        if !self.is_made() {
            return Ok(Vec::new());
        }
        self.with(|db| {
            let mut select = db.prepare_cached("SELECT DISTINCT owner FROM unsettled")?;
            let owners = select.query_map((), |row| row.get(0))?;
            Ok(owners.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Puts what `read` finds in an account into the index. The account is read with the index locked, so that who comes last has
    /// read what is last. A mark goes with the one who made it; those that a process has left go after a while.
    pub(crate) fn settle(
        &self,
        owner: &str,
        mark: Option<ObjectId>,
        read: impl FnOnce() -> Result<Vec<(String, String, String)>>,
    ) -> Result<()> {
        self.with(|db| {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let shares = read()?;
            tx.prepare_cached("DELETE FROM share WHERE owner = ?1")?.execute([owner])?;
            for (mailbox, identifier, rights) in shares {
                tx.prepare_cached("INSERT INTO share (owner, mailbox, identifier, rights) VALUES (?1, ?2, ?3, ?4)")?
                    .execute((owner, mailbox, identifier, rights))?;
            }
            tx.prepare_cached("DELETE FROM unsettled WHERE owner = ?1 AND (mark = ?2 OR since < ?3)")?.execute((
                owner,
                mark.map(|mark| mark.0),
                now() - FORGOTTEN,
            ))?;
            Ok(tx.commit()?)
        })
    }

    /// Every entry that one of these identifiers has, also with `-` before it.
    pub(crate) fn shares_of(&self, identifiers: &[String]) -> Result<Vec<ShareRow>> {
        if !self.is_made() {
            return Ok(Vec::new());
        }
        self.with(|db| {
            let mut select = db.prepare_cached(
                "SELECT owner, mailbox, identifier, rights FROM share WHERE identifier = ?1 OR identifier = '-' || ?1",
            )?;
            let mut found = Vec::new();
            for identifier in identifiers {
                let rows =
                    select.query_map([identifier], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
                for row in rows {
                    found.push(row?);
                }
            }
            Ok(found)
        })
    }

    /// The whole index, by owner and mailbox.
    pub(crate) fn all_shares(&self) -> Result<Vec<ShareRow>> {
        if !self.is_made() {
            return Ok(Vec::new());
        }
        self.with(|db| {
            let mut select = db.prepare_cached(
                "SELECT owner, mailbox, identifier, rights FROM share ORDER BY owner, mailbox, identifier",
            )?;
            let rows = select.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Whether any list names a group.
    pub(crate) fn names_groups(&self) -> Result<bool> {
        if !self.is_made() {
            return Ok(false);
        }
        self.with(|db| {
            let mut select = db.prepare_cached(
                "SELECT 1 FROM share WHERE identifier BETWEEN 'group=' AND 'group>' \
                 OR identifier BETWEEN '-group=' AND '-group>' LIMIT 1",
            )?;
            Ok(select.exists(())?)
        })
    }

    fn with<T>(&self, job: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let db = match &mut *held {
            Some(db) => db,
            none => none.insert(open(&self.dir)?),
        };
        job(db)
    }
}

fn open(dir: &Path) -> Result<Connection> {
    layout::create_dir(dir)?;
    let path = dir.join(FILE);
    // SQLite would make it as the umask allows.
    let made = layout::private_file().create(true).truncate(false).open(&path);
    made.map_err(|error| StoreError::io(format!("making {}", path.display()), error))?;
    let mut db = Connection::open(&path)?;
    db.busy_timeout(PATIENCE)?;
    db.query_row("PRAGMA journal_mode = WAL", (), |_| Ok(()))?;
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA mmap_size = 0;")?;
    let found: u32 = db.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    if found > VERSION {
        return Err(StoreError::Format { found, known: VERSION });
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(TABLES)?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    layout::sync_dir(dir)?;
    Ok(db)
}
