//! Search contexts: results of SEARCH and SORT that the client is told the changes of (RFC 5267 §4.3).

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use imap_wire::SequenceSet;
use imap_wire::command::Numbers;
use imap_wire::fetch::FetchItem;
use imap_wire::print;
use imap_wire::search::Key;
use imap_wire::sequence::ranges_of;
use imap_wire::sort::Criterion;
use mailstore::{Snapshot, Uid};

use crate::search::program::Charset;
use crate::sort::{Value, compare};
use crate::view::View;

/// Contexts of one session.
const MOST_CONTEXTS: usize = 32;
/// Messages in all of a session's contexts together.
const MOST_MEMBERS: usize = 1_000_000;

/// One result that is kept up to date. A search is a sort by nothing: then the order is that of the mailbox.
pub(crate) struct Context {
    tag: String,
    /// What else says which search is meant: ` MAILBOX name UIDVALIDITY n` of ESEARCH (RFC 7377 §2.1), nothing of others.
    correlator: Box<[u8]>,
    numbers: Numbers,
    /// What must hold; sequence numbers are UIDs already (RFC 5267 §4.3: they count as of the command).
    pub(crate) key: Key,
    pub(crate) charset: Charset,
    pub(crate) criteria: Arc<[Criterion]>,
    /// What is told of new messages that join (RFC 5465 §7).
    pub(crate) fetch: Arc<[FetchItem]>,
    members: Vec<Member>,
}

/// A message of a result.
pub(crate) struct Member {
    pub(crate) uid: Uid,
    /// What it is sorted by.
    pub(crate) values: Arc<[Value]>,
}

/// What a context finds.
pub(crate) struct Asked {
    pub(crate) tag: String,
    pub(crate) correlator: Box<[u8]>,
    pub(crate) numbers: Numbers,
    pub(crate) key: Key,
    pub(crate) charset: Charset,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) fetch: Vec<FetchItem>,
}

/// The contexts of the selected mailbox.
#[derive(Default)]
pub(crate) struct Contexts {
    list: Vec<Context>,
    /// The mailbox as it was when the results were brought up to date.
    seen: Option<Arc<Snapshot>>,
}

/// There is no room for another context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Contexts {
    pub(crate) fn has(&self, tag: &str) -> bool {
        self.list.iter().any(|context| context.tag == tag)
    }

    /// Ends a context; false when there is none of that tag.
    pub(crate) fn cancel(&mut self, tag: &str) -> bool {
        let before = self.list.len();
        self.list.retain(|context| context.tag != tag);
        self.list.len() < before
    }

    /// Keeps a result up to date from now on. All contexts are up to date at this moment, or are brought there together.
    pub(crate) fn add(&mut self, asked: Asked, members: Vec<Member>, view: &View) -> Result<(), TooMany> {
        let held: usize = self.list.iter().map(|context| context.members.len()).sum();
        if self.list.len() >= MOST_CONTEXTS || held + members.len() > MOST_MEMBERS {
            return Err(TooMany);
        }
        // Looking at a message twice does no harm, missing one does.
        if self.list.is_empty() || self.seen.is_none() {
            self.seen = Some(view.snapshot.clone());
        }
        let Asked { tag, correlator, numbers, key, charset, criteria, fetch } = asked;
        let (key, criteria, fetch) = (as_of_now(key, view), criteria.into(), fetch.into());
        self.list.push(Context { tag, correlator, numbers, key, charset, criteria, fetch, members });
        Ok(())
    }

    /// Messages that are new or have changed since the results were brought up to date, as indices of the view. The next call
    /// counts from here on.
    pub(crate) fn take_changed(&mut self, view: &View) -> Vec<usize> {
        if self.list.is_empty() {
            self.seen = None;
            return Vec::new();
        }
        let Some(before) = self.seen.replace(view.snapshot.clone()) else { return Vec::new() };
        if Arc::ptr_eq(&before, &view.snapshot) {
            return Vec::new();
        }
        let same = |at: usize, uid: Uid| {
            before.index_of(uid).is_some_and(|old| before.modseqs()[old] == view.snapshot.modseqs()[at])
        };
        let uids = view.snapshot.uids().iter().enumerate();
        uids.filter(|(at, uid)| !same(*at, **uid)).filter_map(|(_, uid)| view.index_of(*uid)).collect()
    }

    /// The UID from which on messages are newer than the results.
    pub(crate) fn seen_to(&self) -> Uid {
        self.seen.as_ref().map_or(Uid::MAX, |seen| seen.uid_next())
    }

    pub(crate) fn list(&self) -> &[Context] {
        &self.list
    }

    /// Messages are about to be told as removed: they leave the results while they still have their numbers (§4.3.4).
    pub(crate) fn expunge(&mut self, gone: &HashSet<Uid>, view: &View, out: &mut Vec<u8>) {
        for context in &mut self.list {
            context.remove(gone, view, out);
        }
    }

    /// Brings one context up to date: of `looked_at`, those of `holding` belong to the result, no others.
    pub(crate) fn update(
        &mut self,
        at: usize,
        looked_at: &[Uid],
        holding: HashMap<Uid, Arc<[Value]>>,
        view: &View,
        out: &mut Vec<u8>,
    ) {
        let Some(context) = self.list.get_mut(at) else { return };
        let known: HashSet<Uid> = context.members.iter().map(|member| member.uid).collect();
        let leaving = looked_at.iter().filter(|uid| known.contains(uid) && !holding.contains_key(uid));
        context.remove(&leaving.copied().collect(), view, out);
        let joining = holding.into_iter().filter(|(uid, _)| !known.contains(uid));
        context.join(joining.map(|(uid, values)| Member { uid, values }).collect(), view, out);
    }
}

impl Context {
    fn compare(&self, one: &Member, other: &Member) -> Ordering {
        compare(&self.criteria, &one.values, &other.values).then(one.uid.cmp(&other.uid))
    }

    fn remove(&mut self, leaving: &HashSet<Uid>, view: &View, out: &mut Vec<u8>) {
        let mut gone = Vec::new();
        let mut at = 0;
        self.members.retain(|member| {
            let leaves = leaving.contains(&member.uid);
            if leaves {
                gone.push((at - gone.len() + 1, member.uid));
            }
            at += 1;
            !leaves
        });
        self.print(out, "REMOVEFROM", &gone, view);
    }

    fn join(&mut self, mut joining: Vec<Member>, view: &View, out: &mut Vec<u8>) {
        joining.sort_by(|one, other| self.compare(one, other));
        let mut come = Vec::with_capacity(joining.len());
        for member in joining {
            let at = self.members.partition_point(|known| self.compare(known, &member) == Ordering::Less);
            come.push((at + 1, member.uid));
            self.members.insert(at, member);
        }
        self.print(out, "ADDTO", &come, view);
    }

    /// `* ESEARCH (TAG "a") UID ADDTO (1 7 3 9)`: places and messages; 0 stands for wherever the mailbox's order wants it.
    fn print(&self, out: &mut Vec<u8>, name: &str, places: &[(usize, Uid)], view: &View) {
        if places.is_empty() {
            return;
        }
        let number = |uid: Uid| match self.numbers {
            Numbers::Uid => uid,
            Numbers::Sequence => u32::try_from(view.rank(uid) + 1).unwrap_or(u32::MAX),
        };
        out.extend_from_slice(b"* ESEARCH (TAG ");
        print::string(out, self.tag.as_bytes());
        out.extend_from_slice(&self.correlator);
        out.extend_from_slice(if self.numbers == Numbers::Uid { b") UID " } else { b") " });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b" (");
        if self.criteria.is_empty() {
            out.extend_from_slice(b"0 ");
            print::number_set(out, places.iter().map(|(_, uid)| number(*uid)));
        } else {
            for (at, (place, uid)) in places.iter().enumerate() {
                if at > 0 {
                    out.push(b' ');
                }
                print::number(out, *place as u64);
                out.push(b' ');
                print::number(out, u64::from(number(*uid)));
            }
        }
        out.extend_from_slice(b")\r\n");
    }
}

/// The same condition with what sequence numbers and `$` stand for at this moment.
fn as_of_now(key: Key, view: &View) -> Key {
    let fixed = |selection: crate::view::Selection| {
        let uids = selection.indices().filter_map(|at| view.entry(at)).map(|entry| entry.uid);
        match ranges_of(uids) {
            none if none.is_empty() => Key::Not(Box::new(Key::All)),
            ranges => Key::Uid(SequenceSet::of(ranges)),
        }
    };
    match key {
        Key::Sequence(set) if set.is_saved() => fixed(view.by_uid(&set)),
        Key::Uid(set) if set.is_saved() => fixed(view.by_uid(&set)),
        Key::Sequence(set) => fixed(view.numbered(&set)),
        Key::Not(key) => Key::Not(Box::new(as_of_now(*key, view))),
        Key::Fuzzy(key) => Key::Fuzzy(Box::new(as_of_now(*key, view))),
        Key::Or(one, other) => Key::Or(Box::new(as_of_now(*one, view)), Box::new(as_of_now(*other, view))),
        Key::And(keys) => Key::And(keys.into_iter().map(|key| as_of_now(key, view)).collect()),
        key => key,
    }
}
