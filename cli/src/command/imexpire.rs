//! `imexpire`: expires messages by rules and purges what was expunged (Reference §7.3, §7.5).

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use anyhow::{Context, bail};
use clap::Args;
use config::{Housekeeping, Store as StoreConfig};
use indicatif::ProgressBar;
use mailstore::{AccountId, Store};
use serde_json::json;
use stored::{Action, PurgeOptions, Purged, Rules, expire, purge};

use crate::{admin_name::existing, alone::Alone, output, root::RootOption, services::open_for_tool};

/// Leftovers of processes that died are removed when they are older: no delivery takes an hour.
const LEFTOVER_SECONDS: u64 = 3600;

/// Expires messages by the rules of config/store.expirerule, then purges what was expunged longer than store.cleanupage ago.
///
/// Purging also removes what processes left that died: messages on their way in after an hour, content files that no message names after 7 days;
/// until then 'reconstruct -e' can make messages of these.
///
/// Rules are lines NAME.attribute: value with the attributes folderpattern (an IMAP pattern over user/UID/MAILBOX, or a regular
/// expression with regexp: yes), messagecount, messagedays, messagesize, messagesizedays, foldersizebytes, seen, deleted (and, or),
/// messageheader.NAME (a text that the field holds), exclusive (no later rule), action (discard, fileinto:MAILBOX).
#[derive(Args)]
pub struct Imexpire {
    /// Only purge what was expunged
    #[arg(short = 'c', conflicts_with = "expunge_only")]
    purge_only: bool,
    /// Only expire by rules
    #[arg(short = 'e')]
    expunge_only: bool,
    /// Say what would expire, and change nothing
    #[arg(short = 'n')]
    dry: bool,
    /// Only accounts of this partition
    #[arg(short = 'p', value_name = "PARTITION")]
    partition: Option<String>,
    /// Only this account
    #[arg(short = 'u', value_name = "UID")]
    user: Option<String>,
    /// 0 failures only, 1 what each rule did, 2 what was purged too
    #[arg(short = 'v', value_name = "0-2", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    verbose: u8,
    /// As -v 2
    #[arg(short = 'd')]
    debug: bool,
    /// Accounts at work at once
    #[arg(short = 't', value_name = "THREADS", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    threads: u16,
    /// Rules [default: config/store.expirerule in the site folder; without that file nothing expires]
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Answer in JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Imexpire {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let store = open_for_tool(&settings, "imexpire")?;
        let usual = settings.root().join("config").join("store.expirerule");
        let rules = match &self.rules {
            Some(file) => read(file)?,
            None if usual.exists() => read(&usual)?,
            None => Rules::default(),
        };
        let accounts = self.accounts(&store, &StoreConfig::read(&settings))?;
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let options = PurgeOptions {
            due: now - StoreConfig::read(&settings).cleanup_age,
            expunged_log: Housekeeping::read(&settings).expunged_log,
        };
        // At work in the background or typed by somebody else: two would only do the same twice.
        let Some(_alone) = Alone::at(settings.root(), "imexpire")? else {
            bail!("another imexpire is at work on this site");
        };
        let bar = ProgressBar::new(accounts.len() as u64);
        let failed = AtomicBool::new(false);
        let [expired, purged, orphans] = [const { AtomicU64::new(0) }; 3];
        let waiting = Mutex::new(accounts.iter());
        let work = || {
            loop {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(id) = next else { break };
                match self.one(&store, id, &rules, (now, options), &bar) {
                    Ok((messages, gone)) => {
                        expired.fetch_add(messages, Ordering::Relaxed);
                        purged.fetch_add(gone.messages, Ordering::Relaxed);
                        orphans.fetch_add(gone.orphans, Ordering::Relaxed);
                    }
                    Err(error) => {
                        failed.store(true, Ordering::Relaxed);
                        bar.suspend(|| output::note(format_args!("imexpire: user/{id}: {error:#}")));
                    }
                }
                bar.inc(1);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..usize::from(self.threads).min(accounts.len()) {
                scope.spawn(work);
            }
        });
        let leftovers = if self.dry || self.expunge_only { 0 } else { store.remove_leftovers(LEFTOVER_SECONDS)? };
        let leftovers = leftovers + orphans.into_inner();
        bar.finish_and_clear();
        let (expired, purged) = (expired.into_inner(), purged.into_inner());
        if self.json {
            output::line(json!({"expired": expired, "purged": purged, "leftovers": leftovers, "dry": self.dry}));
        } else {
            let would = if self.dry { "would be " } else { "" };
            output::line(format_args!(
                "{} {would}expired, {purged} purged, {} removed",
                output::count(expired, "message"),
                output::count(leftovers, "leftover"),
            ));
        }
        Ok(ExitCode::from(u8::from(failed.into_inner())))
    }

    fn accounts(&self, store: &Store, config: &StoreConfig) -> anyhow::Result<Vec<AccountId>> {
        let mut accounts = match &self.user {
            Some(user) => {
                let id = AccountId::new(user)?;
                existing(store, &id)?;
                vec![id]
            }
            None => store.accounts()?,
        };
        if let Some(partition) = &self.partition {
            config.refuse_unknown(partition)?;
            let mut there = Vec::new();
            for id in accounts {
                if store.place(&id)?.partition == *partition {
                    there.push(id);
                }
            }
            accounts = there;
        }
        Ok(accounts)
    }

    /// How many messages of an account expired, and what was purged.
    fn one(
        &self,
        store: &Store,
        id: &AccountId,
        rules: &Rules,
        (now, options): (i64, PurgeOptions),
        bar: &ProgressBar,
    ) -> anyhow::Result<(u64, Purged)> {
        let account = existing(store, id)?;
        let verbose = if self.debug { 2 } else { self.verbose };
        let mut count = 0;
        if !self.purge_only {
            for expired in expire(&account, rules, now, self.dry)? {
                count += expired.messages;
                if verbose >= 1 {
                    let to = match &expired.action {
                        Action::Discard => "discard".to_owned(),
                        Action::FileInto(mailbox) => format!("fileinto {mailbox}"),
                    };
                    bar.suspend(|| {
                        if self.json {
                            output::line(json!({"mailbox": format!("user/{id}/{}", expired.mailbox), "rule": expired.rule, "messages": expired.messages, "action": to}));
                        } else {
                            output::line(format_args!("user/{id}/{}: {} by {}: {to}", expired.mailbox, output::count(expired.messages, "message"), expired.rule));
                        }
                    });
                }
            }
        }
        if self.dry || self.expunge_only {
            return Ok((count, Purged::default()));
        }
        let purged = purge(&account, options)?;
        for (number, what) in [
            (purged.messages, "messages purged"),
            (purged.orphans, "leftover content files removed"),
            (purged.log_entries, "entries of the log of expunged messages removed"),
        ] {
            if verbose >= 2 && number > 0 {
                bar.suspend(|| output::line(format_args!("user/{id}: {number} {what}")));
            }
        }
        Ok((count, purged))
    }
}

fn read(file: &std::path::Path) -> anyhow::Result<Rules> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Rules::parse(&text).with_context(|| file.display().to_string())
}
