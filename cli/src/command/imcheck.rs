//! `imcheck`: what the store knows about shares and mailboxes, and whether all of it is sound (Reference §7.5).

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use mailstore::{AccountId, Store};
use serde_json::json;

use crate::{
    admin_name::{AdminName, Selection, existing},
    output,
    root::RootOption,
    services::open_store,
};

/// Looks every account over: tables, counters, contents and their checksums. With -d or -m it prints what the store
/// knows instead.
///
/// Exit code 1 when anything is damaged; `reconstruct` repairs it. Leftover content files that no message names are
/// no damage: they are counted, and named with -v.
#[derive(Args)]
pub struct Imcheck {
    /// Print a list: lright.db shares, folder.db mailboxes, subscr.db subscriptions, quota.db use
    #[arg(short = 'd', value_name = "LIST", conflicts_with = "mailbox")]
    list: Option<List>,
    /// Print what is known of a mailbox
    #[arg(short = 'm', value_name = "MAILBOX")]
    mailbox: Option<String>,
    /// Name leftover files too
    #[arg(short = 'v')]
    verbose: bool,
    /// Say nothing of accounts that are sound, and how many there are at the end
    #[arg(short = 'q', conflicts_with_all = ["list", "mailbox"])]
    quiet: bool,
    /// Answer in JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Check these accounts only: user IDs
    #[arg(conflicts_with_all = ["list", "mailbox"])]
    accounts: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum List {
    #[value(name = "lright.db", alias = "lright")]
    Shares,
    #[value(name = "folder.db", alias = "folder")]
    Mailboxes,
    #[value(name = "subscr.db", alias = "subscr")]
    Subscriptions,
    #[value(name = "quota.db", alias = "quota")]
    Quota,
}

impl Imcheck {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let store = open_store(&root.settings()?, None)?;
        match (&self.list, &self.mailbox) {
            (Some(list), _) => self.print_list(&store, *list),
            (None, Some(mailbox)) => {
                self.print_mailbox(&store, &AdminName::parse(mailbox)?).map(|()| ExitCode::SUCCESS)
            }
            (None, None) => self.check(&store),
        }
    }

    fn check(&self, store: &Store) -> anyhow::Result<ExitCode> {
        let accounts = match &self.accounts[..] {
            [] => store.accounts()?,
            named => named.iter().map(|name| Ok(AccountId::new(name)?)).collect::<anyhow::Result<_>>()?,
        };
        let bar = ProgressBar::new(accounts.len() as u64);
        let mut damaged = 0_u64;
        let count = accounts.len();
        for id in accounts {
            let findings = existing(store, &id).and_then(|account| Ok(account.check()?));
            let (problems, leftovers) = match findings {
                Ok(findings) => (findings.problems, findings.orphans),
                Err(error) => (vec![format!("{error:#}")], Vec::new()),
            };
            damaged += u64::from(!problems.is_empty());
            bar.suspend(|| {
                if self.json {
                    output::line(json!({"account": id.as_str(), "problems": problems, "leftovers": leftovers}));
                    return;
                }
                match &problems[..] {
                    [] if self.quiet => {}
                    [] => output::line(format_args!("user/{id}: sound")),
                    problems => problems.iter().for_each(|problem| output::line(format_args!("user/{id}: {problem}"))),
                }
                if self.verbose {
                    leftovers
                        .iter()
                        .for_each(|file| output::line(format_args!("user/{id}: leftover content file {file}")));
                }
            });
            bar.inc(1);
        }
        bar.finish_and_clear();
        if self.quiet && !self.json {
            output::line(format_args!("{count} accounts checked, {damaged} damaged"));
        }
        Ok(ExitCode::from(u8::from(damaged > 0)))
    }

    fn print_list(&self, store: &Store, list: List) -> anyhow::Result<ExitCode> {
        let mut failed = false;
        Selection::default().each_account(
            store,
            |account, mailboxes| {
                if list == List::Subscriptions {
                    for name in account.subscriptions()? {
                        let name = AdminName::of(account.id(), &name);
                        self.print(json!({"subscription": name.to_string()}), format_args!("{name}"));
                    }
                    return Ok(());
                }
                if list == List::Quota {
                    let quota = account.quota()?;
                    self.print(
                        json!({"account": account.id().as_str(), "bytes": quota.bytes_used, "messages": quota.messages_used}),
                        format_args!("user/{} {} {}", account.id(), quota.bytes_used, quota.messages_used),
                    );
                    return Ok(());
                }
                for info in mailboxes {
                    let name = AdminName::of(account.id(), &info.name);
                    let status = info.status;
                    if list == List::Mailboxes {
                        self.print(
                            json!({"mailbox": name.to_string(), "messages": status.messages, "bytes": status.size, "uidvalidity": status.uid_validity}),
                            format_args!("{name} {} {} {}", status.messages, status.size, status.uid_validity),
                        );
                        continue;
                    }
                    for entry in account.acl(&info.name)? {
                        self.print(
                            json!({"mailbox": name.to_string(), "identifier": entry.identifier, "rights": entry.rights.to_string()}),
                            format_args!("{name} {} {}", entry.identifier, entry.rights),
                        );
                    }
                }
                Ok(())
            },
            |id, error| {
                output::note(format_args!("imcheck: user/{id}: {error:#}"));
                failed = true;
            },
        )?;
        Ok(ExitCode::from(u8::from(failed)))
    }

    fn print_mailbox(&self, store: &Store, name: &AdminName) -> anyhow::Result<()> {
        let account = name.open_account(store)?;
        let info = account.mailbox(&name.mailbox)?;
        let (status, place, quota) = (info.status, store.place(account.id())?, account.quota()?);
        let acl = account.acl(&name.mailbox)?;
        let kept = if info.selectable { account.open(&name.mailbox)?.removed()? } else { 0 };
        let facts = [
            ("mailbox", name.to_string()),
            ("partition", place.partition),
            ("path", place.folder.display().to_string()),
            ("uidvalidity", status.uid_validity.to_string()),
            ("uidnext", status.uid_next.to_string()),
            ("highestmodseq", status.highest_modseq.to_string()),
            ("mailboxid", status.object_id.to_string()),
            ("messages", status.messages.to_string()),
            ("unseen", status.unseen.to_string()),
            ("deleted", status.deleted.to_string()),
            ("recent", status.recent.to_string()),
            ("bytes", status.size.to_string()),
            ("expunged and still kept", kept.to_string()),
            ("special use", info.special_use.map_or_else(String::new, |special| special.attribute().to_owned())),
            ("subscribed", info.subscribed.to_string()),
            ("account bytes", quota.bytes_used.to_string()),
            ("account messages", quota.messages_used.to_string()),
            (
                "acl",
                acl.iter().map(|entry| format!("{} {}", entry.identifier, entry.rights)).collect::<Vec<_>>().join(", "),
            ),
        ];
        if self.json {
            let object: serde_json::Map<_, _> =
                facts.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
            output::line(json!(object));
        } else {
            facts.iter().for_each(|(key, value)| output::line(format_args!("{key}: {value}")));
        }
        Ok(())
    }

    fn print(&self, object: serde_json::Value, line: std::fmt::Arguments<'_>) {
        if self.json { output::line(object) } else { output::line(line) }
    }
}
