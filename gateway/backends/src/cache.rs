//! Envelopes and body structures in memory, bounded by bytes; they never change per (UIDVALIDITY, UID) (RFC 3501 §2.3.1.1).

use std::sync::Arc;

use moka::sync::Cache;

use crate::{Account, Summary};

/// A message for as long as it exists.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    mailbox: Arc<MailboxKey>,
    uid: u32,
}

/// A mailbox for as long as its UIDs mean the same.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct MailboxKey {
    host: Option<String>,
    user: String,
    mailbox: String,
    uid_validity: u32,
}

impl MailboxKey {
    pub(crate) fn new(account: &Account, mailbox: &str, uid_validity: u32) -> Arc<Self> {
        Arc::new(Self {
            host: account.host.clone(),
            user: account.user.clone(),
            mailbox: mailbox.to_owned(),
            uid_validity,
        })
    }
}

/// The cache of one process.
pub(crate) struct SummaryCache {
    summaries: Cache<Key, Arc<Summary>>,
}

impl SummaryCache {
    pub(crate) fn new(bytes: u64) -> Self {
        let weigh =
            |_: &Key, summary: &Arc<Summary>| u32::try_from(summary.weight() + size_of::<Key>()).unwrap_or(u32::MAX);
        Self { summaries: Cache::builder().max_capacity(bytes).weigher(weigh).build() }
    }

    pub(crate) fn get(&self, mailbox: &Arc<MailboxKey>, uid: u32) -> Option<Arc<Summary>> {
        self.summaries.get(&Key { mailbox: Arc::clone(mailbox), uid })
    }

    pub(crate) fn put(&self, mailbox: &Arc<MailboxKey>, uid: u32, summary: &Arc<Summary>) {
        self.summaries.insert(Key { mailbox: Arc::clone(mailbox), uid }, Arc::clone(summary));
    }
}
