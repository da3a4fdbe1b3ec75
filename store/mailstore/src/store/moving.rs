//! Moving an account to another partition while it is in use.

use std::fs;
use std::io;

use super::Store;
use crate::account_id::AccountId;
use crate::bodies::ContentFiles;
use crate::engine;
use crate::error::{Result, StoreError};
use crate::layout;

/// The file in an account's folder that a move locks.
const LOCK: &str = "move.lock";

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
        let failed = |error| StoreError::io(format!("locking {}", from.display()), error);
        let lock = layout::private_file().create(true).truncate(false).open(from.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(StoreError::Busy(None)),
            Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
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
        self.put_away(&from)?;
        engine::finish_move(&to)?;
        Ok(())
    }

    /// Finishes a move whose mover died after the old place was left. A failure is logged: the account is then not to
    /// be had, which its user hears of.
    pub(super) fn finish_left_move(&self, id: &AccountId) {
        let places = || self.inner.options.partitions.iter().map(|partition| layout::account_dir(&partition.path, id));
        let Some(to) = places().find(|dir| engine::is_arriving(dir)) else { return };
        let finished = (|| {
            for from in places().filter(|dir| *dir != to && engine::exists(dir)) {
                if !engine::is_left(&from)? {
                    return Ok(false);
                }
                self.put_away(&from)?;
            }
            engine::finish_move(&to)
        })();
        match finished {
            Ok(true) => tracing::info!(account = %id, "a move to another partition was finished"),
            Ok(false) => {}
            Err(error) => tracing::error!(account = %id, %error, "a move to another partition could not be finished"),
        }
    }
}
