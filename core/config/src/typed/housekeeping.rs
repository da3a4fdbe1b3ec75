//! What the housekeeping of the store is told.

use crate::{key::Key, keys, schedule::Schedule, settings::Settings};

/// Settings of the store's scheduled tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Housekeeping {
    /// Whether tasks are run at all.
    pub enabled: bool,
    /// The tasks that are on, by name.
    pub tasks: Vec<Task>,
    /// How many expunges of a mailbox are remembered.
    pub expunged_log: u64,
}

/// A scheduled task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its name, as in `local.schedule.<name>`.
    pub name: String,
    /// When, and what.
    pub schedule: Schedule,
}

impl Housekeeping {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        let own = |name: &str, key: &'static Key| (name.to_owned(), settings.text(key));
        let mut written = vec![own("expire", keys::housekeeping::EXPIRE), own("purge", keys::housekeeping::PURGE)];
        if settings.flag(keys::housekeeping::QUOTA_NOTIFICATION) {
            written.push(own("quota", keys::housekeeping::QUOTA));
        }
        written.push(own("check", keys::housekeeping::CHECK));
        written.extend(settings.labelled(keys::housekeeping::TASK));
        let tasks = written.into_iter().filter_map(|(name, text)| {
            // `off`; nothing else gets past the table.
            let schedule = text.parse().ok()?;
            Some(Task { name, schedule })
        });
        Self {
            enabled: settings.flag(keys::housekeeping::ENABLE),
            tasks: tasks.collect(),
            expunged_log: u64::try_from(settings.number(keys::housekeeping::EXPUNGED_LOG)).unwrap_or(u64::MAX),
        }
    }
}
