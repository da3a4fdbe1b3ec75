//! What the store tells an observer after each commit.

use std::sync::Arc;

use crate::{AccountId, MailboxId, MailboxName, ModSeq, Quota, Uid};

/// The account of events that are about the whole site: its annotations. No mailboxes are in it.
pub const SITE: &str = "*site*";

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
    /// The mailbox's counters after the change; zeros where there is none.
    pub counts: Counts,
    /// What else is known about it.
    pub about: About,
}

/// Counters of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Messages.
    pub messages: u64,
    /// Those without `\Seen`.
    pub unseen: u64,
    /// Those with `\Deleted`.
    pub deleted: u64,
    /// The last UID that was given; 0 if none ever was.
    pub last_uid: Uid,
}

/// What tells changes of one kind apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Who brought or removed messages.
    pub cause: Cause,
    /// The messages that arrived, as far as [`Observer::wants`] asks; ascending.
    pub arrived: Vec<Arrived>,
    /// Of changed messages those that are `\Seen` now and were not; ascending.
    pub seen: Vec<Uid>,
    /// Of changed messages those that are `\Deleted` now and were not; ascending.
    pub deleted: Vec<Uid>,
    /// Flags and keywords that changed messages have now, with those messages; only if [`Observer::wants`] asks.
    pub flags: Vec<(String, Vec<Uid>)>,
    /// The quota that was reached, or that there is room in again.
    pub quota: Option<Quota>,
}

/// Why messages came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cause {
    /// Somebody's session, or a tool.
    #[default]
    Client,
    /// Mail came in.
    Delivery,
    /// The rules of expiry.
    Expiry,
}

/// A message that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrived {
    /// Its UID.
    pub uid: Uid,
    /// Bytes.
    pub size: u64,
    /// Bytes of its whole header with the blank line; `None` if it was not looked at.
    pub header: Option<u64>,
    /// The first bytes of the header and behind them the first of the body, as many as [`Observer::wants`] asks.
    pub head: Vec<u8>,
    /// Its flags and keywords, blanks between them, if [`Observer::wants`] asks.
    pub flags: Option<String>,
}

/// What an observer wants to know beside what every commit says anyway; asked before each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wants {
    /// Sizes of messages that arrive, and those that became `\Seen` or `\Deleted`.
    pub details: bool,
    /// Bytes of the header of arriving messages.
    pub header_bytes: usize,
    /// Bytes of their body.
    pub body_bytes: usize,
    /// Flags of arriving and of changed messages.
    pub flags: bool,
}

impl Wants {
    /// Of one commit at most so many messages are looked at for their content: whoever copies a whole mailbox does not
    /// wait until all of it was read.
    pub const MOST: usize = 100;

    /// Whether contents are looked at at all.
    pub fn content(&self) -> bool {
        self.header_bytes > 0 || self.body_bytes > 0
    }
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
    /// The account was repaired: any of its mailboxes may hold something else now.
    Repaired,
    /// A message was refused because of the quota.
    OverQuota,
    /// There is room again for what was refused.
    UnderQuota,
}

/// Is told of every commit made by this process. Called by the thread that committed, before any of the waiting
/// writers return: it must be quick and must not write to the store.
pub trait Observer: Send + Sync {
    /// What it wants to know; what it does not ask for costs nothing.
    fn wants(&self) -> Wants {
        Wants::default()
    }

    /// The change is durable.
    fn committed(&self, event: &StoreEvent);
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn committed(&self, _event: &StoreEvent) {}
}
