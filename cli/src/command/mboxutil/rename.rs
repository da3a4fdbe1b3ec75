//! `mboxutil -r`: a new name for a mailbox or an account, another account for a mailbox, another partition for an account.

use std::io::Write;

use anyhow::{Context, bail};
use mailstore::{Account, CreateOptions, ErrorKind, FlagSet, MailboxName, NewMessage, UidSet};

use super::Job;
use crate::admin_name::{AdminName, existing};

impl Job<'_> {
    pub(super) fn rename(&mut self) -> anyhow::Result<()> {
        let typed = &self.options.names;
        let pairs: Vec<(String, String)> = match (&self.options.file, &typed[..]) {
            (Some(_), [] | [_]) => {
                let given = self.options.names.len();
                let lines = self.names()?;
                lines
                    .get(given..)
                    .unwrap_or_default()
                    .iter()
                    .map(|line| {
                        let (old, new) =
                            line.split_once(char::is_whitespace).context("a line has an old and a new name")?;
                        Ok((old.to_owned(), new.trim().to_owned()))
                    })
                    .collect::<anyhow::Result<_>>()?
            }
            (None, [old, new] | [old, new, _]) => vec![(old.clone(), new.clone())],
            _ => bail!("-r takes OLD NEW [PARTITION], or -f FILE [PARTITION]"),
        };
        let partition = match (&self.options.file, &typed[..]) {
            (Some(_), [partition]) | (None, [_, _, partition]) => Some(partition.as_str()),
            _ => None,
        };
        for (old, new) in pairs {
            if let Err(error) = self.rename_one(&old, &new, partition) {
                self.fail(&old, &error);
            }
        }
        Ok(())
    }

    fn rename_one(&self, old: &str, new: &str, partition: Option<&str>) -> anyhow::Result<()> {
        let (from, to) = (AdminName::parse(old)?, AdminName::parse(new)?);
        if from.account == to.account {
            if from.mailbox != to.mailbox {
                from.open_account(self.store)?.rename(&from.mailbox, &to.mailbox)?;
            } else if partition.is_none() {
                bail!("both names are the same; a PARTITION would move the account");
            }
        } else {
            self.give_away(&from, &to)?;
        }
        if let Some(partition) = partition {
            if !to.mailbox.is_inbox() {
                bail!("an account is in one partition as a whole: name user/{}/INBOX", to.account);
            }
            existing(self.store, &to.account)?;
            self.store.move_account(&to.account, partition)?;
        }
        self.done("renamed", &to);
        Ok(())
    }

    /// Brings a mailbox, or for INBOX to INBOX everything, to another account. Copies first and deletes last: whatever
    /// ends it early loses nothing.
    fn give_away(&self, from: &AdminName, to: &AdminName) -> anyhow::Result<()> {
        let source = from.open_account(self.store)?;
        let whole = from.mailbox.is_inbox();
        if whole != to.mailbox.is_inbox() {
            bail!("INBOX stands for the whole account and becomes another account's INBOX only");
        }
        if whole && self.store.existing_account(&to.account)?.is_some_and(|account| holds_mail(&account)) {
            bail!("the account '{}' has mail already", to.account);
        }
        let target = self.users.account_of(self.store, &to.account)?;
        if whole {
            for info in source.mailboxes()? {
                make(&target, &info.name, CreateOptions { special_use: info.special_use })?;
                if info.selectable {
                    copy(&source, &info.name, &target, &info.name)?;
                }
            }
            for name in source.subscriptions()? {
                target.subscribe(&name)?;
            }
            self.store.delete_account(&from.account)?;
        } else {
            if target.mailbox(&to.mailbox).is_ok() {
                bail!("{to} already exists");
            }
            make(&target, &to.mailbox, CreateOptions::default())?;
            copy(&source, &from.mailbox, &target, &to.mailbox)?;
            target.subscribe(&to.mailbox)?;
            source.delete(&from.mailbox)?;
        }
        Ok(())
    }
}

fn holds_mail(account: &Account) -> bool {
    account.quota().map_or(true, |quota| quota.messages_used > 0)
}

fn make(account: &Account, name: &MailboxName, options: CreateOptions) -> anyhow::Result<()> {
    match account.create(name, options) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Copies all messages of a mailbox to one of another account, with flags, dates and access control list.
fn copy(source: &Account, from: &MailboxName, target: &Account, to: &MailboxName) -> anyhow::Result<()> {
    let mailbox = source.open(from)?;
    let snapshot = mailbox.snapshot()?;
    for (at, uid) in snapshot.uids().iter().enumerate() {
        let body = match mailbox.body(*uid) {
            Ok(body) => body,
            // Expunged since.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        let flags = snapshot.flags().get(at).copied().unwrap_or_default();
        let keywords = snapshot.keywords().names(flags).map(str::to_owned).collect();
        let mut incoming = target.incoming(Some(body.len() as u64))?;
        incoming.write_all(&body)?;
        let message = NewMessage {
            flags: FlagSet { system: flags.system(), keywords },
            internal_date: mailbox.rows(&[*uid])?.first().map(|row| row.internal_date),
            ..NewMessage::new(incoming.finish()?)
        };
        target.append(to, vec![message])?;
    }
    for entry in source.acl(from)? {
        target.set_acl(to, &entry.identifier, entry.rights)?;
    }
    // What came meanwhile must not go with the mailbox.
    let late: UidSet =
        mailbox.snapshot()?.uids().iter().filter(|uid| snapshot.index_of(**uid).is_none()).copied().collect();
    if !late.is_empty() {
        bail!("messages came to {from} meanwhile; the copy is there, the original stays");
    }
    Ok(())
}
