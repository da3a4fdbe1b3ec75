//! Telling what two looks differ in (RFC 5465 §5).

use std::collections::{BTreeMap, BTreeSet};

use imap_wire::Names;
use imap_wire::notify::{EventGroup, Events};
use imap_wire::print;
use imap_wire::status::StatusItem;
use mailstore::{MailboxName, MailboxStatus, Rights};

use super::{Key, Known, Seen, events_of};
use crate::command::print_counters;
use crate::sync::Dialect;

/// How it is told.
pub(crate) struct Manner<'a> {
    pub(crate) groups: &'a [EventGroup],
    pub(crate) names: Names,
    pub(crate) dialect: Dialect,
    /// The selected mailbox, whose messages are told elsewhere.
    pub(crate) selected: Option<Key>,
    /// Names that this client has just done something to: it knows (§5).
    pub(crate) own_doing: &'a [String],
}

/// What the STATUS parameter of NOTIFY asks for, and which of the mailboxes cannot be watched (§3.1).
pub(crate) fn print_first(out: &mut Vec<u8>, known: &Known, manner: &Manner<'_>, status: bool) {
    for (key, seen) in &known.mailboxes {
        let events = manner.events(known, seen);
        if events == Events::default() {
            continue;
        }
        if seen.selectable && !seen.rights.contains(Rights::READ) {
            print_no_access(out, seen, manner);
        }
        if let (true, Some(counters)) = (status && manner.selected.as_ref() != Some(key), &seen.status) {
            let mut items = vec![StatusItem::Messages, StatusItem::UidNext, StatusItem::UidValidity];
            if events.flag_change {
                items.push(StatusItem::HighestModSeq);
            }
            print_counters(out, seen.name.as_str(), manner.names, counters, &items);
        }
    }
}

impl Known {
    /// Tells everything that is other than it was `before`.
    pub(crate) fn tell(&self, before: &Self, manner: &Manner<'_>, out: &mut Vec<u8>) {
        let mut affected = BTreeSet::new();
        self.tell_names(before, manner, &mut affected, out);
        for name in &affected {
            if let Some(seen) = self.named(name) {
                self.print_list(out, seen, manner, b"");
            }
        }
        self.tell_subscriptions(before, manner, out);
        for (key, now) in &self.mailboxes {
            let Some(then) = before.mailboxes.get(key) else { continue };
            let events = manner.events(self, now);
            self.tell_access(then, now, &events, manner, out);
            if manner.did(now.name.as_str()) {
                continue;
            }
            if manner.selected.as_ref() != Some(key)
                && let (Some(then), Some(counters)) = (&then.status, &now.status)
            {
                let items = news_of(then, counters, &events, manner.dialect);
                if !items.is_empty() {
                    print_counters(out, now.name.as_str(), manner.names, counters, &items);
                }
            }
            // Who was not watched, or not readable, before has nothing to compare with.
            if events.mailbox_metadata_change && then.rights.contains(Rights::READ) {
                print_entries(out, now.name.as_str(), manner.names, &then.annotations, &now.annotations);
            }
        }
        if !manner.did("") {
            print_entries(out, "", manner.names, &before.server, &self.server);
        }
    }

    /// MailboxName (§5.4). Parents of what has come or gone are affected too.
    fn tell_names(&self, before: &Self, manner: &Manner<'_>, affected: &mut BTreeSet<MailboxName>, out: &mut Vec<u8>) {
        let renamed: BTreeMap<&str, &str> = self
            .mailboxes
            .iter()
            .filter_map(|(key, now)| Some((before.mailboxes.get(key)?.name.as_str(), now.name.as_str())))
            .filter(|(then, now)| then != now)
            .collect();
        // Names below a renamed one are renamed without a word.
        let goes_along = |then: &str, now: &str| {
            renamed.iter().any(|(from, to)| {
                let rest = |name: &str, above: &str| {
                    name.strip_prefix(above).filter(|rest| rest.starts_with('/')).map(str::to_owned)
                };
                rest(then, from).is_some_and(|below| rest(now, to) == Some(below))
            })
        };
        let mut told = BTreeSet::new();
        for (key, now) in &self.mailboxes {
            match before.mailboxes.get(key) {
                Some(then) if then.name != now.name => {
                    let wanted = manner.tells_name(self, now) || manner.tells_name(before, then);
                    if wanted && !goes_along(then.name.as_str(), now.name.as_str()) && !manner.knows(&now.name) {
                        let mut extra = b" (\"OLDNAME\" (".to_vec();
                        print::mailbox_name(&mut extra, then.name.as_str(), manner.names);
                        extra.extend_from_slice(b"))");
                        self.print_list(out, now, manner, &extra);
                    }
                }
                Some(_) => {}
                None if manner.knows(&now.name) => {}
                None => {
                    if manner.tells_name(self, now) {
                        self.print_list(out, now, manner, b"");
                        told.insert(now.name.clone());
                    }
                    self.affect_parent(now, manner, affected);
                }
            }
        }
        for (key, then) in &before.mailboxes {
            // What stands in its place was told as something new.
            if self.mailboxes.contains_key(key) || manner.knows(&then.name) || self.named(&then.name).is_some() {
                continue;
            }
            if manner.tells_name(before, then) {
                let subscribed = self.subscribed.contains(&then.name).then_some("\\Subscribed");
                let attributes = ["\\NonExistent"].into_iter().chain(subscribed);
                print::list_line(out, "LIST", attributes, then.name.as_str(), manner.names, b"");
            }
            self.affect_parent(then, manner, affected);
        }
        affected.retain(|name| !told.contains(name));
    }

    fn affect_parent(&self, seen: &Seen, manner: &Manner<'_>, affected: &mut BTreeSet<MailboxName>) {
        if let Some(parent) = seen.name.parent()
            && let Some(parent) = self.named(&parent)
            && manner.tells_name(self, parent)
        {
            affected.insert(parent.name.clone());
        }
    }

    /// SubscriptionChange (§5.5).
    fn tell_subscriptions(&self, before: &Self, manner: &Manner<'_>, out: &mut Vec<u8>) {
        for name in self.subscribed.symmetric_difference(&before.subscribed) {
            let seen = self.named(name);
            // A group of subscribed mailboxes means what was or is one.
            let own = seen.is_none_or(|seen| seen.own);
            if manner.knows(name) || !events_of(manner.groups, name, own, true).subscription_change {
                continue;
            }
            match seen {
                Some(seen) => self.print_list(out, seen, manner, b""),
                None => {
                    let subscribed = self.subscribed.contains(name).then_some("\\Subscribed");
                    let attributes = ["\\NonExistent"].into_iter().chain(subscribed);
                    print::list_line(out, "LIST", attributes, name.as_str(), manner.names, b"");
                }
            }
        }
    }

    /// What may not be read any more is told as that, and when it may be again (§5.9).
    fn tell_access(&self, then: &Seen, now: &Seen, events: &Events, manner: &Manner<'_>, out: &mut Vec<u8>) {
        let readable = |seen: &Seen| seen.rights.contains(Rights::READ);
        if *events == Events::default() || readable(then) == readable(now) || !now.selectable {
            return;
        }
        if readable(now) { self.print_list(out, now, manner, b"") } else { print_no_access(out, now, manner) }
    }

    fn named(&self, name: &MailboxName) -> Option<&Seen> {
        self.mailboxes.values().find(|seen| seen.name == *name)
    }

    /// A LIST response with everything that is true of the mailbox.
    fn print_list(&self, out: &mut Vec<u8>, seen: &Seen, manner: &Manner<'_>, extra: &[u8]) {
        let has_children = self.mailboxes.values().any(|other| other.name.is_below(&seen.name));
        let attributes = [
            (!seen.selectable).then_some("\\Noselect"),
            Some(if has_children { "\\HasChildren" } else { "\\HasNoChildren" }),
            seen.special_use,
            self.subscribed.contains(&seen.name).then_some("\\Subscribed"),
        ];
        print::list_line(out, "LIST", attributes.into_iter().flatten(), seen.name.as_str(), manner.names, extra);
    }
}

impl Manner<'_> {
    fn events(&self, known: &Known, seen: &Seen) -> Events {
        events_of(self.groups, &seen.name, seen.own, known.subscribed.contains(&seen.name))
    }

    fn tells_name(&self, known: &Known, seen: &Seen) -> bool {
        self.events(known, seen).mailbox_name
    }

    /// Whether this client has just changed what is in a mailbox.
    fn did(&self, name: &str) -> bool {
        self.own_doing.iter().any(|own| own == name)
    }

    fn knows(&self, name: &MailboxName) -> bool {
        // Names above it may have come or lost their last child by the same command.
        let is_above = |own: &String| own.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('/'));
        self.did(name.as_str()) || self.own_doing.iter().any(is_above)
    }
}

fn print_no_access(out: &mut Vec<u8>, seen: &Seen, manner: &Manner<'_>) {
    print::list_line(out, "LIST", ["\\NoAccess"], seen.name.as_str(), manner.names, b"");
}

/// Which counters are worth a STATUS response (§5.1–§5.3).
fn news_of(then: &MailboxStatus, now: &MailboxStatus, events: &Events, dialect: Dialect) -> Vec<StatusItem> {
    let moved = then.uid_next != now.uid_next || then.messages != now.messages || then.uid_validity != now.uid_validity;
    let modseq = dialect.condstore && then.highest_modseq != now.highest_modseq;
    let mut items = Vec::new();
    if events.messages && moved {
        items.extend([StatusItem::Messages, StatusItem::UidNext, StatusItem::UidValidity]);
    } else if events.flag_change && (modseq || then.unseen != now.unseen) {
        items.push(StatusItem::UidValidity);
    }
    if items.is_empty() {
        return items;
    }
    if dialect.condstore {
        items.push(StatusItem::HighestModSeq);
    }
    if events.flag_change {
        items.push(StatusItem::Unseen);
    }
    items
}

/// `* METADATA name entry …`: those that are other than before, or gone (RFC 5464 §4.4.2).
fn print_entries(
    out: &mut Vec<u8>,
    mailbox: &str,
    names: Names,
    then: &BTreeMap<String, u64>,
    now: &BTreeMap<String, u64>,
) {
    let changed = now.iter().filter(|(entry, value)| then.get(*entry) != Some(value)).map(|(entry, _)| entry);
    let gone = then.keys().filter(|entry| !now.contains_key(*entry));
    let entries: BTreeSet<&String> = changed.chain(gone).collect();
    if entries.is_empty() {
        return;
    }
    out.extend_from_slice(b"* METADATA ");
    print::mailbox_name(out, mailbox, names);
    for entry in entries {
        out.push(b' ');
        print::astring(out, entry.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}
