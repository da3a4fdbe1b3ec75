//! What the store tells an observer after each commit.

use std::sync::Arc;

use crate::{AccountId, MailboxId, MailboxName, ModSeq, Uid};

/// One durable change. Told after its commit, in commit order per account.
#[derive(Debug, Clone)]
pub struct StoreEvent {
    /// Whose account.
    pub account: AccountId,
    /// The mailbox; `None` for changes of the account as a whole.
    pub mailbox: Option<MailboxId>,
    /// The mailbox's name after the change (before it, for a delete).
    pub name: Option<MailboxName>,
    /// The mailbox's UIDVALIDITY; 0 where there is none.
    pub uid_validity: u32,
    /// The mailbox's highest MODSEQ after the change; 0 where there is none.
    pub modseq: ModSeq,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// Messages arrived (delivery, APPEND, COPY or MOVE into it); ascending.
    Appended {
        /// The new messages.
        uids: Arc<[Uid]>,
    },
    /// Flags or keywords changed.
    FlagsChanged {
        /// The changed messages, ascending.
        uids: Arc<[Uid]>,
    },
    /// Messages left (EXPUNGE or MOVE out of it); ascending.
    Expunged {
        /// The removed messages.
        uids: Arc<[Uid]>,
    },
    /// The mailbox was created.
    Created,
    /// The mailbox was deleted.
    Deleted,
    /// The mailbox was renamed; `name` is the new one.
    Renamed {
        /// The name before.
        from: MailboxName,
    },
    /// The name was subscribed; `mailbox` may be `None`.
    Subscribed,
    /// The name was unsubscribed; `mailbox` may be `None`.
    Unsubscribed,
    /// Annotations of the mailbox changed.
    AnnotationsChanged,
    /// The access control list changed.
    AclChanged,
    /// The account's quota limits changed.
    QuotaChanged,
    /// The account was deleted.
    AccountDeleted,
}

/// Is told of every commit made by this process. Called by the thread that committed, before any of the waiting
/// writers return: it must be quick and must not write to the store.
pub trait Observer: Send + Sync {
    /// The change is durable.
    fn committed(&self, event: &StoreEvent);
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn committed(&self, _event: &StoreEvent) {}
}
