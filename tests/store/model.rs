//! Random operations against a model in memory, through two stores on the same files, reopened in between.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use mailstore::{
    Account, CreateOptions, ErrorKind, FlagChange, FlagOp, FlagSet, Flags, InternalDate, MailboxName, Snapshot, Store,
    StoreOptions, UidSet,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::{alice, assert_sound, content, kind, name, options, take_in};

const STEPS: usize = 2500;
const NAMES: [&str; 8] = ["INBOX", "Sent", "a", "a/b", "a/b/c", "d", "d/e", "INBOX/x"];
const KEYWORDS: [&str; 4] = ["$Work", "$Home", "later", "x"];
const SYSTEM: [Flags; 5] = [Flags::SEEN, Flags::ANSWERED, Flags::FLAGGED, Flags::DELETED, Flags::DRAFT];

#[derive(Clone, Debug, PartialEq)]
struct Message {
    number: u64,
    size: usize,
    date: InternalDate,
    flags: Flags,
    keywords: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct Box_ {
    selectable: bool,
    uid_validity: u32,
    uid_next: u32,
    recent_from: u32,
    modseq: u64,
    messages: BTreeMap<u32, Message>,
}

/// The account as it should be, and as it is.
struct World<'a> {
    path: &'a Path,
    stores: [Store; 2],
    random: StdRng,
    boxes: BTreeMap<String, Box_>,
    deleted_validities: BTreeSet<u32>,
    subscribed: BTreeSet<String>,
    held: Vec<(Arc<Snapshot>, Snapshot)>,
    numbers: u64,
}

#[test]
fn the_store_does_what_the_model_does() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    run(seed, STEPS);
}

fn run(seed: u64, steps: usize) {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path(), seed);
    for step in 0..steps {
        world.step(step);
    }
    world.check_all();
    assert_sound(&world.account());
}

fn open(path: &Path) -> Store {
    Store::open(StoreOptions { open_accounts: 1, ..options(path) }).unwrap()
}

impl<'a> World<'a> {
    fn new(path: &'a Path, seed: u64) -> Self {
        let stores = [open(path), open(path)];
        let mut world = Self {
            path,
            random: StdRng::seed_from_u64(seed),
            boxes: BTreeMap::new(),
            deleted_validities: BTreeSet::new(),
            subscribed: BTreeSet::new(),
            held: Vec::new(),
            numbers: 0,
            stores,
        };
        for info in world.account().mailboxes().unwrap() {
            world.learn(info.name.as_str());
            world.subscribed.insert(info.name.to_string());
        }
        world
    }

    /// The account through one of the two stores.
    fn account(&mut self) -> Account {
        let store = self.random.random_range(0..2);
        alice(&self.stores[store])
    }

    /// A mailbox that was just made.
    fn learn(&mut self, made: &str) {
        let info = self.account().mailbox(&name(made)).unwrap();
        assert_eq!((info.status.messages, info.status.uid_next), (0, 1), "{made}");
        let uid_validity = info.status.uid_validity;
        assert!(!self.deleted_validities.contains(&uid_validity));
        assert!(self.boxes.values().all(|known| known.uid_validity != uid_validity));
        let made_box = Box_ {
            selectable: info.selectable,
            uid_validity,
            uid_next: 1,
            recent_from: 1,
            modseq: info.status.highest_modseq,
            messages: BTreeMap::new(),
        };
        self.boxes.insert(made.to_owned(), made_box);
    }

    fn learn_parents(&mut self, of: &str) {
        for parent in parents(of) {
            if !self.boxes.contains_key(&parent) {
                self.learn(&parent);
            }
        }
    }

    fn any_name(&mut self) -> &'static str {
        NAMES.choose(&mut self.random).unwrap()
    }

    fn any_set(&mut self, mailbox: &str) -> UidSet {
        let next = self.boxes.get(mailbox).map_or(1, |known| known.uid_next);
        match self.random.random_range(0..4) {
            0 => UidSet::all(),
            1 => self.random.random_range(1..=next).into(),
            2 => {
                let first = self.random.random_range(1..=next);
                (first..=first + self.random.random_range(0..20)).into()
            }
            _ => (1..=next).filter(|_| self.random.random_ratio(1, 3)).collect(),
        }
    }

    fn any_flags(&mut self) -> FlagSet {
        let system = SYSTEM.into_iter().filter(|_| self.random.random_ratio(1, 3)).fold(Flags::NONE, Flags::union);
        let keywords = KEYWORDS.into_iter().filter(|_| self.random.random_ratio(1, 5)).map(str::to_owned).collect();
        FlagSet { system, keywords }
    }

    fn step(&mut self, step: usize) {
        match self.random.random_range(0..100) {
            0..25 => self.append(),
            25..45 => self.flag(),
            45..52 => self.expunge(),
            52..56 => self.remove(),
            56..64 => self.transfer(false),
            64..72 => self.transfer(true),
            72..77 => self.create(),
            77..80 => self.delete(),
            80..84 => self.rename(),
            84..87 => self.subscribe(),
            87..92 => self.claim(),
            92..94 => self.hold(),
            94..96 => self.stores[self.random.random_range(0..2)].close_idle(),
            96 => {
                let which = self.random.random_range(0..2);
                self.stores[which] = open(self.path);
            }
            _ => self.check_all(),
        }
        if step % 50 == 49 {
            self.check_all();
        }
    }

    fn append(&mut self) {
        let into = self.any_name();
        let account = self.account();
        let count = self.random.random_range(1..4);
        let mut wanted = Vec::new();
        let mut messages = Vec::new();
        for _ in 0..count {
            self.numbers += 1;
            let large = self.random.random_ratio(1, 12);
            let size = self.random.random_range(1..if large { 20_000 } else { 1500 });
            let mut message = take_in(&account, &content(self.numbers, size));
            let flags = self.any_flags();
            message.flags = flags.clone();
            message.internal_date = Some(InternalDate {
                seconds: self.random.random_range(0..2_000_000_000),
                zone: self.random.random_range(-5999..6000),
            });
            let date = message.internal_date.unwrap();
            let keywords = flags.keywords.into_iter().collect();
            wanted.push(Message { number: self.numbers, size, date, flags: flags.system, keywords });
            messages.push(message);
        }
        let outcome = account.append(&name(into), messages);
        match self.boxes.get_mut(into) {
            None => assert_eq!(kind(outcome), ErrorKind::NotFound),
            Some(known) if !known.selectable => assert_eq!(kind(outcome), ErrorKind::NotSelectable),
            Some(known) => {
                let appended = outcome.unwrap();
                let expected: Vec<u32> = (known.uid_next..).take(count).collect();
                assert_eq!((appended.uids, appended.uid_validity), (expected.clone(), known.uid_validity));
                known.uid_next += count as u32;
                known.messages.extend(expected.into_iter().zip(wanted));
                known.moved_on(appended.modseq);
            }
        }
    }

    fn flag(&mut self) {
        let (at, account) = (self.any_name(), self.account());
        let (set, flags) = (self.any_set(at), self.any_flags());
        let op = *[FlagOp::Add, FlagOp::Remove, FlagOp::Replace].choose(&mut self.random).unwrap();
        let Some(known) = self.boxes.get_mut(at).filter(|known| known.selectable) else {
            assert!(account.open(&name(at)).is_err());
            return;
        };
        let change = FlagChange { op, flags: flags.clone(), unchanged_since: None };
        let changed = account.open(&name(at)).unwrap().change_flags(&set, &change).unwrap();
        let mut expected = Vec::new();
        for (uid, message) in known.messages.iter_mut().filter(|(uid, _)| set.contains(**uid)) {
            let before = message.clone();
            let keywords: BTreeSet<String> = flags.keywords.iter().cloned().collect();
            match op {
                FlagOp::Add => {
                    message.flags = message.flags | flags.system;
                    message.keywords.extend(keywords);
                }
                FlagOp::Remove => {
                    message.flags = message.flags.without(flags.system);
                    message.keywords.retain(|keyword| !keywords.contains(keyword));
                }
                FlagOp::Replace => {
                    message.flags = flags.system;
                    message.keywords = keywords;
                }
            }
            if *message != before {
                expected.push(*uid);
            }
        }
        assert_eq!(changed.changed.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), expected);
        if !expected.is_empty() {
            known.moved_on(changed.modseq);
        }
    }

    fn expunge(&mut self) {
        let (at, account) = (self.any_name(), self.account());
        let set = if self.random.random_bool(0.5) { None } else { Some(self.any_set(at)) };
        let Some(known) = self.boxes.get_mut(at).filter(|known| known.selectable) else { return };
        let expunged = account.open(&name(at)).unwrap().expunge(set.as_ref()).unwrap();
        let chosen = |uid: u32, message: &Message| {
            message.flags.contains(Flags::DELETED) && set.as_ref().is_none_or(|set| set.contains(uid))
        };
        let expected: Vec<u32> =
            known.messages.iter().filter(|(uid, message)| chosen(**uid, message)).map(|(uid, _)| *uid).collect();
        known.messages.retain(|uid, message| !chosen(*uid, message));
        if !expected.is_empty() {
            known.moved_on(expunged.modseq);
        }
        assert_eq!(expunged.uids, expected);
    }

    fn remove(&mut self) {
        let (at, account) = (self.any_name(), self.account());
        let set = self.any_set(at);
        let Some(known) = self.boxes.get_mut(at).filter(|known| known.selectable) else { return };
        let removed = account.open(&name(at)).unwrap().remove(&set).unwrap();
        let expected: Vec<u32> = known.messages.keys().copied().filter(|uid| set.contains(*uid)).collect();
        known.messages.retain(|uid, _| !set.contains(*uid));
        if !expected.is_empty() {
            known.moved_on(removed.modseq);
        }
        assert_eq!(removed.uids, expected);
    }

    fn transfer(&mut self, moves: bool) {
        let (from, to, account) = (self.any_name(), self.any_name(), self.account());
        let set = self.any_set(from);
        let Some(source) = self.boxes.get(from).filter(|known| known.selectable) else { return };
        let mailbox = account.open(&name(from)).unwrap();
        let outcome = if moves { mailbox.move_to(&set, &name(to)) } else { mailbox.copy(&set, &name(to)) };
        match self.boxes.get(to) {
            None => assert_eq!(kind(outcome), ErrorKind::NotFound),
            Some(known) if !known.selectable => assert_eq!(kind(outcome), ErrorKind::NotSelectable),
            Some(_) => {
                let copied = outcome.unwrap();
                let chosen: Vec<(u32, Message)> = source
                    .messages
                    .iter()
                    .filter(|(uid, _)| set.contains(**uid))
                    .map(|(uid, message)| (*uid, message.clone()))
                    .collect();
                assert_eq!(copied.source, chosen.iter().map(|(uid, _)| *uid).collect::<Vec<_>>());
                let destination = self.boxes.get_mut(to).unwrap();
                let uids: Vec<u32> = (destination.uid_next..).take(chosen.len()).collect();
                assert_eq!((&copied.destination, copied.uid_validity), (&uids, destination.uid_validity));
                destination.uid_next += chosen.len() as u32;
                destination.messages.extend(uids.into_iter().zip(chosen.into_iter().map(|(_, message)| message)));
                if moves {
                    let source = self.boxes.get_mut(from).unwrap();
                    source.messages.retain(|uid, _| !copied.source.contains(uid));
                }
            }
        }
    }

    fn create(&mut self) {
        let (made, account) = (self.any_name(), self.account());
        let outcome = account.create(&name(made), CreateOptions::default());
        match self.boxes.get(made) {
            Some(known) if known.selectable => assert_eq!(kind(outcome), ErrorKind::AlreadyExists),
            _ => {
                outcome.unwrap();
                self.boxes.remove(made);
                self.learn_parents(made);
                self.learn(made);
            }
        }
    }

    fn delete(&mut self) {
        let (gone, account) = (self.any_name(), self.account());
        let outcome = account.delete(&name(gone));
        let has_children = self.boxes.keys().any(|other| is_below(other, gone));
        match self.boxes.get(gone) {
            _ if gone == "INBOX" => assert_eq!(kind(outcome), ErrorKind::Invalid),
            None => assert_eq!(kind(outcome), ErrorKind::NotFound),
            Some(known) if has_children && !known.selectable => assert_eq!(kind(outcome), ErrorKind::HasChildren),
            Some(known) => {
                outcome.unwrap();
                self.deleted_validities.insert(known.uid_validity);
                self.boxes.remove(gone);
                if has_children {
                    self.learn(gone);
                    assert!(!self.boxes[gone].selectable);
                }
                self.forget_empty_parents(gone);
            }
        }
    }

    fn rename(&mut self) {
        let (from, to, account) = (self.any_name(), self.any_name(), self.account());
        let outcome = account.rename(&name(from), &name(to));
        if !self.boxes.contains_key(from) {
            assert_eq!(kind(outcome), ErrorKind::NotFound);
        } else if self.boxes.contains_key(to) {
            assert_eq!(kind(outcome), ErrorKind::AlreadyExists);
        } else if from == "INBOX" {
            outcome.unwrap();
            self.learn_renamed_inbox(to);
        } else if is_below(to, from) {
            assert_eq!(kind(outcome), ErrorKind::Invalid);
        } else {
            outcome.unwrap();
            let moved: Vec<String> =
                self.boxes.keys().filter(|other| *other == from || is_below(other, from)).cloned().collect();
            let taken: Vec<_> = moved.iter().map(|old| (old.clone(), self.boxes.remove(old).unwrap())).collect();
            self.learn_parents(to);
            self.boxes.extend(taken.into_iter().map(|(old, known)| (format!("{to}{}", &old[from.len()..]), known)));
            self.forget_empty_parents(from);
        }
    }

    /// Names that are no mailboxes go with the last one below them.
    fn forget_empty_parents(&mut self, of: &str) {
        let mut above: Vec<String> = parents(of);
        above.sort_by_key(|parent| std::cmp::Reverse(parent.len()));
        for parent in above {
            let stays = self.boxes[&parent].selectable || self.boxes.keys().any(|other| is_below(other, &parent));
            if stays {
                break;
            }
            let gone = self.boxes.remove(&parent).unwrap();
            self.deleted_validities.insert(gone.uid_validity);
        }
    }

    fn learn_renamed_inbox(&mut self, to: &str) {
        self.learn_parents(to);
        let status = self.account().status(&name(to)).unwrap();
        let inbox = self.boxes.get_mut("INBOX").unwrap();
        let messages: BTreeMap<u32, Message> = (1..).zip(std::mem::take(&mut inbox.messages).into_values()).collect();
        let renamed = Box_ {
            selectable: true,
            uid_validity: status.uid_validity,
            uid_next: messages.len() as u32 + 1,
            recent_from: 1,
            modseq: status.highest_modseq,
            messages,
        };
        assert!(!self.deleted_validities.contains(&status.uid_validity));
        self.boxes.insert(to.to_owned(), renamed);
    }

    fn subscribe(&mut self) {
        let (which, account) = (self.any_name(), self.account());
        if self.random.random_bool(0.5) {
            account.subscribe(&name(which)).unwrap();
            self.subscribed.insert(which.to_owned());
        } else {
            account.unsubscribe(&name(which)).unwrap();
            self.subscribed.remove(which);
        }
    }

    fn claim(&mut self) {
        let (at, account) = (self.any_name(), self.account());
        let Some(known) = self.boxes.get_mut(at).filter(|known| known.selectable) else { return };
        let claimed = account.open(&name(at)).unwrap().claim_recent().unwrap();
        for uid in 0..known.uid_next + 2 {
            assert_eq!(claimed.contains(uid), (known.recent_from..known.uid_next).contains(&uid), "{uid}");
        }
        known.recent_from = known.uid_next;
    }

    /// Keeps a snapshot, which must stay as it is.
    fn hold(&mut self) {
        let (at, account) = (self.any_name(), self.account());
        if self.boxes.get(at).is_some_and(|known| known.selectable) {
            let snapshot = account.open(&name(at)).unwrap().snapshot().unwrap();
            let copy = Snapshot::clone(&snapshot);
            self.held.push((snapshot, copy));
        }
        if self.held.len() > 6 {
            let (held, copy) = self.held.remove(0);
            assert_eq!(*held, copy);
        }
    }

    fn check_all(&mut self) {
        let account = self.account();
        let infos = account.mailboxes().unwrap();
        let mut found: Vec<&str> = infos.iter().map(|info| info.name.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found, self.boxes.keys().map(String::as_str).collect::<Vec<_>>());
        let mut total = (0, 0);
        for info in &infos {
            let known = &self.boxes[info.name.as_str()];
            assert_eq!(info.selectable, known.selectable);
            assert_eq!(info.subscribed, self.subscribed.contains(info.name.as_str()));
            assert_eq!(info.has_children, self.boxes.keys().any(|other| is_below(other, info.name.as_str())));
            let count =
                |wanted: &dyn Fn(&Message) -> bool| known.messages.values().filter(|m| wanted(m)).count() as u64;
            let status = info.status;
            let size: u64 = known.messages.values().map(|message| message.size as u64).sum();
            assert_eq!((status.uid_validity, status.uid_next), (known.uid_validity, known.uid_next), "{}", info.name);
            assert_eq!((status.messages, status.size), (known.messages.len() as u64, size), "{}", info.name);
            assert_eq!(status.unseen, count(&|message| !message.flags.contains(Flags::SEEN)));
            assert_eq!(status.deleted, count(&|message| message.flags.contains(Flags::DELETED)));
            assert_eq!(status.recent, known.messages.range(known.recent_from..).count() as u64);
            assert!(status.highest_modseq >= known.modseq);
            total = (total.0 + size, total.1 + known.messages.len() as u64);
            if known.selectable {
                check_messages(&account, &info.name, known);
            }
        }
        let quota = account.quota().unwrap();
        assert_eq!((quota.bytes_used, quota.messages_used), total);
        let subscribed: BTreeSet<String> =
            account.subscriptions().unwrap().into_iter().map(|name| name.to_string()).collect();
        assert_eq!(subscribed, self.subscribed);
    }
}

fn check_messages(account: &Account, at: &MailboxName, known: &Box_) {
    let mailbox = account.open(at).unwrap();
    let snapshot = mailbox.snapshot().unwrap();
    assert_eq!(snapshot.uids(), known.messages.keys().copied().collect::<Vec<_>>(), "{at}");
    assert_eq!(snapshot.recent_from(), known.recent_from);
    let rows = mailbox.rows(snapshot.uids()).unwrap();
    assert_eq!(rows.len(), known.messages.len());
    for (index, (uid, message)) in known.messages.iter().enumerate() {
        let flags = snapshot.flags()[index];
        let keywords: BTreeSet<String> = snapshot.keywords().names(flags).map(str::to_owned).collect();
        assert_eq!((flags.system(), &keywords), (message.flags, &message.keywords), "{at} {uid}");
        assert!(snapshot.modseqs()[index] <= snapshot.highest_modseq());
        assert_eq!((rows[index].size, rows[index].internal_date), (message.size as u64, message.date));
        assert!(mailbox.body(*uid).unwrap().as_ref() == content(message.number, message.size), "{at} {uid}");
    }
}

impl Box_ {
    /// A change has a MODSEQ above all before.
    fn moved_on(&mut self, modseq: u64) {
        assert!(modseq > self.modseq, "{modseq} after {}", self.modseq);
        self.modseq = modseq;
    }
}

fn is_below(name: &str, above: &str) -> bool {
    name.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// Names above a name, the highest first.
fn parents(of: &str) -> Vec<String> {
    of.match_indices('/').map(|(at, _)| of[..at].to_owned()).collect()
}
