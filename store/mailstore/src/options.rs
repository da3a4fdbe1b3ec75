//! What a store and an account are opened with.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::event::{NoObserver, Observer};
use crate::quota::QuotaLimits;
use crate::special_use::SpecialUse;

/// A place that accounts live in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name, `primary` for the usual one.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
}

/// A mailbox that every new account gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultMailbox {
    /// The name, hierarchy separator `/`.
    pub name: String,
    /// What it is for.
    pub special_use: Option<SpecialUse>,
}

/// Limits of the store.
#[derive(Debug, Clone)]
pub struct StoreLimits {
    /// Bytes of one message.
    pub message_bytes: u64,
    /// Mailboxes of one account.
    pub mailboxes: u32,
    /// Limits of the one parse at delivery.
    pub parse: message::Limits,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { message_bytes: 1 << 31, mailboxes: 10_000, parse: message::Limits::default() }
    }
}

/// What [`crate::Store::open`] needs.
#[derive(Clone)]
pub struct StoreOptions {
    /// Where accounts live; the first is for accounts that ask for none.
    pub partitions: Vec<Partition>,
    /// Messages up to this many bytes are kept in the account's database, larger ones in files of their own.
    pub inline_limit: usize,
    /// How many account databases are kept open at once; each costs up to six file descriptors.
    pub open_accounts: usize,
    /// The mailboxes of a new account; all subscribed. INBOX is always made.
    pub default_mailboxes: Vec<DefaultMailbox>,
    /// For how many seconds expunged messages are kept so that they can be brought back; 0 for not at all.
    pub keep_removed: i64,
    /// Whether what searches have read is kept, so that the next one need not read it again.
    pub search_index: bool,
    /// Is told of every commit.
    pub observer: Arc<dyn Observer>,
    /// Limits.
    pub limits: StoreLimits,
}

impl StoreOptions {
    /// One partition, `primary`, at `path/partition/primary`; all else as usual.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let primary = path.into().join("partition").join("primary");
        let special =
            |name: &str, special_use| DefaultMailbox { name: name.to_owned(), special_use: Some(special_use) };
        Self {
            partitions: vec![Partition { name: "primary".to_owned(), path: primary }],
            inline_limit: 64 * 1024,
            open_accounts: 256,
            default_mailboxes: vec![
                special("Drafts", SpecialUse::Drafts),
                special("Sent", SpecialUse::Sent),
                special("Junk", SpecialUse::Junk),
                special("Trash", SpecialUse::Trash),
                special("Archive", SpecialUse::Archive),
            ],
            keep_removed: 0,
            search_index: true,
            observer: Arc::new(NoObserver),
            limits: StoreLimits::default(),
        }
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("partitions", &self.partitions)
            .field("inline_limit", &self.inline_limit)
            .field("open_accounts", &self.open_accounts)
            .finish_non_exhaustive()
    }
}

/// How an account is opened.
#[derive(Debug, Clone, Default)]
pub struct AccountOptions {
    /// The partition for an account that is made now; one that exists stays where it is.
    pub partition: Option<String>,
    /// Limits from the directory: they hold for what is done through this handle, over the stored ones.
    pub quota: Option<QuotaLimits>,
}
