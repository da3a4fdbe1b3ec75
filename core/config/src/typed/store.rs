//! What the message store is told.

use std::{collections::BTreeMap, path::PathBuf};

use super::listen::{bytes, size};
use crate::{keys, settings::Settings};

/// Settings of `mailstore`.
#[derive(Debug, Clone)]
pub struct Store {
    /// Folder of the store.
    pub path: PathBuf,
    /// Folders of the partitions other than `primary`, by name.
    pub partitions: BTreeMap<String, PathBuf>,
    /// Quota in bytes of accounts whose directory entry has none; `None` for no limit.
    pub default_quota_bytes: Option<u64>,
    /// Quota in messages of accounts whose directory entry has none; `None` for no limit.
    pub default_quota_messages: Option<u64>,
    /// Whether quotas are enforced or only counted.
    pub quota_enforcement: bool,
    /// Whether deliveries may take an account over its quota once.
    pub quota_overdraft: bool,
    /// Seconds for which expunged messages are kept.
    pub cleanup_age: i64,
    /// Messages up to this many bytes stay in the database.
    pub inline_limit: usize,
    /// Whether what searches have read is kept for the next one.
    pub search_index: bool,
    /// Account databases kept open.
    pub open_accounts: usize,
}

impl Store {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            path: settings.path(keys::store::PATH),
            partitions: settings
                .labelled(keys::store::PARTITION_PATH)
                .map(|(name, path)| (name, settings.root().join(path)))
                .collect(),
            default_quota_bytes: u64::try_from(settings.number(keys::store::DEFAULT_MAILBOX_QUOTA)).ok(),
            default_quota_messages: u64::try_from(settings.number(keys::store::DEFAULT_MESSAGE_QUOTA)).ok(),
            quota_enforcement: settings.flag(keys::store::QUOTA_ENFORCEMENT),
            // Otherwise no account would ever be over its quota, and none would get the status.
            quota_overdraft: settings.flag(keys::store::QUOTA_OVERDRAFT)
                || settings.flag(keys::store::OVER_QUOTA_STATUS),
            cleanup_age: settings.number(keys::store::CLEANUP_AGE).saturating_mul(3600),
            inline_limit: usize::try_from(bytes(settings, keys::store::INLINE_LIMIT)).unwrap_or(usize::MAX),
            search_index: settings.flag(keys::store::SEARCH_INDEX),
            open_accounts: size(settings, keys::store::OPEN_ACCOUNTS),
        }
    }
}

/// There is no partition of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no partition '{name}'; there are {}", .known.join(", "))]
pub struct UnknownPartition {
    name: String,
    known: Vec<String>,
}

impl Store {
    /// Refuses the name of a partition that is not configured.
    pub fn refuse_unknown(&self, partition: &str) -> Result<(), UnknownPartition> {
        if partition == PRIMARY || self.partitions.contains_key(partition) {
            return Ok(());
        }
        let known = std::iter::once(PRIMARY.to_owned()).chain(self.partitions.keys().cloned()).collect();
        Err(UnknownPartition { name: partition.to_owned(), known })
    }
}

/// The partition that is always there.
const PRIMARY: &str = "primary";

/// Settings of the notices to users near their quota.
#[derive(Debug, Clone)]
pub struct QuotaNotice {
    /// Percent of the quota at which a notice is due.
    pub warn_percent: u64,
    /// Days between two notices.
    pub interval_days: i64,
    /// The notice, header and text, with `$` for a line end; empty for the program's own.
    pub text: String,
    /// The notice in other languages, by tag in lower case.
    pub texts: BTreeMap<String, String>,
}

impl QuotaNotice {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            warn_percent: u64::try_from(settings.number(keys::store::QUOTA_WARN)).unwrap_or(100),
            interval_days: settings.number(keys::store::QUOTA_EXCEEDED_INTERVAL),
            text: settings.text(keys::store::QUOTA_EXCEEDED_MESSAGE),
            texts: settings.in_languages(keys::store::QUOTA_EXCEEDED_MESSAGE),
        }
    }
}
