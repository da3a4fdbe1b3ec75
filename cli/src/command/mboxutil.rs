//! `mboxutil`: lists, makes, deletes, renames, moves and restores mailboxes (Reference §7.5).

mod change;
mod list;
mod rename;
mod subscriptions;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use mailstore::Store;

use crate::{admin_name::Selection, mail_account::MailAccounts, output, root::RootOption, services::open_for_tool};

/// Lists, makes, deletes, renames, moves and restores mailboxes, also while the server runs.
///
/// Mailboxes are named user/UID/MAILBOX, and user/UID@DOMAIN/MAILBOX outside the default domain. Deleting or renaming
/// user/UID/INBOX means the whole account. Exit code 1 when anything could not be done; each failure is named.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("action").required(true))]
pub struct Mboxutil {
    /// List mailboxes: messages, kilobytes, partition, quota, name
    #[arg(short = 'l', group = "action")]
    list: bool,
    /// Make mailboxes
    #[arg(short = 'c', group = "action")]
    create: bool,
    /// Delete mailboxes
    #[arg(short = 'd', group = "action")]
    delete: bool,
    /// Rename OLD to NEW; with PARTITION, move the account there
    #[arg(short = 'r', group = "action")]
    rename: bool,
    /// Bring expunged messages of mailboxes back while they are kept (store.cleanupage)
    #[arg(short = 'R', group = "action")]
    restore: bool,
    /// Remove messages marked \Deleted
    #[arg(short = 'e', group = "action")]
    expunge: bool,
    /// List accounts whose user is not in the directory
    #[arg(short = 'o', group = "action")]
    orphans: bool,
    /// List subscriptions
    #[arg(short = 'S', group = "action")]
    subscriptions: bool,
    #[command(flatten)]
    selection: Selection,
    /// With -l: path and access control list too
    #[arg(short = 'x', conflicts_with = "short", requires = "list")]
    extended: bool,
    /// With -l: names only
    #[arg(short = 's', requires = "list")]
    short: bool,
    /// Read names from a file, one a line (for -r: old and new name); - is standard input
    #[arg(short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// With -o: write the names to a file that -d -f takes
    #[arg(short = 'w', value_name = "FILE", requires = "orphans")]
    write: Option<PathBuf>,
    /// With -R: expunged in the last so many hours; with -o: also accounts that did not change for so many days
    #[arg(short = 't', value_name = "NUMBER")]
    time: Option<u32>,
    /// With -S: only names that no mailbox has
    #[arg(short = 'n', requires = "subscriptions")]
    missing: bool,
    /// With -S: unsubscribe them
    #[arg(short = 'u', requires = "subscriptions")]
    unsubscribe: bool,
    /// Answer in JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Mailboxes; for -r OLD NEW [PARTITION]
    names: Vec<String>,
}

/// What the actions work with.
struct Job<'a> {
    store: &'a Store,
    users: &'a MailAccounts,
    options: &'a Mboxutil,
    failed: bool,
}

impl Mboxutil {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        if self.time.is_some() && !(self.restore || self.orphans) {
            return wrong_use("-t goes with -R or -o");
        }
        if self.selection.is_given() && !(self.list || self.delete || self.expunge || self.subscriptions) {
            return wrong_use("-p and -P go with -l, -d, -e and -S");
        }
        let settings = root.settings()?;
        let users = MailAccounts::open(&settings)?;
        let store = open_for_tool(&settings, "mboxutil")?;
        let mut job = Job { store: &store, users: &users, options: &self, failed: false };
        if self.list {
            job.list()?;
        } else if self.create {
            job.create()?;
        } else if self.delete {
            if self.selection.is_given() == (self.file.is_some() || !self.names.is_empty()) {
                return wrong_use("-d takes names, -f FILE, or a pattern");
            }
            job.delete()?;
        } else if self.rename {
            job.rename()?;
        } else if self.restore {
            job.restore()?;
        } else if self.expunge {
            job.expunge()?;
        } else if self.orphans {
            job.orphans()?;
        } else {
            job.subscriptions()?;
        }
        Ok(ExitCode::from(u8::from(job.failed)))
    }
}

fn wrong_use(what: &str) -> anyhow::Result<ExitCode> {
    output::note(format_args!("mboxutil: {what}"));
    Ok(ExitCode::from(2))
}

impl Job<'_> {
    /// Names one thing that could not be done; the others are still tried.
    fn fail(&mut self, what: impl std::fmt::Display, error: &anyhow::Error) {
        output::note(format_args!("mboxutil: {what}: {error:#}"));
        self.failed = true;
    }

    /// The names that were typed and those of `-f`; at least one.
    fn names(&self) -> anyhow::Result<Vec<String>> {
        let mut names = self.options.names.clone();
        if let Some(file) = &self.options.file {
            let text = if file.as_os_str() == "-" {
                std::io::read_to_string(std::io::stdin())?
            } else {
                std::fs::read_to_string(file).with_context(|| file.display().to_string())?
            };
            names.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
        }
        if names.is_empty() {
            bail!("no mailbox was named");
        }
        Ok(names)
    }
}
