//! Looking after what is kept for searches, in all mailboxes of an account.

use std::collections::HashMap;
use std::fs;
use std::io;

use super::Account;
use crate::MailboxId;
use crate::error::{ErrorKind, Result, StoreError};
use crate::gists::{GistFile, list};
use crate::mailbox::{Gists, Mailbox};

impl Account {
    /// Brings what searches have kept up to date: new messages come in, those that are gone leave it. Mailboxes in which nobody has looked
    /// for text yet have none, and get none here.
    pub fn catch_up_gists(&self) -> Result<()> {
        self.tend_gists(Gists::catch_up)
    }

    /// Makes what searches have kept anew, of the messages as they are.
    pub fn renew_gists(&self) -> Result<()> {
        self.tend_gists(|gists, mailbox| {
            mailbox.gist_file().remove()?;
            drop(gists);
            Gists::of(mailbox).catch_up(mailbox)
        })
    }

    fn tend_gists(&self, tend: impl Fn(Gists, &Mailbox) -> Result<()>) -> Result<()> {
        let files = list(self.core().database.dir())?;
        if files.is_empty() {
            return Ok(());
        }
        let rows = self.read(|reader| {
            reader.check_alive()?;
            reader.mailboxes()
        })?;
        let mailboxes: HashMap<(MailboxId, u32), bool> =
            rows.into_iter().map(|row| ((row.id, row.uid_validity), row.selectable)).collect();
        for (path, of) in files {
            let kept = of.filter(|of| mailboxes.get(of).is_some_and(|selectable| *selectable));
            match kept.filter(|_| self.store().inner.options.search_index) {
                Some((id, uid_validity)) => {
                    let mailbox = Mailbox::new(self.clone(), id, uid_validity);
                    match tend(Gists::of(&mailbox), &mailbox) {
                        // Deleted meanwhile.
                        Err(error) if matches!(error.kind(), ErrorKind::Gone | ErrorKind::NotFound) => {}
                        tended => tended?,
                    }
                }
                None => match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(StoreError::io(format!("removing {}", path.display()), error));
                    }
                    _ => {}
                },
            }
        }
        Ok(())
    }

    /// A mailbox is gone. What stays behind is removed when the account is next tended.
    pub(crate) fn forget_gists(&self, id: MailboxId, uid_validity: u32) {
        if let Err(error) = GistFile::new(self.core().database.dir(), id, uid_validity).remove() {
            tracing::warn!(%error, "what was kept for searches could not be removed");
        }
    }
}
