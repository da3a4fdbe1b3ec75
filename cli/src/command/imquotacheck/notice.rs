//! Notices to users near their quota: the rules, the text, and when the last one was sent.

use std::{io::Write, ops::ControlFlow, path::Path};

use anyhow::{Context, bail};
use config::{QuotaNotice, Settings, Site};
use directory::User;
use mailstore::{Account, MailboxName, NewMessage, Quota, QuotaLimits, UidSet};
use message::DigestRef;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::command::deliver::copy_with_crlf;

/// The text of a notice where the site has none.
const TEXT: &str = "Subject: Your mailbox is nearly full$$Dear user [ID],$$your mailbox holds [DISKUSAGE] KB in [NUMMSG] messages, which is [PERCENT] % \
                    of what it may hold ([QUOTA] KB, [MSGQUOTA] messages).$When it is full, new mail is refused. Please delete what you do not need.$";

/// When to warn, and how.
pub struct Rules(Vec<Rule>);

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    pub name: String,
    /// Whether messages count, not bytes.
    of_messages: bool,
    threshold: u64,
    /// Days between two notices.
    interval: i64,
    /// Its own text.
    template: Option<String>,
}

/// What became of a notice.
pub enum Sent {
    Delivered,
    Would,
    NotYet,
}

impl Rules {
    /// From a file of rules, or one rule from the settings.
    pub fn read(settings: &Settings, file: Option<&Path>, template: Option<&Path>) -> anyhow::Result<Self> {
        let read = |path: &Path| std::fs::read_to_string(path).with_context(|| path.display().to_string());
        let template = template.map(read).transpose()?;
        let config = QuotaNotice::read(settings);
        let usual = |name: &str| Rule {
            name: name.to_owned(),
            of_messages: false,
            threshold: config.warn_percent,
            interval: config.interval_days,
            template: template.clone(),
        };
        let Some(file) = file else {
            let of_messages = Rule { of_messages: true, ..usual("messages") };
            return Ok(Self(vec![usual("storage"), of_messages]));
        };
        let mut rules: Vec<Rule> = Vec::new();
        for (number, line) in read(file)?.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let place = || format!("{} line {}", file.display(), number + 1);
            let parts = line
                .split_once(['=', ':'])
                .and_then(|(left, value)| Some((left.trim().split_once('.')?, value.trim())));
            let Some(((name, attribute), value)) = parts else { bail!("{}: expected NAME.attribute = value", place()) };
            if !rules.iter().any(|rule| rule.name == name) {
                if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
                    bail!("{}: a rule's name has letters, digits, - and _", place());
                }
                rules.push(usual(name));
            }
            let Some(rule) = rules.iter_mut().find(|rule| rule.name == name) else { continue };
            let count =
                || value.trim_end_matches('%').parse::<u32>().with_context(|| format!("{}: '{value}'", place()));
            match attribute.to_ascii_lowercase().as_str() {
                "threshold" => rule.threshold = u64::from(count()?),
                "interval" => rule.interval = i64::from(count()?),
                "quotatype" => {
                    rule.of_messages = match value.to_ascii_lowercase().as_str() {
                        "storage" => false,
                        "message" | "messages" => true,
                        _ => bail!("{}: quotatype is storage or message", place()),
                    }
                }
                "template" => rule.template = Some(read(Path::new(value))?),
                other => bail!("{}: '{other}' is not threshold, interval, quotatype or template", place()),
            }
        }
        Ok(Self(rules))
    }

    /// The rules whose threshold an account reached; of several of one kind only the one with the highest.
    pub fn reached<'a>(&'a self, quota: &'a Quota) -> impl Iterator<Item = &'a Rule> {
        [false, true].into_iter().filter_map(move |of_messages| {
            let percent = if of_messages { messages_percent(quota) } else { bytes_percent(quota) }?;
            let rules = self.0.iter().filter(|rule| rule.of_messages == of_messages && percent >= rule.threshold);
            rules.max_by_key(|rule| rule.threshold)
        })
    }
}

/// Percent of the byte limit in use, rounded down; `None` without a limit.
pub fn bytes_percent(quota: &Quota) -> Option<u64> {
    percent(quota.bytes_used, quota.limits.bytes)
}

/// Percent of the message limit in use.
pub fn messages_percent(quota: &Quota) -> Option<u64> {
    percent(quota.messages_used, quota.limits.messages)
}

fn percent(used: u64, limit: Option<u64>) -> Option<u64> {
    match limit? {
        0 => Some(if used == 0 { 0 } else { 100 }),
        limit => u64::try_from(u128::from(used) * 100 / u128::from(limit)).ok(),
    }
}

impl Rule {
    /// Delivers the notice to the user's INBOX, over quota too, unless the last one is younger than the interval.
    pub fn notify(
        &self,
        settings: &Settings,
        account: &Account,
        user: &User,
        quota: &Quota,
        dry: bool,
    ) -> anyhow::Result<Sent> {
        let now = OffsetDateTime::now_utc();
        let inbox = MailboxName::inbox();
        if self.was_sent(account, &inbox, now.unix_timestamp() - self.interval * 24 * 3600)? {
            return Ok(Sent::NotYet);
        }
        if dry {
            return Ok(Sent::Would);
        }
        let text = self.text(settings, user, quota, now)?;
        let account = account.clone().with_limits(QuotaLimits::default());
        let mut incoming = account.incoming(Some(text.len() as u64))?;
        copy_with_crlf(text.as_bytes(), &mut incoming)?;
        incoming.flush()?;
        account.deliver(&inbox, vec![NewMessage::new(incoming.finish()?)])?;
        Ok(Sent::Delivered)
    }

    /// How the Message-IDs of this rule's notices begin.
    fn mark(&self) -> String {
        format!("<quota-notice.{}.", self.name)
    }

    fn was_sent(&self, account: &Account, inbox: &MailboxName, since: i64) -> anyhow::Result<bool> {
        let mark = self.mark();
        let mut sent = false;
        account.open(inbox)?.for_each(&UidSet::all(), |row| {
            let id = DigestRef::decode(row.digest).ok().and_then(|digest| digest.envelope().message_id);
            sent |= row.internal_date.seconds > since && id.is_some_and(|id| id.starts_with(mark.as_bytes()));
            if sent { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(sent)
    }

    fn text(&self, settings: &Settings, user: &User, quota: &Quota, now: OffsetDateTime) -> anyhow::Result<String> {
        let (site, config) = (Site::read(settings), QuotaNotice::read(settings));
        let of_site = || {
            let language = user.preferred_language.as_deref().unwrap_or_default().to_ascii_lowercase();
            let text = config.texts.get(&language).unwrap_or(&config.text);
            // `$` is a line end, `$$` the gap between header and text.
            let text = if text.is_empty() { TEXT } else { text.as_str() };
            text.replace('$', "\n")
        };
        let template = self.template.clone().unwrap_or_else(of_site);
        let kilobytes = |bytes: u64| (bytes / 1024).to_string();
        let or_none = |limit: Option<String>| limit.unwrap_or_else(|| "unlimited".to_owned());
        let percent = if self.of_messages { messages_percent(quota) } else { bytes_percent(quota) };
        let filled = template
            .replace("[DISKUSAGE]", &quota.bytes_used.div_ceil(1024).to_string())
            .replace("[NUMMSG]", &quota.messages_used.to_string())
            .replace("[PERCENT]", &percent.unwrap_or_default().to_string())
            .replace("[QUOTA]", &or_none(quota.limits.bytes.map(kilobytes)))
            .replace("[MSGQUOTA]", &or_none(quota.limits.messages.map(|limit| limit.to_string())))
            .replace("[ID]", &user.store_id);
        let (header, body) = filled.split_once("\n\n").unwrap_or((&filled, ""));
        let has = |field: &str| {
            header.lines().any(|line| line.get(..field.len()).is_some_and(|start| start.eq_ignore_ascii_case(field)))
        };
        let domain = if site.default_domain.is_empty() { &site.hostname } else { &site.default_domain };
        let mut head = format!("Message-ID: {}{:032x}@{domain}>\n", self.mark(), rand::random::<u128>());
        for (field, value) in [
            ("Date:", now.format(&Rfc2822).context("writing the date")?),
            ("From:", format!("Postmaster <postmaster@{domain}>")),
            ("To:", user.mail.clone()),
            ("Subject:", "Your mailbox is nearly full".to_owned()),
            ("MIME-Version:", "1.0".to_owned()),
            ("Content-Type:", "text/plain; charset=utf-8".to_owned()),
            ("Auto-Submitted:", "auto-generated".to_owned()),
        ] {
            if !has(field) {
                head.push_str(&format!("{field} {value}\n"));
            }
        }
        Ok(format!("{head}{}\n\n{body}", header.trim_end()))
    }
}
