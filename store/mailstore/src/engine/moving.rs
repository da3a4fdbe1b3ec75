//! Moving an account's database to another folder while other processes use it.
//!
//! The copy is complete under another name before the old database says that it is gone; a process that dies
//! between the two leaves a move that the next one to look for the account finishes.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::Database;
use super::open::{DATABASE, connect};
use crate::error::{Result, StoreError};
use crate::layout;

/// The complete copy that waits for the old database to be left.
const ARRIVING: &str = "account.db.arriving";

impl Database {
    /// Copies the database to the folder `to`, where `ready` has put the content files, and leaves this one for good.
    /// All writers wait until it is done.
    pub(crate) fn move_to(&self, to: &Path, ready: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
        let (from, arriving) = (self.dir().to_owned(), to.join(ARRIVING));
        self.write(&|_| (), move |writer| {
            writer.check_alive()?;
            // Nobody writes from here on: what another connection reads now is the whole account.
            ready()?;
            remove_if_there(&arriving)?;
            let failed = |error| StoreError::io(format!("making {}", arriving.display()), error);
            layout::private_file().create_new(true).open(&arriving).map_err(failed)?;
            let source = connect(&from)?;
            let name = arriving.to_str().ok_or_else(|| StoreError::Invalid("a folder's name is not UTF-8".into()))?;
            source.execute("VACUUM INTO ?1", [name])?;
            let copy = Connection::open_with_flags(&arriving, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            copy.query_row("PRAGMA journal_mode = WAL", (), |_| Ok(()))?;
            copy.close().map_err(|(_, error)| StoreError::from(error))?;
            fs::File::open(&arriving).and_then(|file| file.sync_all()).map_err(failed)?;
            if let Some(parent) = arriving.parent() {
                layout::sync_dir(parent)?;
            }
            writer.mark_gone()
        })
    }
}

/// Whether the database in a folder says that its account was deleted or moved away.
pub(crate) fn is_left(dir: &Path) -> Result<bool> {
    match connect(dir) {
        Ok(db) => Ok(db.query_row("SELECT gone FROM account", (), |row| row.get(0))?),
        Err(StoreError::Gone(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Removes a copy that must not be taken for the account any more.
pub(crate) fn forget_move(to: &Path) -> Result<()> {
    remove_if_there(&to.join(ARRIVING))
}

/// Whether a copy waits in a folder: complete, or still being made.
pub(crate) fn is_arriving(to: &Path) -> bool {
    to.join(ARRIVING).exists()
}

/// Gives a copy its name once the old database was left; whether there was one waiting.
pub(crate) fn finish_move(to: &Path) -> Result<bool> {
    let arriving = to.join(ARRIVING);
    match fs::rename(&arriving, to.join(DATABASE)) {
        Ok(()) => layout::sync_dir(to).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io(format!("moving {}", arriving.display()), error)),
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io(format!("removing {}", path.display()), error))
        }
        _ => Ok(()),
    }
}
