//! The store under kill -9: what was acknowledged stays, once, whatever moment the program dies at.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use suite::{LmtpClient, Site, SiteOptions, lmtp::stuffed};

const ROUNDS: u32 = 200;
const CONNECTIONS: usize = 8;
const USERS: [&str; 3] = ["u0", "u1", "u2"];

/// A message that was sent: whose, and how long it is.
type Sent = BTreeMap<String, (usize, usize)>;

#[test]
fn acknowledged_mail_survives_kill_9() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut site = Site::make(SiteOptions::default().users(&USERS));
    let mut acknowledged = Sent::new();
    let mut sent = Sent::new();
    let mut seen: BTreeMap<(usize, u64), String> = BTreeMap::new();
    for round in 0..ROUNDS {
        site.run();
        if round % 20 == 0 {
            check(&site, &acknowledged, &sent, &mut seen);
        }
        // The moment: after so many acknowledgements of all connections together, 0 for the very first bytes.
        let moment = random.random_range(0..60);
        deliver_until_killed(&mut site, round, moment, random.random(), &mut acknowledged, &mut sent);
        databases_are_whole(site.root());
    }
    site.run();
    check(&site, &acknowledged, &sent, &mut seen);
    assert!(acknowledged.len() > ROUNDS as usize, "only {} deliveries were acknowledged", acknowledged.len());
    // A kind end after all that is possible too.
    assert!(site.stop().success());
    databases_are_whole(site.root());
}

fn deliver_until_killed(
    site: &mut Site,
    round: u32,
    moment: usize,
    seed: u64,
    acknowledged: &mut Sent,
    sent: &mut Sent,
) {
    let address = site.listener("lmtp");
    let domain = site.domain().to_owned();
    let count = AtomicUsize::new(0);
    let started = AtomicUsize::new(0);
    let done = AtomicBool::new(false);
    let results = Mutex::new((Sent::new(), Sent::new()));
    thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let (count, started, done, results, domain) = (&count, &started, &done, &results, &domain);
            scope.spawn(move || {
                let mut random = StdRng::seed_from_u64(seed ^ connection as u64);
                let mut lmtp = LmtpClient::connect(address);
                started.fetch_add(1, Ordering::SeqCst);
                for number in 0.. {
                    if done.load(Ordering::SeqCst) {
                        break;
                    }
                    let id = format!("r{round}c{connection}n{number}");
                    let user = random.random_range(0..USERS.len());
                    // Most are small; some are large enough for a file of their own.
                    let length = if random.random_range(0..16) == 0 { 150_000 } else { random.random_range(10..2000) };
                    let message = message(&id, length);
                    let entry = (id, (user, message.len()));
                    results.lock().unwrap().1.extend([entry.clone()]);
                    if !try_deliver(&mut lmtp, &format!("{}@{domain}", USERS[user]), &message) {
                        break;
                    }
                    results.lock().unwrap().0.extend([entry]);
                    count.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        while started.load(Ordering::SeqCst) < CONNECTIONS || count.load(Ordering::SeqCst) < moment {
            thread::yield_now();
        }
        site.kill();
        done.store(true, Ordering::SeqCst);
    });
    let (new_acknowledged, new_sent) = results.into_inner().unwrap();
    acknowledged.extend(new_acknowledged);
    sent.extend(new_sent);
}

fn message(id: &str, length: usize) -> Vec<u8> {
    let line = format!("{id} {}\r\n", "x".repeat(60));
    let mut message = format!("From: a@elsewhere.test\r\nSubject: {id}\r\n\r\n").into_bytes();
    while message.len() < length {
        message.extend(line.bytes());
    }
    message.extend(format!("end of {id}\r\n").bytes());
    message
}

/// One transaction, pipelined; whether the message was acknowledged before the connection broke.
fn try_deliver(lmtp: &mut LmtpClient, recipient: &str, message: &[u8]) -> bool {
    let start = format!("MAIL FROM:<a@elsewhere.test>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n");
    if lmtp.try_send(start.as_bytes()).is_err() {
        return false;
    }
    for code in [250, 250, 354] {
        match lmtp.try_reply() {
            Ok(reply) => assert_eq!(reply.code, code, "{reply:?}"),
            Err(_) => return false,
        }
    }
    if lmtp.try_send(&stuffed(message)).is_err() {
        return false;
    }
    match lmtp.try_reply() {
        Ok(reply) => {
            assert_eq!(reply.code, 250, "{reply:?}");
            true
        }
        Err(_) => false,
    }
}

/// Every acknowledged message is there once and whole, no message is there twice, UIDs go up and never change.
fn check(site: &Site, acknowledged: &Sent, sent: &Sent, seen: &mut BTreeMap<(usize, u64), String>) {
    for (user, name) in USERS.iter().enumerate() {
        let mut imap = site.imap_as(name);
        imap.command("SELECT INBOX");
        let reply = imap.command("UID FETCH 1:* (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
        let mut last = 0;
        let mut present = BTreeSet::new();
        for response in &reply.untagged {
            let item = |item: &str| response.fetch_item(item).unwrap_or_else(|| panic!("{}", response.text())).1;
            let uid = item("UID").number().unwrap();
            assert!(uid > last, "UID {uid} after {last}");
            last = uid;
            let header = item("BODY[HEADER.FIELDS (SUBJECT)]").text();
            let id = header.trim().strip_prefix("Subject: ").unwrap_or_else(|| panic!("{header}")).to_owned();
            let (of, length) = sent.get(&id).unwrap_or_else(|| panic!("{id} was never sent"));
            assert_eq!(*of, user, "{id} is in the wrong mailbox");
            let size = item("RFC822.SIZE").number().unwrap() as usize;
            assert!(size >= *length, "{id} has {size} of {length} bytes");
            assert!(present.insert(id.clone()), "{id} is there twice");
            let before = seen.insert((user, uid), id.clone());
            assert!(before.is_none_or(|before| before == id), "UID {uid} was another message");
        }
        for (id, _) in acknowledged.iter().filter(|(_, (of, _))| *of == user) {
            assert!(present.contains(id), "{id} was acknowledged and is gone");
        }
        // A few are read whole, the last ones and one with a file of its own among them.
        let large = present.iter().find(|id| sent[*id].1 > 100_000);
        for id in present.iter().rev().take(3).chain(large) {
            let uid = seen.iter().find(|((of, _), other)| *of == user && *other == id).unwrap().0.1;
            let expected = message(id, 0);
            let stored = imap.message(uid);
            assert!(
                stored.ends_with(&expected[expected.len() - format!("end of {id}\r\n").len()..]),
                "{id} is cut short"
            );
        }
    }
}

/// SQLite's own check of every account's database; the program is not running.
fn databases_are_whole(root: &Path) {
    let mut files = Vec::new();
    find_databases(root, &mut files);
    for file in files {
        let database = rusqlite::Connection::open(&file).unwrap();
        let answer: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(answer, "ok", "{}", file.display());
    }
}

fn find_databases(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_databases(&path, files);
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0")) {
            files.push(path);
        }
    }
}
