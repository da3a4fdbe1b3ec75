//! Ten clients send random commands to one mailbox, and each keeps the state that the responses give it (RFC 3501 §5.5, §7.4.1):
//! some with sequence numbers, some with QRESYNC (RFC 7162), some with UIDs only (RFC 9586).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::thread;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use suite::{ImapClient, Site};

const CLIENTS: u64 = 10;
const COMMANDS: usize = 120;
const FLAGS: [&str; 7] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft", "$A", "kwB"];

type FlagNames = BTreeSet<String>;

/// A message as a client knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Known {
    uid: Option<u64>,
    flags: Option<FlagNames>,
}

/// What holds for all clients together.
#[derive(Default)]
struct Shared {
    /// Which UID has which subject; no UID may ever name two messages.
    subjects: Mutex<BTreeMap<u64, String>>,
    /// To which client a UID was `\Recent`: to one at most (RFC 3501 §2.3.2).
    recent: Mutex<BTreeMap<u64, u64>>,
}

/// What a client has enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    Qresync,
    UidOnly,
}

/// What a client knew at some moment, and comes back with at the end.
struct Checkpoint {
    modseq: u64,
    known: BTreeMap<u64, FlagNames>,
}

struct Client {
    imap: ImapClient,
    mode: Mode,
    /// The HIGHESTMODSEQ that the client may come back with (RFC 7162 §6).
    modseq: u64,
    validity: String,
    checkpoint: Option<Checkpoint>,
    random: StdRng,
    known: Vec<Known>,
    shared: Arc<Shared>,
    /// The keywords of the last FLAGS response; none is used that is not there (RFC 3501 §7.2.6).
    keywords: FlagNames,
    /// UIDNEXT of STATUS.
    uid_next: u64,
    name: u64,
    sent: usize,
    history: Vec<String>,
}

/// What may come while a command is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expunges {
    Allowed,
    Forbidden,
}

impl Client {
    fn new(site: &Site, seed: u64, name: u64, shared: Arc<Shared>) -> Self {
        let random = StdRng::seed_from_u64(seed ^ (name << 32));
        let imap = site.imap_as("alice");
        let mode = [Mode::Plain, Mode::Qresync, Mode::UidOnly, Mode::Plain][name as usize % 4];
        let mut client = Self {
            imap,
            mode,
            modseq: 0,
            validity: String::new(),
            checkpoint: None,
            random,
            known: Vec::new(),
            shared,
            keywords: FlagNames::new(),
            uid_next: 0,
            name,
            sent: 0,
            history: Vec::new(),
        };
        match mode {
            Mode::Plain => {}
            Mode::Qresync => drop(client.run("ENABLE QRESYNC", Expunges::Allowed)),
            Mode::UidOnly => drop(client.run("ENABLE UIDONLY", Expunges::Allowed)),
        }
        client.select();
        client
    }

    #[track_caller]
    fn fail(&self, what: &str) -> ! {
        let from = self.history.len().saturating_sub(40);
        panic!("client {}: {what}\n{}", self.name, self.history[from..].join("\n"));
    }

    fn select(&mut self) {
        self.known.clear();
        self.run("SELECT INBOX", Expunges::Allowed);
        match self.mode {
            _ if self.known.is_empty() => {}
            Mode::UidOnly => drop(self.run("UID FETCH 1:* (FLAGS)", Expunges::Allowed)),
            _ => drop(self.run("FETCH 1:* (UID FLAGS)", Expunges::Forbidden)),
        }
    }

    /// Runs a command and believes what is told; returns the status and the sequence numbers of FETCH responses.
    fn run(&mut self, command: &str, expunges: Expunges) -> (String, Vec<usize>) {
        self.history.push(format!("C: {command}"));
        let reply = self.imap.attempt(command);
        let mut fetched = Vec::new();
        let mut told = self.modseq;
        let mut code = None;
        for response in &reply.untagged {
            let text = response.text();
            self.history.push(format!("S: {text}"));
            fetched.extend(self.believe(&text, expunges));
            let number = |start: &str| between(&text, start, ")]").and_then(|number| number.parse().ok());
            told = told.max(number("MODSEQ (").unwrap_or(0));
            code = number("[HIGHESTMODSEQ ").or(code);
            if let Some(validity) = between(&text, "[UIDVALIDITY ", "]") {
                self.validity = validity.to_owned();
            }
        }
        code = between(&reply.status, "[HIGHESTMODSEQ ", "]").and_then(|number| number.parse().ok()).or(code);
        self.modseq = code.unwrap_or(told);
        self.history.push(format!("S: {}", reply.status));
        (reply.status, fetched)
    }

    /// Messages are gone by their UIDs; one whose UID the client was not told is among those between its neighbours.
    fn believe_vanished(&mut self, text: &str, expunges: Expunges) {
        if self.mode == Mode::Plain || expunges == Expunges::Forbidden {
            self.fail(text);
        }
        for uid in uids_of(text.trim_start_matches("* VANISHED ")) {
            let at = self.known.iter().position(|known| known.uid == Some(uid)).or_else(|| self.place_for(uid));
            let Some(at) = at else { self.fail(&format!("{text}: {uid} is not there")) };
            self.known.remove(at);
        }
    }

    /// A message without a UID that may have this one: right behind the smaller UIDs, or any where places do not count.
    fn place_for(&self, uid: u64) -> Option<usize> {
        if self.mode == Mode::UidOnly {
            return self.known.iter().position(|known| known.uid.is_none());
        }
        let smaller = self.known.iter().rposition(|known| known.uid.is_some_and(|known| known < uid));
        let from = smaller.map_or(0, |at| at + 1);
        self.known.get(from).filter(|known| known.uid.is_none()).map(|_| from)
    }

    /// Remembers everything as it is known now, to come back with it later.
    fn take_checkpoint(&mut self) {
        self.run("UID FETCH 1:* (FLAGS)", Expunges::Allowed);
        let known = self.known.iter().map(|known| Some((known.uid?, known.flags.clone()?)));
        if let Some(known) = known.collect() {
            self.checkpoint = Some(Checkpoint { modseq: self.modseq, known });
        }
    }

    /// Comes back with what it knew then, and says what it knows after that (RFC 7162 §3.2.5).
    fn resynchronised(&mut self) -> Option<BTreeMap<u64, FlagNames>> {
        let Checkpoint { modseq, mut known } = self.checkpoint.take()?;
        let reply = self.imap.command(&format!("SELECT INBOX (QRESYNC ({} {modseq}))", self.validity));
        for response in &reply.untagged {
            let text = response.text();
            self.history.push(format!("S: {text}"));
            if let Some(gone) = text.strip_prefix("* VANISHED (EARLIER) ") {
                uids_of(gone).for_each(|uid| drop(known.remove(&uid)));
            } else if let (true, Some(uid)) = (text.contains(" FETCH ("), between(&text, "UID ", " )")) {
                known.insert(uid.parse().unwrap(), flags_in(&text).unwrap());
            }
        }
        Some(known)
    }

    fn believe(&mut self, text: &str, expunges: Expunges) -> Option<usize> {
        if text.starts_with("* BYE") {
            self.fail(text);
        }
        if text.starts_with("* VANISHED") {
            self.believe_vanished(text, expunges);
            return None;
        }
        if let Some(flags) = text.strip_prefix("* FLAGS").and_then(flags_listed) {
            self.keywords = flags;
            return None;
        }
        if let Some(flag) = flags_in(text).iter().flatten().find(|flag| !self.knows(flag)) {
            self.fail(&format!("{flag} is not in FLAGS: {text}"));
        }
        let mut words = text.split(' ').skip(1);
        let number: usize = words.next()?.parse().ok()?;
        match words.next()? {
            "EXISTS" => {
                if number < self.known.len() {
                    self.fail("EXISTS takes messages away");
                }
                self.known.resize(number, Known::default());
            }
            "EXPUNGE" => {
                if self.mode != Mode::Plain
                    || expunges == Expunges::Forbidden
                    || number == 0
                    || number > self.known.len()
                {
                    self.fail(&format!("{text} of {}", self.known.len()));
                }
                self.known.remove(number - 1);
            }
            "UIDFETCH" => {
                let uid = number as u64;
                let at = self.known.iter().position(|known| known.uid == Some(uid)).or_else(|| self.place_for(uid));
                let Some(at) = at.filter(|_| self.mode == Mode::UidOnly) else { self.fail(text) };
                self.known[at].uid = Some(uid);
                if let Some(flags) = flags_in(text) {
                    self.known[at].flags = Some(flags);
                }
            }
            "FETCH" => {
                if self.mode == Mode::UidOnly || number == 0 || number > self.known.len() {
                    self.fail(&format!("{text} of {}", self.known.len()));
                }
                self.believe_fetch(number, text);
                return Some(number);
            }
            _ => {}
        }
        None
    }

    fn knows(&self, flag: &str) -> bool {
        flag.starts_with('\\') || self.keywords.contains(flag)
    }

    fn believe_recent(&self, number: usize, text: &str) {
        let Some(uid) = self.known[number - 1].uid.filter(|_| text.contains("\\Recent")) else { return };
        let owner = *self.shared.recent.lock().unwrap().entry(uid).or_insert(self.name);
        if owner != self.name {
            self.fail(&format!("UID {uid} is recent here and at client {owner}"));
        }
    }

    fn believe_fetch(&mut self, number: usize, text: &str) {
        if let Some(uid) = between(text, "UID ", " )").and_then(|uid| uid.parse().ok()) {
            let before = self.known[..number - 1].iter().rev().find_map(|known| known.uid);
            if self.known[number - 1].uid.is_some_and(|known| known != uid)
                || before.is_some_and(|before| before >= uid)
            {
                self.fail(&format!("UID {uid} of message {number} cannot be"));
            }
            self.known[number - 1].uid = Some(uid);
            if let Some(subject) = between(text, "Subject: ", "\r\n") {
                let subject = subject.to_owned();
                let told = self.shared.subjects.lock().unwrap().entry(uid).or_insert_with(|| subject.clone()).clone();
                if told != subject {
                    self.fail(&format!("UID {uid} is {told} and {subject}"));
                }
            }
        }
        if let Some(flags) = flags_in(text) {
            self.known[number - 1].flags = Some(flags);
        }
        self.believe_recent(number, text);
    }

    fn step(&mut self) {
        let many = self.known.len();
        if many < 3 || (many < 60 && self.random.random_ratio(1, 5)) {
            return self.append();
        }
        let first = self.random.random_range(1..=many);
        let last = many.min(first + self.random.random_range(0..5));
        let uid = self.known.choose(&mut self.random).and_then(|known| known.uid);
        if self.mode == Mode::UidOnly {
            return self.step_by_uid(uid.unwrap_or(1));
        }
        if self.mode == Mode::Qresync && self.random.random_ratio(1, 12) {
            return self.take_checkpoint();
        }
        let (status, may_fail) = match self.random.random_range(0..19) {
            0 => (self.run(&format!("FETCH {first}:{last} (UID FLAGS)"), Expunges::Forbidden).0, false),
            1 => (self.run(&format!("FETCH {first}:{last} (UID BODY.PEEK[HEADER])"), Expunges::Forbidden).0, false),
            2 => (self.run(&format!("FETCH {first} (UID BODY[])"), Expunges::Forbidden).0, false),
            3 | 4 => (self.store(first, last), false),
            5 => (self.store_silent(first, last), false),
            6 => (self.run("EXPUNGE", Expunges::Allowed).0, false),
            7 => (self.run("NOOP", Expunges::Allowed).0, false),
            8 => (self.search(), false),
            9 => (self.copy(first, last), true),
            10 => (self.run(&format!("MOVE {first} INBOX"), Expunges::Allowed).0, true),
            11 => {
                let uid = uid.unwrap_or(1);
                (self.run(&format!("UID FETCH {uid}:* (FLAGS)"), Expunges::Allowed).0, false)
            }
            12 => {
                let uid = uid.unwrap_or(1);
                (self.run(&format!("UID STORE {uid} +FLAGS (\\Deleted)"), Expunges::Allowed).0, false)
            }
            13 => (self.run("SORT (SUBJECT REVERSE ARRIVAL) US-ASCII ALL", Expunges::Forbidden).0, false),
            14 => (self.run("THREAD REFERENCES US-ASCII ALL", Expunges::Forbidden).0, false),
            15 => (self.run("CHECK", Expunges::Allowed).0, false),
            16 => (self.status(), false),
            17 => (self.search_set(first, last), false),
            _ => {
                let uid = uid.unwrap_or(1);
                (self.run(&format!("UID EXPUNGE {uid}:*"), Expunges::Allowed).0, false)
            }
        };
        // A message that somebody else has removed cannot be copied; nothing else may fail.
        if !(status.starts_with("OK") || may_fail && status.contains("[EXPUNGEISSUED]")) {
            self.fail(&status);
        }
    }

    /// A command of a client that has given sequence numbers up.
    fn step_by_uid(&mut self, uid: u64) {
        let flags = joined(&self.some_flags());
        let command = match self.random.random_range(0..8) {
            0 => "UID FETCH 1:* (FLAGS)".to_owned(),
            1 => format!("UID FETCH {uid} (BODY[])"),
            2 => format!("UID STORE {uid} FLAGS ({flags})"),
            3 => format!("UID STORE {uid}:* +FLAGS.SILENT (\\Answered)"),
            4 => "EXPUNGE".to_owned(),
            5 => format!("UID SEARCH UID {uid}:* NOT SEEN"),
            6 => format!("UID MOVE {uid} INBOX"),
            _ => "NOOP".to_owned(),
        };
        if command.contains("SILENT") {
            for known in self.known.iter_mut().filter(|known| known.uid.is_none_or(|known| known >= uid)) {
                known.flags = None;
            }
        }
        let (status, _) = self.run(&command, Expunges::Allowed);
        if !status.starts_with("OK") {
            self.fail(&status);
        }
    }

    fn append(&mut self) {
        self.sent += 1;
        let subject = format!("{}.{}", self.name, self.sent);
        let message = format!("Subject: {subject}\r\nFrom: a@example.test\r\n\r\nbody\r\n");
        self.history.push(format!("C: APPEND {subject}"));
        let reply = self.imap.append("INBOX", "()", message.as_bytes());
        for response in &reply.untagged {
            let text = response.text();
            self.history.push(format!("S: {text}"));
            self.believe(&text, Expunges::Allowed);
        }
        let uid = between(&reply.status, "APPENDUID ", "]").and_then(|code| code.split(' ').nth(1)?.parse().ok());
        let Some(uid) = uid else { self.fail(&reply.status) };
        if let Some(other) =
            self.shared.subjects.lock().unwrap().insert(uid, subject.clone()).filter(|other| *other != subject)
        {
            self.fail(&format!("UID {uid} given to {subject} and {other}"));
        }
    }

    fn some_flags(&mut self) -> FlagNames {
        FLAGS.iter().filter(|_| self.random.random_ratio(1, 3)).map(|flag| (*flag).to_owned()).collect()
    }

    fn store(&mut self, first: usize, last: usize) -> String {
        let flags = joined(&self.some_flags());
        let sign = *["", "+", "-"].choose(&mut self.random).unwrap();
        let (status, told) = self.run(&format!("STORE {first}:{last} {sign}FLAGS ({flags})"), Expunges::Forbidden);
        // Also of those that somebody else has removed: they are there until that is told (RFC 2180 §4.2).
        if !(first..=last).all(|number| told.contains(&number)) {
            self.fail(&format!("STORE {first}:{last} told {told:?}"));
        }
        status
    }

    /// All of the messages are copied, or none (RFC 9051 §6.4.7).
    fn copy(&mut self, first: usize, last: usize) -> String {
        let (status, _) = self.run(&format!("COPY {first}:{last} Archive"), Expunges::Allowed);
        if let Some(sets) = between(&status, "[COPYUID ", "]") {
            let copied: Vec<usize> = sets.split(' ').skip(1).map(|set| uids_of(set).count()).collect();
            if copied != [last - first + 1; 2] {
                self.fail(&status);
            }
        }
        status
    }

    /// What a client takes for granted after a silent STORE must be so, or be told.
    fn store_silent(&mut self, first: usize, last: usize) -> String {
        let flags = self.some_flags();
        if self.known[first - 1..last].iter().any(|known| known.flags.is_none()) {
            return self.run(&format!("FETCH {first}:{last} (UID FLAGS)"), Expunges::Forbidden).0;
        }
        for known in &mut self.known[first - 1..last] {
            let before = known.flags.take().unwrap_or_default();
            known.flags = Some(before.union(&flags).cloned().collect());
        }
        self.run(&format!("STORE {first}:{last} +FLAGS.SILENT ({})", joined(&flags)), Expunges::Forbidden).0
    }

    /// UIDNEXT never falls, and is above every UID.
    fn status(&mut self) -> String {
        let (status, _) = self.run("STATUS INBOX (MESSAGES UIDNEXT)", Expunges::Allowed);
        let told = self.history.iter().rev().find_map(|line| between(line, "UIDNEXT ", " )")?.parse().ok());
        let largest = self.known.iter().filter_map(|known| known.uid).max().unwrap_or(0);
        match told {
            Some(next) if next >= self.uid_next && next > largest => self.uid_next = next,
            next => self.fail(&format!("UIDNEXT is {next:?} after {} and UID {largest}", self.uid_next)),
        }
        status
    }

    /// What is there is found, or it is said that something is gone (RFC 5530 §3).
    fn search_set(&mut self, first: usize, last: usize) -> String {
        let (status, _) = self.run(&format!("SEARCH {first}:{last} LARGER 1"), Expunges::Forbidden);
        let found = self.history.iter().rev().find_map(|line| line.strip_prefix("S: * SEARCH")).unwrap_or_default();
        let found: Vec<usize> = found.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let all: Vec<usize> = (first..=last).collect();
        if found != all && !(status.contains("[EXPUNGEISSUED]") && found.iter().all(|number| all.contains(number))) {
            self.fail(&format!("SEARCH {first}:{last} found {found:?}"));
        }
        status
    }

    fn search(&mut self) -> String {
        let key = *["ALL", "DELETED", "UNSEEN KEYWORD $A", "SUBJECT 1", "BODY body", "NOT SEEN"]
            .choose(&mut self.random)
            .unwrap();
        let (status, _) = self.run(&format!("SEARCH {key}"), Expunges::Forbidden);
        let found = self.history.iter().rev().find_map(|line| line.strip_prefix("S: * SEARCH"));
        let beyond =
            |number: &str| number.parse::<usize>().is_ok_and(|number| number == 0 || number > self.known.len());
        if found.is_some_and(|found| found.split_whitespace().any(beyond)) {
            self.fail("SEARCH found a message that is not there");
        }
        status
    }
}

fn joined(flags: &FlagNames) -> String {
    flags.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn flags_in(text: &str) -> Option<FlagNames> {
    flags_listed(&text[text.find("FLAGS (")? + 5..])
}

/// The names of a list, `\Recent` aside.
fn flags_listed(text: &str) -> Option<FlagNames> {
    let flags = between(text, "(", ")")?;
    Some(flags.split_whitespace().filter(|flag| *flag != "\\Recent").map(str::to_owned).collect())
}

/// The numbers of a set: `1,4:6`.
fn uids_of(set: &str) -> impl Iterator<Item = u64> {
    set.split(',').flat_map(|range| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        first.parse().unwrap()..=last.parse().unwrap()
    })
}

/// The text after `start` up to the first character of `ends`.
fn between<'a>(text: &'a str, start: &str, ends: &str) -> Option<&'a str> {
    let rest = &text[text.find(start)? + start.len()..];
    rest.split(|letter| ends.contains(letter)).next()
}

#[test]
fn ten_clients_on_one_mailbox_agree() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let site = Site::new();
    let shared = Arc::new(Shared::default());
    let clients: Vec<Client> = (0..CLIENTS).map(|name| Client::new(&site, seed, name, Arc::clone(&shared))).collect();
    let threads: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            thread::spawn(move || {
                for _ in 0..COMMANDS {
                    client.step();
                }
                client
            })
        })
        .collect();
    let clients: Vec<Client> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    // Claims of \Recent apart, all is quiet now: a fresh session is the truth.
    let truth = Client::new(&site, seed, CLIENTS, shared).known;
    for mut client in clients {
        client.run("NOOP", Expunges::Allowed);
        if client.mode == Mode::UidOnly {
            client.run("UID FETCH 1:* (FLAGS)", Expunges::Allowed);
            client.known.sort_by_key(|known| known.uid);
        }
        assert_eq!(client.known.len(), truth.len(), "client {}", client.name);
        for (number, (known, truth)) in client.known.iter().zip(&truth).enumerate() {
            let agrees = known.uid.is_none_or(|uid| Some(uid) == truth.uid)
                && known.flags.as_ref().is_none_or(|flags| Some(flags) == truth.flags.as_ref());
            if !agrees {
                client.fail(&format!("message {}: {known:?} is {truth:?}", number + 1));
            }
        }
        if let Some(known) = client.resynchronised() {
            let truth = truth.iter().filter_map(|known| Some((known.uid?, known.flags.clone()?))).collect();
            if known != truth {
                client.fail(&format!("came back to {known:?}, which is {truth:?}"));
            }
        }
    }
}
