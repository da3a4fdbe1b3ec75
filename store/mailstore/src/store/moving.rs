//! Moving an account to another partition while it is in use.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::PathBuf;

use super::Store;
use crate::account_id::AccountId;
use crate::bodies::ContentFiles;
use crate::engine;
use crate::error::{Result, StoreError};
use crate::layout;

impl Store {
    /// Moves an account with all its mail to another partition. Who has it open, in other processes too, finds it
    /// `Gone` and opens it again at its new place; nothing that was acknowledged is lost. `NotFound`, `Invalid` (no such
    /// partition), `Busy` (somebody else is moving it).
    pub fn move_account(&self, id: &AccountId, partition: &str) -> Result<()> {
        let target = self.partition(Some(partition))?.path.clone();
        let account = self.existing_account(id)?.ok_or_else(|| StoreError::NotFound(format!("account {id}")))?;
        let core = account.core();
        let (from, to) = (core.database.dir().to_owned(), layout::account_dir(&target, id));
        if from == to {
            return Ok(());
        }
        let _lock = self.lock_move(id)?.ok_or(StoreError::Busy(None))?;
        // What a mover that died has left may be incomplete.
        match fs::remove_dir_all(&to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io(format!("removing {}", to.display()), error));
            }
            _ => layout::create_dir(&to)?,
        }
        let (files, contents): (ContentFiles, _) = (core.database.files().clone(), to.join(layout::CONTENT));
        // Most of it while others still write.
        files.mirror_to(&contents)?;
        let ready = move || files.mirror_to(&contents);
        core.database.move_to(&to, ready)?;
        core.set_gone();
        core.database.try_close();
        // In this order, so that there is an account of this name at every moment.
        engine::finish_move(&to)?;
        self.put_away(&from)
    }

    /// The folder of an account that may be on its way from one of these to another. A move whose mover died is
    /// finished; while one is under way the account is at its old place until that one says it is gone.
    pub(super) fn find_among(&self, id: &AccountId, dirs: Vec<PathBuf>) -> Option<PathBuf> {
        let several = || dirs.iter().filter(|dir| engine::exists(dir)).count() > 1;
        if dirs.iter().any(|dir| engine::is_arriving(dir)) || several() {
            match self.settle(id, &dirs) {
                Ok(()) => {}
                Err(error) => tracing::error!(account = %id, %error, "a move to another partition was not finished"),
            }
        }
        let there: Vec<_> = dirs.into_iter().filter(|dir| engine::exists(dir)).collect();
        match &there[..] {
            [_] | [] => there.into_iter().next(),
            [first, ..] => {
                let first = first.clone();
                Some(there.into_iter().find(|dir| matches!(engine::is_left(dir), Ok(false))).unwrap_or(first))
            }
        }
    }

    fn settle(&self, id: &AccountId, dirs: &[PathBuf]) -> Result<()> {
        let Some(_lock) = self.lock_move(id)? else { return Ok(()) };
        let left = |dir: &PathBuf| engine::exists(dir) && matches!(engine::is_left(dir), Ok(true));
        let staying = dirs.iter().any(|dir| engine::exists(dir) && !left(dir));
        for to in dirs.iter().filter(|dir| !staying && engine::is_arriving(dir)) {
            if dirs.iter().any(left) {
                engine::finish_move(to)?;
                tracing::info!(account = %id, "a move to another partition was finished");
                break;
            }
        }
        if dirs.iter().any(|dir| engine::exists(dir) && !left(dir)) {
            dirs.iter().filter(|dir| left(dir)).try_for_each(|dir| self.put_away(dir))?;
        }
        Ok(())
    }

    /// The lock that one mover of an account has at a time; `None` while another has it. Its file stays.
    fn lock_move(&self, id: &AccountId) -> Result<Option<File>> {
        let folder = self.partition(None)?.path.join(layout::MOVING);
        layout::create_dir(&folder)?;
        let path = folder.join(layout::escape(id.as_str()));
        let failed = |error| StoreError::io(format!("locking {}", path.display()), error);
        let lock = layout::private_file().create(true).truncate(false).open(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
