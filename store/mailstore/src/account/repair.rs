//! Repairing an account, also while others use it.

use super::Account;
use crate::engine::Repair;
use crate::error::{ErrorKind, Result};
use crate::event::{About, EventKind};

/// How an account is repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RepairOptions {
    /// Read the database page by page and build it anew, also when it looks sound.
    pub rebuild: bool,
    /// Take content files that no message names into the mailbox `lost+found` when they are older than so many
    /// seconds. A rebuild takes them all.
    pub adopt_after: Option<u64>,
}

impl Account {
    /// Repairs what can be repaired; answers with what was done, one sentence each, and with nothing when all was sound.
    ///
    /// Nothing that can be read is given up: a message with a damaged content stays with what there is of it (under a new
    /// UID, as it is not what clients once read), and messages that lost their mailbox go to `lost+found`. Sessions go on and see
    /// the outcome as they see any change. Takes as long as reading the whole account, and writers wait meanwhile.
    pub fn repair(&self, options: RepairOptions) -> Result<Vec<String>> {
        let done = self.repair_quietly(options)?;
        if !done.is_empty() {
            self.tell_of(EventKind::Repaired, About::default());
        }
        Ok(done)
    }

    fn repair_quietly(&self, options: RepairOptions) -> Result<Vec<String>> {
        let files = self.core.database.files().clone();
        let parse = self.store.inner.options.limits.parse;
        let account = self.id().as_str().to_owned();
        let intact = self.core.database.read(|reader| Ok(reader.is_intact())).unwrap_or(false);
        if intact && !options.rebuild {
            let repaired = self.core.database.write(&|announcement| self.tell(announcement), {
                let (files, account) = (files.clone(), account.clone());
                move |writer| {
                    writer.repair(&Repair { account: &account, files: &files, parse, adopt_after: options.adopt_after })
                }
            });
            match repaired {
                Err(error) if error.kind() == ErrorKind::Corrupt => {}
                repaired => return repaired,
            }
        }
        let repair = Repair { account: &account, files: &files, parse, adopt_after: Some(0) };
        self.core.database.rebuild(&repair)
    }
}
