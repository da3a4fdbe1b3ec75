//! Store events as event references, and back (Reference §5).

use std::time::{SystemTime, UNIX_EPOCH};

use config::{Events, Notify};
use mailstore::{AccountId, EventKind, MailboxId, MailboxName, StoreEvent, Uid};

use crate::reference::EventReference;

/// Who publishes: what the references of one process have alike.
#[derive(Debug, Clone)]
pub struct Origin {
    /// This host's name.
    pub hostname: String,
    /// The service that publishes, such as `imapd`.
    pub process: String,
}

/// The reference of an event of type `event_type` about `mailbox` (`uid`, or `uid/folder`).
pub(crate) fn reference(notify: &Notify, origin: &Origin, event_type: &str, mailbox: &str) -> EventReference {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    EventReference::new(&key(&notify.event_key, mailbox))
        .with("evtType", event_type)
        .with("hostname", &origin.hostname)
        .with("mailboxName", mailbox)
        .with("pid", std::process::id())
        .with("process", &origin.process)
        .with("timestamp", since_epoch.as_millis())
}

/// The event key with `%M` replaced by the mailbox.
pub(crate) fn key(event_key: &str, mailbox: &str) -> String {
    match event_key.strip_suffix("%M") {
        Some(before) => format!("{before}{mailbox}"),
        None => event_key.to_owned(),
    }
}

/// The mailbox as events name it: INBOX is the account itself.
pub(crate) fn mailbox_name(account: &AccountId, name: Option<&MailboxName>) -> String {
    match name.map(MailboxName::as_str) {
        None | Some("INBOX") => account.to_string(),
        Some(folder) => format!("{account}/{folder}"),
    }
}

/// What is published for a commit; `None` where a setting switches it off.
pub(crate) fn published(event: &StoreEvent, notify: &Notify, origin: &Origin) -> Option<EventReference> {
    let inbox = event.name.as_ref().is_none_or(|name| name.as_str() == "INBOX");
    let (event_type, wanted) = kind(&event.kind, &notify.events);
    if !wanted || (!inbox && !notify.none_inbox) {
        return None;
    }
    let mut reference = reference(notify, origin, event_type, &mailbox_name(&event.account, event.name.as_ref()));
    if let Some(MailboxId(id)) = event.mailbox {
        reference = reference.with("mailboxId", id).with("modseq", event.modseq);
    }
    if event.uid_validity != 0 {
        reference = reference.with("uidValidity", event.uid_validity);
    }
    Some(match &event.kind {
        EventKind::Appended { uids, .. } => reference.with("imapUid", ranges(uids)),
        EventKind::FlagsChanged { uids } => reference.with("imapUid", ranges(uids)),
        EventKind::Expunged { uids } => {
            let last = uids.last().copied().unwrap_or_default();
            reference.with("imapUid", ranges(uids)).with("lastUid", last)
        }
        EventKind::Renamed { from } => reference.with("from", mailbox_name(&event.account, Some(from))),
        _ => reference,
    })
}

fn kind(kind: &EventKind, events: &Events) -> (&'static str, bool) {
    match kind {
        EventKind::Appended { .. } => ("NewMsg", events.new_msg),
        EventKind::FlagsChanged { .. } => ("ChangeFlag", events.change_flag),
        EventKind::Expunged { .. } => ("DeleteMsg", events.delete_msg),
        EventKind::Created => ("CreateMailbox", events.mailboxes),
        EventKind::Deleted => ("DeleteMailbox", events.mailboxes),
        EventKind::Renamed { .. } => ("RenameMailbox", events.mailboxes),
        EventKind::Subscribed => ("Subscribe", events.mailboxes),
        EventKind::Unsubscribed => ("Unsubscribe", events.mailboxes),
        EventKind::AclChanged => ("ChangeAcl", events.mailboxes),
        EventKind::QuotaChanged => ("ChangeQuota", events.over_quota),
        EventKind::AccountDeleted => ("DeleteAccount", events.mailboxes),
        _ => ("ChangeMailbox", events.mailboxes),
    }
}

/// What a reference tells of the store, for the sessions of another process.
pub(crate) fn received(reference: &EventReference) -> Option<StoreEvent> {
    let mailbox = reference.parameter("mailboxName")?;
    let (account, folder) = match mailbox.split_once('/') {
        Some((account, folder)) => (account, folder),
        None => (mailbox, "INBOX"),
    };
    let number = |name| reference.parameter(name).and_then(|value| value.parse::<u64>().ok());
    let uids = || uids(reference.parameter("imapUid").unwrap_or_default()).into();
    let name_of = |mailbox: &str| {
        let folder = mailbox.split_once('/').map_or("INBOX", |(_, folder)| folder);
        MailboxName::new(folder).ok()
    };
    let kind = match reference.parameter("evtType")? {
        "NewMsg" | "UpdateMsg" => EventKind::Appended { uids: uids() },
        "ChangeFlag" | "ReadMsg" | "TrashMsg" => EventKind::FlagsChanged { uids: uids() },
        "DeleteMsg" | "PurgeMsg" => EventKind::Expunged { uids: uids() },
        "CreateMailbox" => EventKind::Created,
        "DeleteMailbox" => EventKind::Deleted,
        "RenameMailbox" => EventKind::Renamed { from: name_of(reference.parameter("from")?)? },
        "Subscribe" => EventKind::Subscribed,
        "Unsubscribe" => EventKind::Unsubscribed,
        "ChangeAcl" => EventKind::AclChanged,
        "ChangeQuota" => EventKind::QuotaChanged,
        "DeleteAccount" => EventKind::AccountDeleted,
        _ => return None,
    };
    Some(StoreEvent {
        account: AccountId::new(account).ok()?,
        mailbox: number("mailboxId").and_then(|id| u32::try_from(id).ok()).map(MailboxId),
        name: MailboxName::new(folder).ok(),
        uid_validity: number("uidValidity").and_then(|value| u32::try_from(value).ok()).unwrap_or_default(),
        modseq: number("modseq").unwrap_or_default(),
        kind,
    })
}

/// UIDs as an IMAP set, shortened to a range from the first to the last where it would be long: whoever needs each looks.
fn ranges(uids: &[Uid]) -> String {
    const LONGEST: usize = 1000;
    let mut text = String::new();
    let mut rest = uids;
    while let Some((&first, _)) = rest.split_first() {
        let run = rest.iter().zip(first..).take_while(|(uid, expected)| **uid == *expected).count();
        let separator = if text.is_empty() { "" } else { "," };
        text += &match run {
            1 => format!("{separator}{first}"),
            _ => format!("{separator}{first}:{}", rest[run - 1]),
        };
        rest = &rest[run..];
        if text.len() > LONGEST {
            return format!("{}:{}", uids[0], uids[uids.len() - 1]);
        }
    }
    text
}

/// The UIDs of a set as [`ranges`] writes it; at most as many as a reader of wake-ups can use.
fn uids(set: &str) -> Vec<Uid> {
    const MOST: usize = 100_000;
    set.split(',')
        .filter_map(|range| {
            let (first, last) = range.split_once(':').unwrap_or((range, range));
            Some(first.parse::<Uid>().ok()?..=last.parse::<Uid>().ok()?)
        })
        .flatten()
        .take(MOST)
        .collect()
}
