//! What belongs to the site and to no account: one small database beside the accounts.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

use super::open::PATIENCE;
use crate::annotation::{Annotation, AnnotationChange, AnnotationScope};
use crate::error::{Result, StoreError};
use crate::layout;

/// Its folder in the first partition.
const FOLDER: &str = "=site";
/// Its file.
const FILE: &str = "site.db";
/// `HELS`: what the database says it belongs to.
const APPLICATION: u32 = 0x4845_4c53;
/// The version of its tables.
const VERSION: u32 = 1;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS annotation (
  entry TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;
";

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
