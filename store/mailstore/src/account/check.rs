//! Looking an account over: tables, counters, content files. Finds; repairs nothing.

use std::collections::HashMap;

use super::Account;
use crate::error::Result;

/// What [`Account::check`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Damage, one sentence each; for the log of an administrator.
    pub problems: Vec<String>,
    /// Content files that no message names: left by a process that died, or on their way in or out just now.
    pub orphans: Vec<String>,
}

impl Account {
    /// Looks the whole account over. Takes as long as reading all of it.
    pub fn check(&self) -> Result<Findings> {
        // Files first: one that is named after this must have been there, or came later.
        let mut present = self.core.database.files().list()?;
        let (mut problems, named) = self.read(|reader| {
            let mut problems = reader.integrity()?;
            problems.extend(reader.mismatches()?);
            problems.extend(reader.damaged_bodies()?.iter().map(|body| format!("body {body} has another checksum")));
            for row in reader.mailboxes()? {
                let found = reader.recount(row.id, row.recent_from)?;
                let mut compare = |what: &str, kept: u64, counted: u64| {
                    if kept != counted {
                        problems.push(format!("{}: {what} is kept as {kept} but is {counted}", row.name));
                    }
                };
                compare("the number of messages", row.messages, found.messages);
                compare("the number of unseen messages", row.unseen, found.unseen);
                compare("the number of deleted messages", row.deleted, found.deleted);
                compare("the number of recent messages", row.recent, found.recent);
                compare("the size", row.size, found.size);
                if found.highest_uid >= row.uid_next {
                    problems
                        .push(format!("{}: UID {} is not below UIDNEXT {}", row.name, found.highest_uid, row.uid_next));
                }
                if found.highest_modseq > row.highest_modseq {
                    problems.push(format!("{}: MODSEQ {} is above HIGHESTMODSEQ", row.name, found.highest_modseq));
                }
            }
            Ok((problems, reader.content_files()?))
        })?;
        let late: HashMap<String, u64> = self.core.database.files().list()?;
        let files = self.core.database.files();
        for (name, size, checksum) in named {
            match present.remove(&name).or_else(|| late.get(&name).copied()) {
                Some(found) if found != size => {
                    problems.push(format!("content file {name} has {found} bytes, not {size}"));
                }
                Some(_) if files.checksum(&name)? != checksum => {
                    problems.push(format!("content file {name} has another checksum"));
                }
                Some(_) => {}
                None => problems.push(format!("content file {name} is missing")),
            }
        }
        let mut orphans: Vec<String> = present.into_keys().collect();
        orphans.sort_unstable();
        Ok(Findings { problems, orphans })
    }
}
