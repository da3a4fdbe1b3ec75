//! Damaged files: an error for what is damaged, the rest stays readable, nothing panics.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use mailstore::{Account, ErrorKind, FlagChange, FlagOp, Flags, Store, UidSet};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use suite::process::run;

use super::{INLINE, account_folder, alice, content, content_files, deliver, inbox, kind, name, options, uids};

fn database(store: &Path) -> PathBuf {
    account_folder(store, "=alice").join("account.db")
}

/// A store of twelve messages, every third of them in a file; closed.
fn filled() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let account = alice(&Store::open(options(dir.path())).unwrap());
    for number in 1..=12 {
        deliver(&account, "INBOX", &content(number, if number % 3 == 0 { INLINE * 4 } else { 1900 })).unwrap();
    }
    dir
}

fn open(dir: &Path) -> Account {
    alice(&Store::open(options(dir)).unwrap())
}

fn readable(account: &Account) -> Vec<u32> {
    let mailbox = inbox(account);
    let whole = |uid: &u32| match mailbox.body(*uid) {
        Ok(body) => {
            assert!(body.as_ref() == content(u64::from(*uid), body.len()), "{uid}: wrong bytes without an error");
            true
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
            false
        }
    };
    uids(&mailbox).iter().copied().filter(whole).collect()
}

#[test]
fn a_damaged_content_file_is_one_damaged_message() {
    for damage in ["missing", "short", "long"] {
        let dir = filled();
        let file = content_files(dir.path()).remove(1);
        match damage {
            "missing" => fs::remove_file(&file).unwrap(),
            "short" => fs::File::options().write(true).open(&file).unwrap().set_len(100).unwrap(),
            _ => fs::File::options().write(true).open(&file).unwrap().set_len(1 << 20).unwrap(),
        }
        let account = open(dir.path());
        assert_eq!(uids(&inbox(&account)).len(), 12);
        let readable = readable(&account);
        assert_eq!(readable.len(), 11, "{damage}");
        let damaged = (1..=12).find(|uid| !readable.contains(uid)).unwrap();
        assert_eq!(kind(inbox(&account).read(damaged, 0..10)), ErrorKind::Corrupt);
        assert_eq!(account.check().unwrap().problems.len(), 1, "{damage}");
        // It can still be copied, flagged and thrown away.
        let mailbox = inbox(&account);
        mailbox.copy(&damaged.into(), &name("Trash")).unwrap();
        mailbox.remove(&damaged.into()).unwrap();
        account.open(&name("Trash")).unwrap().remove(&UidSet::all()).unwrap();
        assert_eq!(account.check().unwrap().problems, [""; 0]);
    }
}

#[test]
fn other_bytes_in_a_content_file_are_found_by_a_check() {
    let dir = filled();
    let file = content_files(dir.path()).remove(0);
    let mut bytes = fs::read(&file).unwrap();
    bytes[5000] ^= 1;
    fs::remove_file(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let problems = open(dir.path()).check().unwrap().problems;
    assert!(problems.len() == 1 && problems[0].contains("checksum"), "{problems:?}");
}

#[test]
fn a_file_that_nothing_names_is_an_orphan() {
    let dir = filled();
    let orphan = content_files(dir.path())[0].with_file_name("0123456789abcdef0123456789abcdef");
    fs::write(orphan, b"x").unwrap();
    let findings = open(dir.path()).check().unwrap();
    assert_eq!((findings.problems.len(), findings.orphans.len()), (0, 1));
}

#[test]
fn other_bytes_in_an_inline_body_are_one_damaged_message() {
    let dir = filled();
    let path = database(dir.path());
    let mut bytes = fs::read(&path).unwrap();
    // The end of message 4, which lies in the middle of a page.
    let wanted = &content(4, 1900)[1800..];
    let at = bytes.windows(wanted.len()).position(|window| window == wanted).unwrap();
    bytes[at + 50] ^= 0x20;
    fs::write(&path, bytes).unwrap();
    let account = open(dir.path());
    assert_eq!(readable(&account), [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert_eq!(kind(inbox(&account).read(4, 0..1)), ErrorKind::Corrupt);
    assert_eq!(account.check().unwrap().problems.len(), 1);
}

#[test]
fn something_else_in_the_place_of_a_database_is_refused() {
    for bytes in [b"".to_vec(), b"no database at all, but long enough to look at".repeat(100), vec![0; 8192]] {
        let dir = filled();
        fs::write(database(dir.path()), bytes).unwrap();
        let account = open(dir.path());
        assert_eq!(kind(account.mailboxes()), ErrorKind::Corrupt);
        assert_eq!(kind(deliver(&account, "INBOX", b"x")), ErrorKind::Corrupt);
    }
}

#[test]
fn scribbled_databases_never_panic() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let dir = filled();
    let path = database(dir.path());
    let sound = fs::read(&path).unwrap();
    for _ in 0..60 {
        let mut bytes = sound.clone();
        for _ in 0..random.random_range(1..40) {
            // Behind the first page's header, so that it is opened.
            let at = random.random_range(100..bytes.len());
            let end = (at + random.random_range(1..64)).min(bytes.len());
            bytes[at..end].fill_with(|| random.random());
        }
        for name in ["account.db-wal", "account.db-shm"] {
            let _ = fs::remove_file(path.with_file_name(name));
        }
        fs::write(&path, bytes).unwrap();
        // Every call answers, one way or the other.
        let account = open(dir.path());
        let _ = (account.mailboxes(), account.quota(), account.subscriptions(), account.acl(&name("INBOX")));
        let _ = (account.status(&name("INBOX")), account.check());
        if let Ok(mailbox) = account.open(&name("INBOX")) {
            let _ = (mailbox.snapshot(), mailbox.rows(&[1, 2, 3]), mailbox.sizes());
            for uid in 1..=12 {
                if let Ok(body) = mailbox.body(uid) {
                    assert!(body.len() < 1 << 20);
                }
            }
            let _ = mailbox.for_each(&UidSet::all(), |_| ControlFlow::Continue(()));
            let seen = FlagChange { op: FlagOp::Add, flags: Flags::SEEN.into(), unchanged_since: None };
            let _ = (mailbox.change_flags(&UidSet::all(), &seen), mailbox.copy(&UidSet::all(), &name("Trash")));
            let _ = (mailbox.remove(&(1..=3).into()), mailbox.claim_recent());
        }
        let _ = deliver(&account, "INBOX", &content(99, 900));
    }
}

#[test]
fn a_log_that_is_longer_than_what_was_written_to_it_ends_where_its_commits_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(options(dir.path())).unwrap();
    let account = alice(&store);
    let mut ahead = false;
    for number in 1..=40 {
        deliver(&account, "INBOX", &content(number, 1900)).unwrap();
        ahead |= fs::read(database(dir.path()).with_extension("db-wal")).unwrap().ends_with(&[0; 8192]);
    }
    assert!(ahead, "the log was never made longer ahead of its use");
    // What a machine has on its disk that loses its power now.
    let left = tempfile::tempdir().unwrap();
    run(Command::new("cp").arg("-a").arg(dir.path().join(".")).arg(left.path()), b"").success();
    let account = open(left.path());
    assert_eq!(readable(&account), (1..=40).collect::<Vec<u32>>());
    deliver(&account, "INBOX", &content(41, 1900)).unwrap();
    assert_eq!(readable(&account).len(), 41);
    assert_eq!(account.check().unwrap().problems, [""; 0]);
}
