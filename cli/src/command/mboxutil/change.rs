//! `mboxutil -c`, `-d`, `-e` and `-R`: making, deleting, expunging and restoring.

use anyhow::bail;
use mailstore::{AccountId, CreateOptions, ErrorKind};
use serde_json::json;

use super::Job;
use crate::{admin_name::AdminName, output};

impl Job<'_> {
    /// Makes mailboxes; an account comes into being with its INBOX.
    pub(super) fn create(&mut self) -> anyhow::Result<()> {
        for text in self.names()? {
            if let Err(error) = self.create_one(&text) {
                self.fail(&text, &error);
            }
        }
        Ok(())
    }

    fn create_one(&self, text: &str) -> anyhow::Result<()> {
        let name = AdminName::parse(text)?;
        let fresh = self.store.existing_account(&name.account)?.is_none();
        if fresh && self.users.owner(&name.account)?.is_none() {
            bail!("the directory has no user '{}'", name.account);
        }
        let account = self.users.account_of(self.store, &name.account)?;
        match account.create(&name.mailbox, CreateOptions::default()) {
            // It was just made with the account.
            Err(error) if fresh && error.kind() == ErrorKind::AlreadyExists => {}
            made => drop(made?),
        }
        account.subscribe(&name.mailbox)?;
        self.done("created", &name);
        Ok(())
    }

    /// Deletes mailboxes; INBOX stands for the whole account.
    pub(super) fn delete(&mut self) -> anyhow::Result<()> {
        let mut doomed = Vec::new();
        let mut failures = Vec::new();
        if self.options.selection.is_given() {
            self.options.selection.each_account(
                self.store,
                |account, mailboxes| {
                    // Those below first, so that no placeholder is left of the ones above.
                    doomed.extend(mailboxes.iter().rev().map(|info| AdminName::of(account.id(), &info.name)));
                    Ok(())
                },
                |id, error| failures.push((format!("user/{id}"), error)),
            )?;
        } else {
            for text in self.names()? {
                match AdminName::parse(&text) {
                    Ok(name) => doomed.push(name),
                    Err(error) => failures.push((text, error)),
                }
            }
        }
        let whole: Vec<AccountId> =
            doomed.iter().filter(|name| name.mailbox.is_inbox()).map(|name| name.account.clone()).collect();
        for name in doomed {
            if whole.contains(&name.account) && !name.mailbox.is_inbox() {
                continue;
            }
            let deleted = if name.mailbox.is_inbox() {
                self.store.delete_account(&name.account).map_err(anyhow::Error::from)
            } else {
                name.open_account(self.store).and_then(|account| {
                    account.delete(&name.mailbox)?;
                    Ok(account.unsubscribe(&name.mailbox)?)
                })
            };
            match deleted {
                Ok(()) => self.done("deleted", &name),
                Err(error) => failures.push((name.to_string(), error)),
            }
        }
        failures.iter().for_each(|(what, error)| self.fail(what, error));
        Ok(())
    }

    /// Removes what is marked `\Deleted`.
    pub(super) fn expunge(&mut self) -> anyhow::Result<()> {
        let mut failures = Vec::new();
        let json = self.options.json;
        self.options.selection.each_account(
            self.store,
            |account, mailboxes| {
                for info in mailboxes.iter().filter(|info| info.selectable && info.status.deleted > 0) {
                    let gone = account.open(&info.name)?.expunge(None)?;
                    report("expunged", &AdminName::of(account.id(), &info.name), gone.uids.len(), json);
                }
                Ok(())
            },
            |id, error| failures.push((format!("user/{id}"), error)),
        )?;
        failures.iter().for_each(|(what, error)| self.fail(what, error));
        Ok(())
    }

    /// Brings expunged messages back.
    pub(super) fn restore(&mut self) -> anyhow::Result<()> {
        let since = match self.options.time {
            Some(hours) => time::OffsetDateTime::now_utc().unix_timestamp() - i64::from(hours) * 3600,
            None => 0,
        };
        for text in self.names()? {
            let restored = AdminName::parse(&text).and_then(|name| {
                let uids = name.open_account(self.store)?.open(&name.mailbox)?.bring_back(since)?;
                report("restored", &name, uids.len(), self.options.json);
                Ok(())
            });
            if let Err(error) = restored {
                self.fail(&text, &error);
            }
        }
        Ok(())
    }

    /// Says what was done.
    pub(super) fn done(&self, what: &str, name: &AdminName) {
        if self.options.json {
            output::line(json!({"done": what, "mailbox": name.to_string()}));
        } else {
            output::line(format_args!("{name}: {what}"));
        }
    }
}

fn report(what: &str, name: &AdminName, messages: usize, json: bool) {
    if json {
        output::line(json!({"done": what, "mailbox": name.to_string(), "messages": messages}));
    } else {
        output::line(format_args!("{name}: {messages} messages {what}"));
    }
}
