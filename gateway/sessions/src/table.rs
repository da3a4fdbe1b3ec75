//! The table of sessions. All SQL of the gateway is here.
//!
//! A session that is lost costs a sign-in: commits are not synced to the disk (`synchronous=NORMAL` in WAL mode), and a damaged file is
//! put aside and made anew.

use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, params};

use crate::{Error, Folder};

const FILE: &str = "sessions.db";
/// How long a call waits for those of other processes.
const PATIENCE: Duration = Duration::from_secs(5);
/// Open connections that are kept.
const KEPT: usize = 8;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS session (
        name    BLOB PRIMARY KEY,       -- hash of the id
        owner   TEXT UNIQUE,            -- hash of the key that its spool folder and connections have; NULL before sign-in
        user    TEXT,
        peer    TEXT,
        created INTEGER NOT NULL,       -- seconds since 1970
        used    INTEGER NOT NULL,
        changes INTEGER NOT NULL DEFAULT 0,
        data    BLOB NOT NULL           -- sealed
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS session_used ON session (used);
";

/// How long sessions last, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Without a request.
    pub idle: u64,
    /// However busy.
    pub absolute: u64,
}

/// A session as it is put in, or changed.
#[derive(Debug, Clone, Default)]
pub struct NewSession {
    /// Hash of its id.
    pub name: [u8; 32],
    /// Hash of its key, once somebody signed in.
    pub owner: Option<String>,
    /// Who.
    pub user: Option<String>,
    /// From where, as `address:port`.
    pub peer: Option<String>,
    /// What it holds, sealed.
    pub data: Vec<u8>,
}

/// A session as it is found.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Hash of its key.
    pub owner: Option<String>,
    /// What it holds, sealed.
    pub data: Vec<u8>,
    /// Number of changes that its user has made to mailboxes by it.
    pub changes: i64,
}

/// A signed-in session in the administrator's list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Hash of its key.
    pub owner: String,
    /// Who.
    pub user: String,
    /// From where, as `address:port`.
    pub peer: String,
    /// Since when, in seconds since 1970.
    pub created: u64,
}

/// The table; clones share its connections.
#[derive(Debug, Clone)]
pub struct Table {
    folder: Folder,
    kept: Arc<Mutex<Vec<Connection>>>,
}

impl Table {
    /// Opens it, and makes what is missing.
    pub fn open(folder: &Folder) -> Result<Self, Error> {
        let table = Self { folder: folder.clone(), kept: Arc::default() };
        let _lock = folder.lock()?;
        let made = table.connect().and_then(|connection| {
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.execute_batch(SCHEMA)?;
            // Looks at every page: there are not many.
            let sound: String = connection.query_row("PRAGMA quick_check", [], |row| row.get(0))?;
            Ok(sound == "ok")
        });
        match made {
            Ok(true) => return Ok(table),
            Ok(false) => {}
            Err(Error::Table(error)) if is_damage(&error) => {}
            Err(error) => return Err(error),
        }
        tracing::error!("the file of browser sessions is damaged and made anew: everybody has to sign in again");
        for ending in ["", "-wal", "-shm"] {
            let file = folder.file(&format!("{FILE}{ending}"));
            if file.exists() {
                fs::rename(&file, folder.file(&format!("damaged-{FILE}{ending}")))?;
            }
        }
        let connection = table.connect()?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch(SCHEMA)?;
        drop(connection);
        Ok(table)
    }

    fn connect(&self) -> Result<Connection, Error> {
        // Before SQLite, which would let others read it; its other files take the rights of this one.
        drop(self.folder.private(FILE)?);
        let connection = Connection::open(self.folder.file(FILE))?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(connection)
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let result = work(&connection)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(connection);
        }
        Ok(result)
    }

    /// Puts a session in; `false` when its name is taken.
    pub fn insert(&self, new: &NewSession, now: u64) -> Result<bool, Error> {
        self.with(|sql| {
            sql.prepare_cached(
                "INSERT INTO session (name, owner, user, peer, created, used, data) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![new.name, new.owner, new.user, new.peer, now, new.data])
            .map(|rows| rows == 1)
        })
    }

    /// Changes a session; `false` when it is over.
    pub fn update(&self, new: &NewSession, now: u64) -> Result<bool, Error> {
        self.with(|sql| {
            sql.prepare_cached(
                "UPDATE session SET owner = ?2, user = ?3, peer = ?4, used = ?5, data = ?6 WHERE name = ?1",
            )?
            .execute(params![new.name, new.owner, new.user, new.peer, now, new.data])
            .map(|rows| rows == 1)
        })
    }

    /// Finds a session that is not over.
    pub fn load(&self, name: &[u8; 32], limits: Limits, now: u64) -> Result<Option<Loaded>, Error> {
        self.with(|sql| {
            sql.prepare_cached(
                "SELECT owner, data, changes FROM session WHERE name = ?1 AND used > ?2 AND created > ?3",
            )?
            .query_row(params![name, oldest(now, limits.idle), oldest(now, limits.absolute)], |row| {
                Ok(Loaded { owner: row.get(0)?, data: row.get(1)?, changes: row.get(2)? })
            })
            .optional()
        })
    }

    /// A session is used.
    pub fn touch(&self, name: &[u8; 32], now: u64) -> Result<(), Error> {
        self.with(|sql| {
            sql.prepare_cached("UPDATE session SET used = ?2 WHERE name = ?1")?.execute(params![name, now]).map(drop)
        })
    }

    /// Mailboxes were changed by a session: what the processes remember of them is old.
    pub fn note_change(&self, owner: &str) -> Result<(), Error> {
        self.with(|sql| {
            sql.prepare_cached("UPDATE session SET changes = changes + 1 WHERE owner = ?1")?
                .execute(params![owner])
                .map(drop)
        })
    }

    /// Ends a session, and tells whose it was.
    pub fn delete(&self, name: &[u8; 32]) -> Result<Vec<Listed>, Error> {
        self.with(|sql| {
            let mut statement = sql.prepare_cached(
                "DELETE FROM session WHERE name = ?1 RETURNING owner, user, coalesce(peer, ''), created",
            )?;
            signed_in(statement.query(params![name])?)
        })
    }

    /// Ends the sessions of `users`, and tells which they were.
    pub fn delete_users(&self, users: &[String]) -> Result<Vec<Listed>, Error> {
        self.with(|sql| {
            let mut statement = sql.prepare_cached(
                "DELETE FROM session WHERE user = ?1 RETURNING owner, user, coalesce(peer, ''), created",
            )?;
            let mut ended = Vec::new();
            for user in users {
                ended.append(&mut signed_in(statement.query(params![user])?)?);
            }
            Ok(ended)
        })
    }

    /// Removes what is over, and tells whose it was.
    pub fn sweep(&self, limits: Limits, now: u64) -> Result<Vec<Listed>, Error> {
        self.with(|sql| {
            let mut statement = sql.prepare_cached(
                "DELETE FROM session WHERE used <= ?1 OR created <= ?2 RETURNING owner, user, coalesce(peer, ''), created",
            )?;
            signed_in(statement.query(params![oldest(now, limits.idle), oldest(now, limits.absolute)])?)
        })
    }

    /// Whether a session that is not over has this key.
    pub fn is_live(&self, owner: &str, limits: Limits, now: u64) -> Result<bool, Error> {
        self.with(|sql| {
            sql.prepare_cached("SELECT 1 FROM session WHERE owner = ?1 AND used > ?2 AND created > ?3")?
                .exists(params![owner, oldest(now, limits.idle), oldest(now, limits.absolute)])
        })
    }

    /// Everybody who is signed in.
    pub fn list(&self, limits: Limits, now: u64) -> Result<Vec<Listed>, Error> {
        self.with(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT owner, user, coalesce(peer, ''), created FROM session
                 WHERE used > ?1 AND created > ?2",
            )?;
            let found = statement
                .query_map(params![oldest(now, limits.idle), oldest(now, limits.absolute)], |row| {
                    Ok(Listed { owner: row.get(0)?, user: row.get(1)?, peer: row.get(2)?, created: row.get(3)? })
                })?;
            found.collect()
        })
    }
}

/// Those of `rows` that somebody has signed in to; the others own nothing.
fn signed_in(mut rows: rusqlite::Rows<'_>) -> rusqlite::Result<Vec<Listed>> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (owner, user) = (row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?);
        if let (Some(owner), Some(user)) = (owner, user) {
            found.push(Listed { owner, user, peer: row.get(2)?, created: row.get(3)? });
        }
    }
    Ok(found)
}

fn oldest(now: u64, limit: u64) -> i64 {
    i64::try_from(now).unwrap_or(i64::MAX).saturating_sub(i64::try_from(limit).unwrap_or(i64::MAX))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase))
}
