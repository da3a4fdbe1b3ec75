//! Removing what nobody needs any more: old entries of the log of expunged messages, content files that no message names.

use std::collections::HashSet;
use std::time::Duration;

use super::Account;
use crate::error::Result;

impl Account {
    /// Keeps the last `keep` entries of each mailbox's log of expunged messages, and says how many were forgotten. Clients that
    /// resynchronise from further back are told of every UID that is not there (RFC 7162 §5).
    pub fn prune_expunged(&self, keep: u64) -> Result<u64> {
        let long: Vec<_> = self.read(|reader| {
            reader.check_alive()?;
            Ok(reader.mailboxes()?.into_iter().map(|row| row.id).collect())
        })?;
        let mut forgotten = 0;
        for id in long {
            forgotten += self.write(move |writer| {
                let Some(mut row) = writer.mailbox(id)? else { return Ok(0) };
                let count = writer.cut_expunged(&mut row, keep)?;
                if count > 0 {
                    writer.save_numbers(&row)?;
                }
                Ok(count as u64)
            })?;
        }
        Ok(forgotten)
    }

    /// Removes content files that no message names and that did not change for `age`: left by processes that died. Says how
    /// many. A younger file may be on its way in; in an account that is damaged all stay, as they may be what a repair needs.
    pub fn remove_orphans(&self, age: Duration) -> Result<u64> {
        let files = self.core().database.files();
        // Files first: one that is named after this is in the second list, too.
        let present = files.older(age)?;
        if present.is_empty() {
            return Ok(0);
        }
        let named: HashSet<String> = self.read(|reader| reader.named_files())?;
        let orphans: Vec<String> = present.into_iter().filter(|name| !named.contains(name)).collect();
        if orphans.is_empty() || !self.read(|reader| Ok(reader.is_intact()))? {
            return Ok(0);
        }
        files.remove(&orphans);
        Ok(orphans.len() as u64)
    }
}
