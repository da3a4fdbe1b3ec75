//! Store events as event references, and back (Reference §5).

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use config::Notify;
use mailstore::{
    About, AccountId, Arrived, Cause, Counts, EventKind, MailboxId, MailboxName, SITE, StoreEvent, Uid, Wants,
};

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

/// The event key with the `%M` at its end replaced by a mailbox (`uid`, or `uid/folder`).
pub fn key(event_key: &str, mailbox: &str) -> String {
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

/// Every type of event, as `evtType` has it (Reference §5, and our own for the mailboxes themselves).
pub const EVENT_TYPES: &[&str] = &[
    "NewMsg",
    "UpdateMsg",
    "ReadMsg",
    "TrashMsg",
    "DeleteMsg",
    "PurgeMsg",
    "ChangeFlag",
    "Login",
    "Logout",
    "OverQuota",
    "UnderQuota",
    "CreateMailbox",
    "DeleteMailbox",
    "RenameMailbox",
    "Subscribe",
    "Unsubscribe",
    "ChangeAcl",
    "ChangeQuota",
    "DeleteAccount",
    "RepairAccount",
    "ChangeMailbox",
];

/// Whether the settings have events of this type published.
pub fn is_published(event_type: &str, events: &config::Events) -> bool {
    match event_type {
        "NewMsg" => events.new_msg,
        "UpdateMsg" => events.update_msg,
        "ReadMsg" => events.read_msg,
        "TrashMsg" => events.trash_msg,
        "DeleteMsg" => events.delete_msg,
        "PurgeMsg" => events.purge_msg,
        "ChangeFlag" => events.change_flag,
        "Login" | "Logout" => events.log_user,
        "OverQuota" | "UnderQuota" => events.over_quota,
        other => events.mailboxes && EVENT_TYPES.contains(&other),
    }
}

/// An event on its way out.
pub(crate) type Publication = (EventReference, Bytes);

/// What the settings make worth knowing of a commit.
pub(crate) fn wants(notify: &Notify) -> Wants {
    let bytes = |setting: u64| usize::try_from(setting).unwrap_or(usize::MAX).min(crate::LARGEST_PAYLOAD);
    Wants {
        details: true,
        header_bytes: bytes(notify.max_header_bytes),
        body_bytes: bytes(notify.max_body_bytes),
        flags: notify.events.msg_flags,
    }
}

/// What is published for a commit, in order; nothing where settings switch it off.
pub(crate) fn published(event: &StoreEvent, notify: &Notify, origin: &Origin) -> Vec<Publication> {
    let inbox = event.name.as_ref().is_none_or(|name| name.as_str() == "INBOX");
    if !inbox && !notify.none_inbox {
        return Vec::new();
    }
    let publisher = Publisher { event, notify, origin };
    match &event.kind {
        EventKind::Appended { uids } => publisher.arrived(uids),
        EventKind::FlagsChanged { uids } => publisher.flags_changed(uids),
        EventKind::Expunged { uids } => publisher.expunged(uids),
        EventKind::OverQuota => publisher.quota("OverQuota"),
        EventKind::UnderQuota => publisher.quota("UnderQuota"),
        EventKind::AclChanged => {
            let mut out = publisher.mailbox_changed(&event.kind);
            if !out.is_empty() {
                // Whoever is given a mailbox by it has had no reason to listen to its owner, but listens to the site.
                out.push((reference(notify, origin, "ChangeAcl", SITE), Bytes::new()));
            }
            out
        }
        kind => publisher.mailbox_changed(kind),
    }
}

/// Makes the references of one commit.
struct Publisher<'a> {
    event: &'a StoreEvent,
    notify: &'a Notify,
    origin: &'a Origin,
}

impl Publisher<'_> {
    /// What every event of the store has.
    fn reference(&self, event_type: &str) -> EventReference {
        let StoreEvent { account, name, uid_validity, .. } = self.event;
        let reference = reference(self.notify, self.origin, event_type, &mailbox_name(account, name.as_ref()));
        if *uid_validity == 0 { reference } else { reference.with("uidValidity", uid_validity) }
    }

    /// What the sessions of other processes need beside it.
    fn ended(&self, reference: EventReference) -> EventReference {
        match self.event.mailbox {
            Some(MailboxId(id)) => reference.with("mailboxId", id).with("modseq", self.event.modseq),
            None => reference,
        }
    }

    fn arrived(&self, uids: &[Uid]) -> Vec<Publication> {
        let events = &self.notify.events;
        let About { cause, arrived, .. } = &self.event.about;
        let (event_type, wanted) = match cause {
            Cause::Delivery => ("NewMsg", events.new_msg),
            Cause::Client | Cause::Expiry => ("UpdateMsg", events.update_msg),
        };
        if !wanted {
            return Vec::new();
        }
        let begin = |uids: &[Uid]| {
            self.reference(event_type).with("imapUid", ranges(uids)).with("numMsgs", self.event.counts.messages)
        };
        // A message has an event of its own, but where many come at once and nobody asked for their text one is enough.
        let apart = arrived.len() == uids.len() && (wants(self.notify).content() || uids.len() == 1);
        if apart && uids.len() <= Wants::MOST {
            let each = |arrived: &Arrived| {
                let mut reference = begin(&[arrived.uid]).with("size", arrived.size);
                if let Some(header) = arrived.header {
                    reference = reference.with("hdrLen", header);
                }
                if let Some(flags) = &arrived.flags {
                    reference = reference.with("flags", flags);
                }
                (self.ended(reference), Bytes::from(arrived.head.clone()))
            };
            return arrived.iter().map(each).collect();
        }
        let size: u64 = arrived.iter().map(|arrived| arrived.size).sum();
        vec![(self.ended(begin(uids).with("size", size)), Bytes::new())]
    }

    fn flags_changed(&self, uids: &[Uid]) -> Vec<Publication> {
        let events = &self.notify.events;
        let About { seen, deleted, flags, .. } = &self.event.about;
        let Counts { messages, unseen, deleted: num_deleted, .. } = self.event.counts;
        let mut out = Vec::new();
        let marked = [("ReadMsg", events.read_msg, seen), ("TrashMsg", events.trash_msg, deleted)];
        for (event_type, _, uids) in marked.into_iter().filter(|(_, wanted, uids)| *wanted && !uids.is_empty()) {
            let reference = self
                .reference(event_type)
                .with("imapUid", ranges(uids))
                .with("numSeen", messages.saturating_sub(unseen))
                .with("numDel", num_deleted)
                .with("numMsgs", messages);
            out.push((self.ended(reference), Bytes::new()));
        }
        if events.change_flag {
            let change = |uids: &[Uid]| self.reference("ChangeFlag").with("imapUid", ranges(uids));
            if flags.is_empty() || flags.len() > Wants::MOST {
                out.push((self.ended(change(uids)), Bytes::new()));
            }
            for (flags, uids) in flags.iter().take_while(|_| flags.len() <= Wants::MOST) {
                out.push((self.ended(change(uids).with("flags", flags)), Bytes::new()));
            }
        }
        out
    }

    fn expunged(&self, uids: &[Uid]) -> Vec<Publication> {
        let events = &self.notify.events;
        let (event_type, wanted) = match self.event.about.cause {
            Cause::Expiry => ("PurgeMsg", events.purge_msg),
            Cause::Client | Cause::Delivery => ("DeleteMsg", events.delete_msg),
        };
        if !wanted {
            return Vec::new();
        }
        let Counts { messages, last_uid, .. } = self.event.counts;
        let reference = self
            .reference(event_type)
            .with("imapUid", ranges(uids))
            .with("lastUid", last_uid)
            .with("numMsgs", messages);
        vec![(self.ended(reference), Bytes::new())]
    }

    fn quota(&self, event_type: &str) -> Vec<Publication> {
        if !self.notify.events.over_quota {
            return Vec::new();
        }
        let mut reference = self.reference(event_type);
        if let Some(quota) = &self.event.about.quota {
            reference = reference.with("diskUsed", quota.bytes_used).with("numMsgs", quota.messages_used);
            for (name, limit) in [("diskQuota", quota.limits.bytes), ("msgQuota", quota.limits.messages)] {
                if let Some(limit) = limit {
                    reference = reference.with(name, limit);
                }
            }
        }
        vec![(reference, Bytes::new())]
    }

    fn mailbox_changed(&self, kind: &EventKind) -> Vec<Publication> {
        let event_type = match kind {
            EventKind::Created => "CreateMailbox",
            EventKind::Deleted => "DeleteMailbox",
            EventKind::Renamed { .. } => "RenameMailbox",
            EventKind::Subscribed => "Subscribe",
            EventKind::Unsubscribed => "Unsubscribe",
            EventKind::AclChanged => "ChangeAcl",
            EventKind::QuotaChanged => "ChangeQuota",
            EventKind::AccountDeleted => "DeleteAccount",
            EventKind::Repaired => "RepairAccount",
            _ => "ChangeMailbox",
        };
        if !self.notify.events.mailboxes {
            return Vec::new();
        }
        let mut reference = self.reference(event_type);
        if let EventKind::Renamed { from } = kind {
            reference = reference.with("from", mailbox_name(&self.event.account, Some(from)));
        }
        vec![(self.ended(reference), Bytes::new())]
    }
}

/// Login or Logout of `user` from `client`, at `service`; nothing where a setting switches it off.
pub(crate) fn attendance(
    event_type: &str,
    notify: &Notify,
    origin: &Origin,
    session: &daemon::session::Session,
    user: &str,
) -> Option<EventReference> {
    notify.events.log_user.then(|| {
        reference(notify, origin, event_type, user)
            .with("userId", user)
            .with("client", session.peer())
            .with("service", session.service())
    })
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
        "RepairAccount" => EventKind::Repaired,
        "ChangeMailbox" => EventKind::AnnotationsChanged,
        _ => return None,
    };
    Some(StoreEvent {
        account: AccountId::new(account).ok()?,
        mailbox: number("mailboxId").and_then(|id| u32::try_from(id).ok()).map(MailboxId),
        name: MailboxName::new(folder).ok(),
        uid_validity: number("uidValidity").and_then(|value| u32::try_from(value).ok()).unwrap_or_default(),
        modseq: number("modseq").unwrap_or_default(),
        kind,
        counts: Counts::default(),
        about: About::default(),
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
