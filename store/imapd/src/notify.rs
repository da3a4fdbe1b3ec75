//! What a session is told of without asking (RFC 5465): the mailboxes as they were told last, compared with what they are.
//!
//! A wake-up says only that something may have happened; whatever has, is what two looks at the store differ in.

mod compare;
mod look;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ens::Subscription;
use imap_wire::esearch::Mailboxes;
use imap_wire::notify::{EventGroup, Events};
use mailstore::{AccountId, MailboxId, MailboxName, MailboxStatus, Rights};

pub(crate) use self::compare::{Manner, print_first};
pub(crate) use self::look::{Looking, look};
use crate::command::{KnownOf, names_mailbox};

/// Other people's accounts that one session listens to.
pub(crate) const MOST_OWNERS: usize = 200;
/// Mailboxes that one session watches.
pub(crate) const MOST_MAILBOXES: usize = 20_000;

/// What the last NOTIFY asked for.
#[derive(Default)]
pub(crate) struct Watching {
    /// Of the selected mailbox; `None` for nothing.
    pub(crate) selected: Option<OfSelected>,
    /// Of the others.
    pub(crate) groups: Vec<EventGroup>,
    /// Rings when something happens in the user's own account or in the site; the others ring with it. None where nothing is watched.
    pub(crate) changes: Option<Subscription>,
    /// Changes of the lists of who shares what, and of the server's annotations.
    pub(crate) site: Option<Subscription>,
    /// Accounts of other people.
    pub(crate) owners: HashMap<AccountId, Subscription>,
    pub(crate) known: Known,
}

/// Events of the selected mailbox.
#[derive(Debug, Clone)]
pub(crate) struct OfSelected {
    pub(crate) events: Events,
    /// EXPUNGE waits for a command that may tell it.
    pub(crate) delayed: bool,
}

/// A mailbox wherever it is.
pub(crate) type Key = (AccountId, MailboxId);

/// The mailboxes at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) mailboxes: BTreeMap<Key, Seen>,
    pub(crate) subscribed: BTreeSet<MailboxName>,
    /// The server's annotations: hashes of the values.
    pub(crate) server: BTreeMap<String, u64>,
}

/// A mailbox at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// As the user knows it.
    pub(crate) name: MailboxName,
    pub(crate) own: bool,
    pub(crate) selectable: bool,
    pub(crate) special_use: Option<&'static str>,
    pub(crate) rights: Rights,
    /// Where it is watched for messages and may be read.
    pub(crate) status: Option<MailboxStatus>,
    /// Where it is watched for annotations: hashes of the values.
    pub(crate) annotations: BTreeMap<String, u64>,
}

impl Watching {
    /// Whether anything but the selected mailbox is watched.
    pub(crate) fn watches_others(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Whether other people's mailboxes can be among those that are watched.
    pub(crate) fn may_be_shared(&self) -> bool {
        self.groups.iter().any(|group| !matches!(group.mailboxes, Mailboxes::Personal | Mailboxes::Inboxes))
    }
}

/// What is told of a mailbox: all that the groups ask that name it.
pub(crate) fn events_of(groups: &[EventGroup], name: &MailboxName, own: bool, subscribed: bool) -> Events {
    let naming = groups.iter().filter(|group| names_mailbox(&group.mailboxes, name, KnownOf { own, subscribed }));
    naming.fold(Events::default(), |events, group| events.union(&group.events))
}
