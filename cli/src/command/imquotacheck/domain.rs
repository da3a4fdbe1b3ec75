//! Quotas of whole domains: mailDomainDiskQuota, mailDomainMsgQuota and the status that follows from them.

use std::collections::BTreeMap;

use anyhow::bail;
use config::Settings;
use directory::AccountStatus;
use mailstore::Quota;
use serde_json::json;

use crate::{command::user::Users, output};

/// Refuses a domain that the directory does not know.
pub fn refuse_unknown(settings: &Settings, name: &str) -> anyhow::Result<()> {
    if !Users::open(settings)?.domains()?.iter().any(|domain| domain.is_named(name)) {
        bail!("there is no domain '{name}' in the directory");
    }
    Ok(())
}

/// Prints the use of domains against their quotas; `enforce` writes mailDomainStatus.
pub fn report(
    settings: &Settings,
    used: &BTreeMap<String, Quota>,
    only: Option<&str>,
    enforce: bool,
    json: bool,
) -> anyhow::Result<()> {
    let directory = Users::open(settings)?;
    for domain in directory.domains()? {
        let name = domain.name.as_str();
        if only.is_some_and(|only| !domain.is_named(only)) {
            continue;
        }
        // The site's default is one for users: a domain without a quota of its own has none.
        let (bytes, messages) = (domain.quota_bytes.or_default(None), domain.quota_messages.or_default(None));
        let sum = used.get(name).copied().unwrap_or_default();
        let over = bytes.is_some_and(|limit| sum.bytes_used > limit)
            || messages.is_some_and(|limit| sum.messages_used > limit);
        let now = domain.mail_status;
        let wanted = match (now, over) {
            (AccountStatus::Active, true) => AccountStatus::OverQuota,
            (AccountStatus::OverQuota, false) => AccountStatus::Active,
            // Whatever else an administrator said stays.
            (other, _) => other,
        };
        if enforce && wanted != now {
            directory.set_domain_status(&domain.dn, wanted)?;
        }
        let status = if enforce { wanted } else { now }.as_str();
        if json {
            output::line(json!({
                "domain": name, "quotaBytes": bytes, "bytes": sum.bytes_used, "quotaMessages": messages,
                "messages": sum.messages_used, "over": over, "mailDomainStatus": status,
            }));
        } else {
            let or_not_set = |limit: Option<u64>| limit.map_or_else(|| "not set".to_owned(), |limit| limit.to_string());
            output::line(format_args!(
                "domain {name}: {} KB of {}, {} messages of {}, {status}",
                sum.bytes_used.div_ceil(1024),
                or_not_set(bytes.map(|bytes| bytes / 1024)),
                sum.messages_used,
                or_not_set(messages),
            ));
        }
    }
    Ok(())
}
