//! `mboxutil -l` and `-o`: mailboxes with their numbers, accounts without a user.

use std::fmt::Write as _;

use anyhow::Context;
use mailstore::{Account, MailboxInfo, MailboxName};
use serde_json::json;

use super::Job;
use crate::{admin_name::AdminName, output};

impl Job<'_> {
    pub(super) fn list(&mut self) -> anyhow::Result<()> {
        let options = self.options;
        let (store, users) = (self.store, self.users);
        if !options.short && !options.json {
            output::line(format_args!(
                "{:>8} {:>10} {:<12} {:<24} {}",
                "msgs", "Kbytes", "partition", "quotaroot", "mailbox"
            ));
        }
        let mut failures = Vec::new();
        options.selection.each_account(
            store,
            |account, mailboxes| {
                let place = store.place(account.id())?;
                let quota = match users.owner(account.id())? {
                    Some(user) => match users.limits(&user).bytes {
                        Some(bytes) => (bytes / 1024).to_string(),
                        None => "unlimited".to_owned(),
                    },
                    None => "none".to_owned(),
                };
                for info in mailboxes {
                    let name = AdminName::of(account.id(), &info.name);
                    let acl = if options.extended { acl_of(account, &info)? } else { String::new() };
                    if options.json {
                        let mut object = json!({
                            "mailbox": name.to_string(), "account": account.id().as_str(), "messages": info.status.messages,
                            "bytes": info.status.size, "unseen": info.status.unseen, "partition": place.partition,
                            "quotaKilobytes": quota, "selectable": info.selectable,
                        });
                        if options.extended {
                            object["path"] = json!(place.folder.to_string_lossy());
                            object["acl"] = json!(acl);
                        }
                        output::line(object);
                    } else if options.short {
                        output::line(name);
                    } else {
                        let root = format!("user/{} ({quota})", account.id());
                        let mut line = format!(
                            "{:>8} {:>10} {:<12} {root:<24} {name}",
                            info.status.messages,
                            info.status.size.div_ceil(1024),
                            place.partition,
                        );
                        if options.extended {
                            let _ = write!(line, "  {}  {acl}", place.folder.display());
                        }
                        output::line(line);
                    }
                }
                Ok(())
            },
            |id, error| failures.push((format!("user/{id}"), error)),
        )?;
        failures.iter().for_each(|(what, error)| self.fail(what, error));
        Ok(())
    }

    /// Accounts whose user is not in the directory, and with `-t` those that did not change for so many days.
    pub(super) fn orphans(&mut self) -> anyhow::Result<()> {
        let mut names = String::new();
        for id in self.store.accounts()? {
            let orphan = match self.users.owner(&id) {
                Ok(user) => user.is_none(),
                Err(error) => {
                    self.fail(format_args!("user/{id}"), &error);
                    continue;
                }
            };
            let idle = match self.options.time {
                Some(days) if !orphan => {
                    self.store.last_change(&id)?.is_some_and(|time| age(time) >= i64::from(days) * 24 * 3600)
                }
                _ => false,
            };
            if orphan || idle {
                let name = AdminName::of(&id, &MailboxName::inbox());
                if self.options.json {
                    output::line(
                        json!({"mailbox": name.to_string(), "reason": if orphan { "no user" } else { "idle" }}),
                    );
                } else {
                    output::line(&name);
                }
                let _ = writeln!(names, "{name}");
            }
        }
        if let Some(file) = &self.options.write {
            std::fs::write(file, names).with_context(|| file.display().to_string())?;
        }
        Ok(())
    }
}

/// Seconds since a time.
fn age(time: i64) -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp() - time
}

fn acl_of(account: &Account, info: &MailboxInfo) -> anyhow::Result<String> {
    let mut text = format!("{} {}", account.id(), mailstore::Rights::ALL);
    for entry in account.acl(&info.name)? {
        let _ = write!(text, ", {} {}", entry.identifier, entry.rights);
    }
    Ok(text)
}
