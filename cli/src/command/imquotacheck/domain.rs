//! Quotas of whole domains: mailDomainDiskQuota, mailDomainMsgQuota and the status that follows from them.

use std::collections::BTreeMap;

use anyhow::bail;
use config::{Directory as DirectoryConfig, Settings};
use directory::{DirectoryFile, Entry, QuotaLimit};
use mailstore::Quota;
use serde_json::json;

use crate::output;

/// Prints the use of domains against their quotas; `enforce` writes mailDomainStatus. Answers whether anything failed.
pub fn report(
    settings: &Settings,
    used: &BTreeMap<String, Quota>,
    only: Option<&str>,
    enforce: bool,
    json: bool,
) -> anyhow::Result<bool> {
    let config = DirectoryConfig::read(settings);
    if config.ldap.is_some() {
        bail!("domain quotas are those of the embedded directory; in LDAP, set mailDomainStatus there");
    }
    let file = DirectoryFile::new(&config.file, &config.default_domain);
    let mut failed = false;
    for entry in file.read()?.entries.iter().filter(|entry| entry.first("sunPreferredDomain").is_some()) {
        let name = entry.first("sunPreferredDomain").unwrap_or_default().to_lowercase();
        if only.is_some_and(|only| !only.eq_ignore_ascii_case(&name)) {
            continue;
        }
        let (bytes, messages) = match (limit(entry, "mailDomainDiskQuota"), limit(entry, "mailDomainMsgQuota")) {
            (Ok(bytes), Ok(messages)) => (bytes, messages),
            (Err(error), _) | (_, Err(error)) => {
                output::note(format_args!("imquotacheck: domain {name}: {error:#}"));
                failed = true;
                continue;
            }
        };
        let sum = used.get(&name).copied().unwrap_or_default();
        let over = bytes.is_some_and(|limit| sum.bytes_used > limit)
            || messages.is_some_and(|limit| sum.messages_used > limit);
        let now = entry.first("mailDomainStatus").unwrap_or("active").to_owned();
        let wanted = match (now.as_str(), over) {
            ("active", true) => "overquota",
            ("overquota", false) => "active",
            // Whatever else an administrator said stays.
            (other, _) => other,
        };
        if enforce && wanted != now {
            let dn = entry.dn.clone();
            file.edit(|ldif| {
                for entry in ldif.entries.iter_mut().filter(|entry| entry.dn == dn) {
                    entry.attributes.retain(|attribute| !attribute.name.eq_ignore_ascii_case("mailDomainStatus"));
                    entry.push("mailDomainStatus", wanted);
                }
                Ok(())
            })?;
        }
        let status = if enforce { wanted } else { now.as_str() };
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
    Ok(failed)
}

/// A domain's limit; `None` when it has none.
fn limit(entry: &Entry, attribute: &str) -> anyhow::Result<Option<u64>> {
    match entry.first(attribute) {
        Some(value) => Ok(QuotaLimit::parse(value)
            .map_err(|_| anyhow::anyhow!("{attribute}: '{value}' is not a quota"))?
            .or_default(None)),
        None => Ok(None),
    }
}
