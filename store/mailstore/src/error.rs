//! What can go wrong in the store: a kind that may decide an answer, a source for the log.

use std::io;
use std::path::PathBuf;

use crate::Uid;

/// The result of a store call.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What class of failure a [`StoreError`] is: enough to choose an answer by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No mailbox, account or message of that name.
    NotFound,
    /// The mailbox or account was deleted while it was in use.
    Gone,
    /// The name is taken.
    AlreadyExists,
    /// The name exists in the hierarchy but holds no messages (`\Noselect`).
    NotSelectable,
    /// The mailbox cannot be deleted: it only exists because of the mailboxes below it.
    HasChildren,
    /// The access control list does not allow it.
    NoPermission,
    /// The change would pass the quota limit.
    OverQuota,
    /// A name, keyword or argument breaks a rule of the store.
    Invalid,
    /// More keywords, mailboxes or messages than the store can hold.
    Limit,
    /// The message is larger than one message may be.
    TooLarge,
    /// Other writers held the store too long; trying again later may succeed.
    Busy,
    /// What is on disk is damaged; the log says what.
    Corrupt,
    /// The disk or the operating system refused.
    Io,
}

/// A failure of the store. `Display` is for the log: it may hold paths. For a client use [`StoreError::kind`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No such mailbox, account or message.
    #[error("{0} does not exist")]
    NotFound(String),
    /// Deleted while in use.
    #[error("{0} was deleted")]
    Gone(String),
    /// The name is taken.
    #[error("{0} already exists")]
    AlreadyExists(String),
    /// `\Noselect`.
    #[error("{0} cannot hold messages")]
    NotSelectable(String),
    /// A `\Noselect` name with mailboxes below it.
    #[error("{0} has mailboxes below it")]
    HasChildren(String),
    /// The visitor lacks a right.
    #[error("{0} does not allow that")]
    NoPermission(String),
    /// The change would pass the quota limit; nothing was changed.
    #[error("over quota: {used} used and {needed} more needed, limit {limit} ({resource})")]
    OverQuota {
        /// `bytes` or `messages`.
        resource: &'static str,
        /// Used before the change.
        used: u64,
        /// What the change would add.
        needed: u64,
        /// The limit.
        limit: u64,
    },
    /// A rule of the store is broken.
    #[error("{0}")]
    Invalid(String),
    /// A table is full.
    #[error("{0}")]
    Limit(String),
    /// The message is too large.
    #[error("the message is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The account lies in a partition that this process's settings do not have; nothing was made or changed.
    #[error("account {account} is in the partition at {}, which this process does not know: restart it, or bring back the setting store.partition.<name>.path", partition.display())]
    Elsewhere {
        /// Whose.
        account: String,
        /// The partition's folder.
        partition: PathBuf,
    },
    /// Others held the write lock too long.
    #[error("the account is busy")]
    Busy(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// One message's content is damaged or missing.
    #[error("message {uid} is damaged: {what}")]
    CorruptMessage {
        /// The message.
        uid: Uid,
        /// What was found.
        what: String,
    },
    /// The account's tables are damaged.
    #[error("the account's tables are damaged: {0}")]
    Corrupt(String),
    /// The format on disk is newer than this program.
    #[error("format version {found} is newer than this program's {known}")]
    Format {
        /// On disk.
        found: u32,
        /// Known here.
        known: u32,
    },
    /// The operating system refused.
    #[error("{what}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The database engine refused.
    #[error("the database engine refused")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// The class of the failure.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Gone(_) => ErrorKind::Gone,
            Self::AlreadyExists(_) => ErrorKind::AlreadyExists,
            Self::NotSelectable(_) => ErrorKind::NotSelectable,
            Self::HasChildren(_) => ErrorKind::HasChildren,
            Self::NoPermission(_) => ErrorKind::NoPermission,
            Self::OverQuota { .. } => ErrorKind::OverQuota,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Limit(_) => ErrorKind::Limit,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::Busy(_) => ErrorKind::Busy,
            Self::CorruptMessage { .. } | Self::Corrupt(_) => ErrorKind::Corrupt,
            Self::Format { .. } | Self::Elsewhere { .. } | Self::Io { .. } | Self::Engine(_) => ErrorKind::Io,
        }
    }

    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }
}
