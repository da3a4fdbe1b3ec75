//! `reconstruct`: repairs accounts, also while the server runs (Reference §7.5).

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use indicatif::ProgressBar;
use mailstore::{AccountId, RepairOptions, Store};
use serde_json::json;

use crate::{
    admin_name::{AdminName, existing},
    mail_account::MailAccounts,
    output,
    root::RootOption,
    services::open_for_tool,
};

/// Repairs what is damaged in accounts: tables, counters, contents, quota use. The server may go on running.
///
/// Nothing that can be read is lost: a message with a damaged content stays with what is left of it, under a new UID;
/// messages whose mailbox is lost go to lost+found. Accounts are repaired as a whole, whichever of their mailboxes is
/// named. Exit code 1 when an account could not be repaired, or with -n when one is damaged.
#[derive(Args)]
pub struct Reconstruct {
    /// Only check, and print what is damaged
    #[arg(short = 'n', conflicts_with = "force")]
    check: bool,
    /// Build the database anew from its pages, also when it looks sound
    #[arg(short = 'f')]
    force: bool,
    /// Take content files that no message names, and that are older than an hour, into lost+found
    #[arg(short = 'e')]
    adopt: bool,
    /// Look first, without keeping writers waiting, and repair only the accounts that are damaged
    #[arg(short = 'i', conflicts_with = "force")]
    incremental: bool,
    /// Only accounts of this partition
    #[arg(short = 'p', value_name = "PARTITION", num_args = 0..=1, default_missing_value = "")]
    partition: Option<String>,
    /// The mailboxes below the named ones too; without a name all accounts
    #[arg(short = 'r')]
    recursive: bool,
    /// The list of accounts too: finish moves between partitions that were cut short
    #[arg(short = 'm', conflicts_with_all = ["recursive", "lists", "quota"])]
    mailboxes: bool,
    /// With -m: only users of the directory
    #[arg(short = 'u', requires = "mailboxes")]
    users: bool,
    /// The access control lists: those of mailboxes that are gone are removed, and the site's index of them is made anew
    #[arg(short = 'l')]
    lists: bool,
    /// Count the quota use anew
    #[arg(short = 'q')]
    quota: bool,
    /// Answer in JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Accounts or mailboxes: user/UID or user/UID/MAILBOX
    names: Vec<String>,
}

impl Reconstruct {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let store = open_for_tool(&settings, "reconstruct")?;
        let everything = self.recursive || self.mailboxes || self.lists || self.quota;
        if self.names.is_empty() && !everything {
            output::note("reconstruct: name an account or mailbox, or say -r for all");
            return Ok(ExitCode::from(2));
        }
        let mut accounts = match &self.names[..] {
            [] => store.accounts()?,
            names => {
                names.iter().map(|name| Ok(AdminName::parse(name)?.account)).collect::<anyhow::Result<Vec<_>>>()?
            }
        };
        accounts.dedup();
        if let Some(partition) = self.partition.as_deref().filter(|partition| !partition.is_empty()) {
            let mut there = Vec::new();
            for id in accounts {
                if store.place(&id)?.partition == partition {
                    there.push(id);
                }
            }
            accounts = there;
        }
        let users = if self.mailboxes { Some(MailAccounts::open(&settings)?) } else { None };
        let bar = ProgressBar::new(accounts.len() as u64);
        let mut failed = false;
        for id in &accounts {
            match self.one(&store, users.as_ref(), id) {
                Ok(done) => {
                    failed |= self.check && !done.is_empty();
                    bar.suspend(|| self.print(id, &done));
                }
                Err(error) => {
                    failed = true;
                    bar.suspend(|| output::note(format_args!("reconstruct: user/{id}: {error:#}")));
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(ExitCode::from(u8::from(failed)))
    }

    /// What was found or done in an account.
    fn one(&self, store: &Store, users: Option<&MailAccounts>, id: &AccountId) -> anyhow::Result<Vec<String>> {
        if let Some(users) = users {
            if self.users && users.owner(id)?.is_none() {
                return Ok(Vec::new());
            }
            if !self.check {
                users.account_of(store, id)?;
            }
        }
        let account = existing(store, id)?;
        if self.check {
            return Ok(match account.check() {
                Ok(findings) => findings.problems,
                Err(error) => vec![error.to_string()],
            });
        }
        if self.lists {
            store.index_shares(id)?;
        }
        if self.incremental && account.check().is_ok_and(|findings| findings.problems.is_empty()) {
            return Ok(Vec::new());
        }
        let options = RepairOptions { rebuild: self.force, adopt_after: if self.adopt { Some(3600) } else { None } };
        let done = account.repair(options)?;
        let left = account.check()?.problems;
        if !left.is_empty() {
            bail!("still damaged: {}", left.join("; "));
        }
        // Of what is there now, whatever it was before.
        account.renew_gists()?;
        Ok(done)
    }

    fn print(&self, id: &AccountId, done: &[String]) {
        if self.json {
            let key = if self.check { "problems" } else { "repaired" };
            output::line(json!({"account": id.as_str(), key: done}));
        } else if done.is_empty() {
            output::line(format_args!("user/{id}: sound"));
        } else {
            done.iter().for_each(|sentence| output::line(format_args!("user/{id}: {sentence}")));
        }
    }
}
