//! The lock of a POP maildrop (RFC 1939 §4: one session at a time).

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;

use super::Account;
use crate::error::{Result, StoreError};
use crate::layout;

/// The file in the account's folder that the lock is on; it stays there.
const FILE: &str = "pop.lock";

/// An account's POP maildrop, held. It goes with its holder, also when that one is killed.
#[derive(Debug)]
pub struct MaildropLock {
    file: File,
}

impl Account {
    /// Takes the account's POP maildrop lock, which one session at a time holds, over all processes; `None` while
    /// another has it. IMAP and deliveries don't take it. `Gone`.
    pub fn lock_maildrop(&self) -> Result<Option<MaildropLock>> {
        self.read(|reader| reader.check_alive())?;
        let path = self.core.database.dir().join(FILE);
        let failed = |error| StoreError::io(format!("locking {}", path.display()), error);
        // Neither truncated nor removed: the file says when it was last marked, and others may hold it open.
        let opened = layout::private_file().create(true).truncate(false).open(&path);
        let file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Gone("the account".into()));
            }
            opened => opened.map_err(failed)?,
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(MaildropLock { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl MaildropLock {
    /// When [`MaildropLock::mark`] was last called by any holder, seconds since 1970; `None` if never, or not readable.
    pub fn marked(&self) -> Result<Option<i64>> {
        let mut digits = [0; 20];
        let count =
            self.file.read_at(&mut digits, 0).map_err(|error| StoreError::io("reading the maildrop's mark", error))?;
        let text = digits.get(..count).and_then(|digits| std::str::from_utf8(digits).ok());
        Ok(text.and_then(|text| text.trim().parse().ok()))
    }

    /// Writes a time down. Not synced: losing it in a crash does no harm.
    pub fn mark(&self, seconds: i64) -> Result<()> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.write_all_at(seconds.to_string().as_bytes(), 0))
            .map_err(|error| StoreError::io("writing the maildrop's mark", error))
    }
}
