//! Several processes on one store, and processes that are killed. The tests run themselves again as the other processes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mailstore::{Account, AccountId, CreateOptions, ErrorKind, FlagChange, FlagOp, Flags, Store, UidSet};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{alice, assert_sound, content, deliver, inbox, kind, name, options, uids};

/// Where the other process finds the store; its presence says that this is one.
const STORE: &str = "HELIOGRAPH_TEST_STORE";
const NUMBER: &str = "HELIOGRAPH_TEST_NUMBER";

/// Starts this test again as another process on a store; it prints a line with a leading `@` for each thing done.
fn spawn(test: &str, store: &Path, number: u64) -> (Child, BufReader<std::process::ChildStdout>) {
    let module = module_path!().split_once("::").unwrap().1;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([&format!("{module}::{test}"), "--exact", "--nocapture", "--test-threads=1"])
        .env(STORE, store)
        .env(NUMBER, number.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (child, lines)
}

/// In the other process: the store and its number.
fn as_other_process() -> Option<(Store, u64)> {
    let path = std::env::var_os(STORE)?;
    let number = std::env::var(NUMBER).unwrap().parse().unwrap();
    Some((Store::open(options(Path::new(&path))).unwrap(), number))
}

/// One line in one write: lines of several threads don't mix.
fn say(what: &str) {
    std::io::stdout().lock().write_all(format!("\n@{what}\n").as_bytes()).unwrap();
}

fn said(lines: impl BufRead) -> impl Iterator<Item = String> {
    lines.lines().map_while(Result::ok).filter_map(|line| line.strip_prefix('@').map(str::to_owned))
}

#[test]
fn processes_write_to_one_account_at_once() {
    if let Some((store, number)) = as_other_process() {
        let account = alice(&store);
        let mailbox = inbox(&account);
        for step in 0..60 {
            let uid = deliver(&account, "INBOX", &content(number * 1000 + step, 700 + step as usize * 40)).unwrap();
            let seen = FlagChange { op: FlagOp::Add, flags: Flags::SEEN.into(), unchanged_since: None };
            if step % 3 == 0 {
                mailbox.change_flags(&uid.into(), &seen).unwrap();
            }
            if step % 10 == 0 {
                account.create(&name(&format!("p{number}/{step}")), CreateOptions::default()).unwrap();
            }
            let snapshot = mailbox.snapshot().unwrap();
            let at = snapshot.index_of(uid).expect("its own commit is seen");
            assert_eq!(snapshot.flags()[at].contains(Flags::SEEN), step % 3 == 0);
            say(&format!("{uid}"));
        }
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Nothing is there yet: they also race to make the account.
    let children: Vec<_> =
        (1..=4).map(|number| spawn("processes_write_to_one_account_at_once", dir.path(), number)).collect();
    let mut all = Vec::new();
    for (mut child, lines) in children {
        let own: Vec<u32> = said(lines).map(|line| line.parse().unwrap()).collect();
        assert!(child.wait().unwrap().success());
        assert!(own.is_sorted() && own.len() == 60);
        all.extend(own);
    }
    all.sort_unstable();
    assert_eq!(all, (1..=240).collect::<Vec<_>>());
    let account = alice(&Store::open(options(dir.path())).unwrap());
    let status = inbox(&account).status().unwrap();
    assert_eq!((status.messages, status.unseen), (240, 160));
    assert_eq!(account.mailboxes().unwrap().len(), 6 + 4 + 24);
    assert_sound(&account);
}

#[test]
fn a_mailbox_may_go_while_another_process_has_it_open() {
    if let Some((store, number)) = as_other_process() {
        let account = alice(&store);
        match number {
            1 => account.delete(&name("Work")).unwrap(),
            2 => account.rename(&name("Play"), &name("Games")).unwrap(),
            _ => store.delete_account(account.id()).unwrap(),
        }
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let run = |number| {
        let (mut child, lines) = spawn("a_mailbox_may_go_while_another_process_has_it_open", dir.path(), number);
        assert_eq!(said(lines).count(), 0);
        assert!(child.wait().unwrap().success());
    };
    let store = Store::open(options(dir.path())).unwrap();
    let account = alice(&store);
    for made in ["Work", "Play"] {
        account.create(&name(made), CreateOptions::default()).unwrap();
        deliver(&account, made, b"x").unwrap();
    }
    let (work, play) = (account.open(&name("Work")).unwrap(), account.open(&name("Play")).unwrap());
    assert_eq!((uids(&work), uids(&play)), (vec![1], vec![1]));
    run(1);
    assert_eq!(kind(work.snapshot()), ErrorKind::Gone);
    assert_eq!(kind(work.remove(&UidSet::all())), ErrorKind::Gone);
    assert_eq!(kind(deliver(&account, "Work", b"x")), ErrorKind::NotFound);
    run(2);
    assert_eq!(play.name().unwrap(), name("Games"));
    assert_eq!(deliver(&account, "Games", b"y").unwrap(), 2);
    assert_eq!(uids(&play), [1, 2]);
    run(3);
    assert_eq!(kind(deliver(&account, "INBOX", b"lost?")), ErrorKind::Gone);
    assert_eq!(kind(play.snapshot()), ErrorKind::Gone);
    assert_eq!(deliver(&alice(&store), "INBOX", b"new").unwrap(), 1);
}

const THREADS: u64 = 4;
const USERS: u64 = 3;

fn user(store: &Store, number: u64) -> Account {
    store.account(&AccountId::new(&format!("u{number}")).unwrap()).unwrap()
}

/// Sizes on both sides of the limit for files.
fn size_of(number: u64) -> usize {
    300 + (number % 7) as usize * 500
}

fn write_until_killed(store: &Store, round: u64) {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for step in 0.. {
                    let number = (round * THREADS + thread) * 100_000 + step;
                    let whose = number % USERS;
                    let account = user(store, whose);
                    let uid = deliver(&account, "INBOX", &content(number, size_of(number))).unwrap();
                    say(&format!("{whose} {uid} {number}"));
                    match step % 4 {
                        1 => drop(inbox(&account).copy(&uid.into(), &name("Archive")).unwrap()),
                        2 => drop(account.open(&name("Archive")).unwrap().remove(&UidSet::all()).unwrap()),
                        _ => {}
                    }
                }
            });
        }
    });
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    if let Some((store, round)) = as_other_process() {
        return write_until_killed(&store, round);
    }
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    // By account and UID: which message it is. What a killed process did not acknowledge may be there or not, but once
    // it was seen it stays.
    let mut known: BTreeMap<(u64, u32), u64> = BTreeMap::new();
    for round in 0..15 {
        let (mut child, lines) = spawn("what_was_acknowledged_survives_kill_9", dir.path(), round);
        let moment = random.random_range(0..80);
        let mut acknowledged = 0;
        let kill = |child: &mut Child| child.kill().unwrap();
        if moment == 0 {
            kill(&mut child);
        }
        for line in said(lines) {
            let parts: Vec<u64> = line.split(' ').map(|part| part.parse().unwrap()).collect();
            let [whose, uid, number] = parts[..] else { panic!("{line}") };
            assert_eq!(known.insert((whose, uid as u32), number), None, "a UID was given twice");
            acknowledged += 1;
            if acknowledged == moment {
                kill(&mut child);
            }
        }
        assert!(!child.wait().unwrap().success() && acknowledged >= moment, "it ends only by the kill");
        let store = Store::open(options(dir.path())).unwrap();
        for whose in 0..USERS {
            check_user(&user(&store, whose), whose, &mut known);
        }
    }
}

fn check_user(account: &Account, whose: u64, known: &mut BTreeMap<(u64, u32), u64>) {
    let findings = account.check().unwrap();
    assert_eq!(findings.problems, [""; 0]);
    let mailbox = inbox(account);
    let mut numbers = BTreeSet::new();
    let present = uids(&mailbox);
    for uid in &present {
        let body = mailbox.body(*uid).unwrap();
        let text = String::from_utf8_lossy(&body[..40.min(body.len())]).into_owned();
        let number: u64 = text.strip_prefix("Subject: ").unwrap().split('\r').next().unwrap().parse().unwrap();
        assert!(body.as_ref() == content(number, size_of(number)), "{uid} is not what was delivered");
        assert!(numbers.insert(number), "message {number} is there twice");
        assert_eq!(*known.entry((whose, *uid)).or_insert(number), number, "UID {uid} is another message now");
    }
    let lost = known.keys().filter(|(user, uid)| *user == whose && present.binary_search(uid).is_err()).count();
    assert_eq!(lost, 0, "acknowledged, or seen before, and gone");
}
