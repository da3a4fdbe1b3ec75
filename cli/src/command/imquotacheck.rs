//! `imquotacheck`: how much accounts hold of what they may, notices to those near the limit, limits of domains (Reference §7.5).

mod domain;
mod notice;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::Args;
use config::Settings;
use directory::AccountStatus;
use mailstore::{AccountId, Quota, Store};
use serde_json::json;

use self::notice::{Rules, Sent};
use crate::{admin_name::existing, mail_account::MailAccounts, output, root::RootOption, services::open_for_tool};

/// Reports the use of the store against the quotas of the directory; sends notices; enforces the quotas of domains.
#[derive(Args)]
pub struct Imquotacheck {
    /// All accounts (the default)
    #[arg(short = 'a', conflicts_with_all = ["user", "domain"])]
    all: bool,
    /// One user
    #[arg(short = 'u', value_name = "UID")]
    user: Option<String>,
    /// The accounts of one domain, with their sum
    #[arg(short = 'd', value_name = "DOMAIN", conflicts_with = "user")]
    domain: Option<String>,
    /// Only accounts that reached a rule's threshold
    #[arg(short = 'e')]
    exceeded: bool,
    /// Enforce domain quotas: mailDomainStatus becomes overquota, and active again when there is room; so does the mailUserStatus of
    /// users whom store.overquotastatus has made overquota and who have room again
    #[arg(short = 'f', conflicts_with_all = ["user", "notify"])]
    enforce: bool,
    /// Deliver a notice into the INBOX of every user who reached a threshold
    #[arg(short = 'n')]
    notify: bool,
    /// Rules: lines NAME.threshold = PERCENT, NAME.quotatype = storage or message, NAME.interval = DAYS, NAME.template = FILE
    /// [default: one rule from store.quotawarn, store.quotaexceededmsginterval and store.quotaexceededmsg]
    #[arg(short = 'r', value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Text of the notice, header and body, for rules without one
    #[arg(short = 't', value_name = "FILE")]
    template: Option<PathBuf>,
    /// Say what would be sent, and send nothing
    #[arg(short = 'D', requires = "notify")]
    dry: bool,
    /// Answer in JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Imquotacheck {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let users = MailAccounts::open(&settings)?;
        let store = open_for_tool(&settings, "imquotacheck")?;
        let rules = Rules::read(&settings, self.rules.as_deref(), self.template.as_deref())?;
        let mut domains: BTreeMap<String, Quota> = BTreeMap::new();
        let mut failed = false;
        if let Some(domain) = &self.domain {
            domain::refuse_unknown(&settings, domain)?;
        }
        if !self.json && !self.enforce {
            output::line(format_args!(
                "{:>12} {:>12} {:>5} {:>9} {:>9} {:>5}  {}",
                "quota(KB)", "usage(KB)", "%", "msgquota", "msgs", "%", "user"
            ));
        }
        for id in self.accounts(&users, &store)? {
            let one = self.one(&settings, &users, &store, &rules, &id);
            match one {
                Ok((domain, quota)) => {
                    let sum = domains.entry(domain).or_default();
                    sum.bytes_used += quota.bytes_used;
                    sum.messages_used += quota.messages_used;
                }
                Err(error) => {
                    output::note(format_args!("imquotacheck: user/{id}: {error:#}"));
                    failed = true;
                }
            }
        }
        if self.enforce || self.domain.is_some() {
            domain::report(&settings, &domains, self.domain.as_deref(), self.enforce, self.json)?;
        }
        Ok(ExitCode::from(u8::from(failed)))
    }

    fn accounts(&self, users: &MailAccounts, store: &Store) -> anyhow::Result<Vec<AccountId>> {
        if let Some(name) = self.user.as_deref().filter(|_| !self.all) {
            return Ok(vec![AccountId::new(&users.user(name)?.store_id)?]);
        }
        let mut accounts = store.accounts()?;
        if let Some(domain) = &self.domain {
            accounts.retain(|id| {
                let of = id.as_str().rsplit_once('@').map_or(users.default_domain(), |(_, domain)| domain);
                of.eq_ignore_ascii_case(domain)
            });
        }
        Ok(accounts)
    }

    /// Reports one account and sends its notices; answers with its domain and its use.
    fn one(
        &self,
        settings: &Settings,
        users: &MailAccounts,
        store: &Store,
        rules: &Rules,
        id: &AccountId,
    ) -> anyhow::Result<(String, Quota)> {
        let user = users.owner(id)?;
        let account = existing(store, id)?;
        let limits = user.as_ref().map(|user| users.limits(user)).unwrap_or_default();
        if user.is_some() {
            account.clone().with_limits(limits).note_limits()?;
        }
        let quota = Quota { limits, ..account.quota()? };
        if self.enforce
            && !quota.is_full()
            && let Some(user) = user.as_ref().filter(|user| user.status == AccountStatus::OverQuota)
        {
            users.set_over_quota(settings, user, false)?;
        }
        let domain = id.as_str().rsplit_once('@').map_or(users.default_domain(), |(_, domain)| domain).to_owned();
        let reached: Vec<_> = rules.reached(&quota).collect();
        if !self.enforce && (!self.exceeded || !reached.is_empty()) {
            self.print(id, &quota, user.is_some());
        }
        if self.notify
            && let Some(user) = &user
        {
            for rule in reached {
                let sent = rule.notify(settings, &account, user, &quota, self.dry)?;
                let words = match sent {
                    Sent::Delivered => "notice delivered",
                    Sent::Would => "notice would be delivered",
                    Sent::NotYet => "notice was delivered not long ago",
                };
                if self.json {
                    output::line(json!({"account": id.as_str(), "rule": rule.name, "notice": words}));
                } else {
                    output::line(format_args!("user/{id}: {}: {words}", rule.name));
                }
            }
        }
        Ok((domain, quota))
    }

    fn print(&self, id: &AccountId, quota: &Quota, has_user: bool) {
        let (bytes, messages) = (notice::bytes_percent(quota), notice::messages_percent(quota));
        if self.json {
            output::line(json!({
                "account": id.as_str(), "user": has_user, "quotaBytes": quota.limits.bytes, "bytes": quota.bytes_used,
                "percent": bytes, "quotaMessages": quota.limits.messages, "messages": quota.messages_used, "messagesPercent": messages,
            }));
            return;
        }
        let or_none = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        output::line(format_args!(
            "{:>12} {:>12} {:>5} {:>9} {:>9} {:>5}  {id}{}",
            or_none(quota.limits.bytes.map(|bytes| bytes / 1024)),
            quota.bytes_used.div_ceil(1024),
            or_none(bytes),
            or_none(quota.limits.messages),
            quota.messages_used,
            or_none(messages),
            if has_user { "" } else { " (no user)" },
        ));
    }
}
