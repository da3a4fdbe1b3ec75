//! The maildrop: exclusive, as it was at sign-in, changed at QUIT only (RFC 1939 §4–§6, §8; RFC 2449 §8.1.2).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mailstore::{FlagChange, FlagOp, FlagSet, Flags, NewMessage};
use suite::process::find_program;

use super::fixture::{Options, Pop};

const MAIL: &[u8] = b"Subject: x\r\n\r\nbody\r\n";

#[test]
fn a_second_session_is_told_that_the_maildrop_is_in_use() {
    let pop = Pop::new();
    let mut first = pop.alice();
    let mut second = pop.connect();
    second.ok("USER alice");
    assert_eq!(second.err("PASS secret"), "[IN-USE] Maildrop is in use by another session");
    // Another user's is free, and this one once the first session has gone.
    pop.connect().sign_in("bob");
    first.ok("QUIT");
    second.sign_in("alice");
    second.ok("QUIT");
}

#[test]
fn a_session_that_is_cut_lets_go_of_the_maildrop() {
    let pop = Pop::new();
    pop.alice().cut();
    suite::wait_for("the maildrop", || {
        let mut client = pop.connect();
        client.ok("USER alice");
        client.command("PASS secret").starts_with("+OK").then_some(())
    });
}

#[test]
fn two_services_on_one_store_exclude_each_other() {
    let one = Pop::new();
    let other = Pop::with(Options { folder: Some(one.folder()), ..Options::default() });
    let mut first = one.alice();
    let mut second = other.connect();
    second.ok("USER alice");
    assert!(second.err("PASS secret").starts_with("[IN-USE]"));
    first.ok("QUIT");
    second.sign_in("alice");
}

fn lock_file(folder: &Path) -> PathBuf {
    let found =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find_map(|path| match path.is_dir() {
            true => Some(lock_file(&path)).filter(|file| file.as_os_str() != ""),
            false => path.ends_with("pop.lock").then_some(path),
        });
    found.unwrap_or_default()
}

/// A worker that dies by SIGKILL cannot tidy up.
#[test]
fn the_lock_of_a_killed_process_is_gone() {
    let pop = Pop::new();
    pop.alice().ok("QUIT");
    let file = lock_file(pop.folder().path());
    assert!(file.is_file(), "{}", file.display());
    let script = "import fcntl, sys\nf = open(sys.argv[1], 'r+')\nfcntl.flock(f, fcntl.LOCK_EX)\nprint('held', flush=True)\nsys.stdin.read()";
    let mut holder = Command::new(find_program("python3"))
        .args(["-c", script])
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    let mut client = pop.connect();
    client.ok("USER alice");
    assert!(client.err("PASS secret").starts_with("[IN-USE]"));
    holder.kill().unwrap();
    holder.wait().unwrap();
    client.sign_in("alice");
}

#[test]
fn messages_are_removed_at_quit_and_not_before() {
    let pop = Pop::new();
    pop.put(&[MAIL, MAIL, MAIL]);
    let mut client = pop.alice();
    client.ok("DELE 1");
    client.ok("DELE 3");
    assert_eq!(pop.uids(), [1, 2, 3]);
    client.ok("QUIT");
    assert_eq!(pop.uids(), [2]);
    // Numbers are those of the new session.
    let mut client = pop.alice();
    assert_eq!(client.list("LIST").len(), 1);
    client.retr(1);
}

#[test]
fn a_cut_removes_and_marks_nothing() {
    let pop = Pop::new();
    pop.put(&[MAIL, MAIL]);
    let mut client = pop.alice();
    client.retr(1);
    client.ok("DELE 1");
    client.cut();
    suite::wait_for("the maildrop", || pop.account("alice").lock_maildrop().unwrap());
    assert_eq!(pop.uids(), [1, 2]);
    assert_eq!(pop.seen(), [false, false]);
}

#[test]
fn retr_marks_as_seen_at_quit_and_top_does_not() {
    let pop = Pop::new();
    pop.put(&[MAIL, MAIL, MAIL]);
    let mut client = pop.alice();
    client.retr(1);
    client.ok("TOP 2 1000");
    client.body();
    assert_eq!(pop.seen(), [false, false, false]);
    client.ok("RSET");
    client.ok("QUIT");
    assert_eq!(pop.seen(), [true, false, false]);
}

#[test]
fn what_imap_removes_meanwhile_harms_nothing() {
    let pop = Pop::new();
    pop.put(&[MAIL, b"Subject: stays\r\n\r\n", MAIL, MAIL]);
    let mut client = pop.alice();
    client.ok("DELE 4");
    let inbox = pop.inbox("alice");
    inbox.remove(&[1, 4].into_iter().collect()).unwrap();
    assert_eq!(client.err("RETR 1"), "Message was removed by another session");
    assert_eq!(client.err("TOP 1 0"), "Message was removed by another session");
    assert_eq!(client.retr(2).1, b"Subject: stays\r\n\r\n");
    assert_eq!(client.list("LIST").len(), 3, "numbers stay as they are");
    client.ok("DELE 1");
    client.ok("DELE 3");
    client.ok("QUIT");
    assert_eq!(pop.uids(), [2]);
}

#[test]
fn flags_that_imap_changes_meanwhile_stay() {
    let pop = Pop::new();
    pop.put(&[MAIL, MAIL]);
    let mut client = pop.alice();
    client.retr(1);
    let flags = FlagSet { system: Flags::FLAGGED.union(Flags::DELETED), keywords: vec!["work".to_owned()] };
    let change = FlagChange { op: FlagOp::Add, flags, unchanged_since: None };
    pop.inbox("alice").change_flags(&1.into(), &change).unwrap();
    client.ok("QUIT");
    let snapshot = pop.inbox("alice").snapshot().unwrap();
    let flags = snapshot.flags()[0];
    assert!(flags.contains(Flags::SEEN.union(Flags::FLAGGED).union(Flags::DELETED)), "{flags:?}");
    assert_eq!(snapshot.keywords().names(flags).collect::<Vec<_>>(), ["work"]);
    // `\Deleted` is IMAP's word: POP shows the message and does not remove it.
    let mut client = pop.alice();
    assert_eq!(client.list("LIST").len(), 2);
}

#[test]
fn what_arrives_meanwhile_is_not_shown_and_not_removed() {
    let pop = Pop::new();
    pop.put(&[MAIL]);
    let mut client = pop.alice();
    pop.put(&[MAIL]);
    assert_eq!(client.ok("STAT"), "1 20");
    client.err("RETR 2");
    client.ok("DELE 1");
    client.ok("QUIT");
    assert_eq!(pop.uids(), [2]);
}

#[test]
fn an_account_deleted_meanwhile_ends_in_errors_not_in_silence() {
    let pop = Pop::new();
    pop.put(&[MAIL]);
    let mut client = pop.alice();
    client.ok("DELE 1");
    pop.store.delete_account(pop.account("alice").id()).unwrap();
    client.ok("RSET");
    assert!(client.err("RETR 1").starts_with("[SYS/"));
    client.ok("DELE 1");
    assert!(client.err("QUIT").starts_with("[SYS/PERM] Some deleted messages were not removed"));
    assert!(client.is_closed());
}

/// The list is answered without the contents: they may even be missing.
#[test]
fn fifty_thousand_messages_are_listed_without_opening_one() {
    let pop = Pop::new();
    let account = pop.account("alice");
    let mut incoming = account.incoming(Some(100_000)).unwrap();
    std::io::Write::write_all(&mut incoming, &[b'x'; 99_998]).unwrap();
    std::io::Write::write_all(&mut incoming, b"\r\n").unwrap();
    let content = incoming.finish().unwrap();
    let messages = (0..50).map(|_| NewMessage::new(content.clone())).collect();
    let inbox = mailstore::MailboxName::inbox();
    account.append(&inbox, messages).unwrap();
    let mailbox = account.open(&inbox).unwrap();
    // Copies share the content: 50,000 messages without 5 GB.
    for _ in 0..999 {
        mailbox.copy(&(1..=50).into(), &inbox).unwrap();
    }
    let removed = remove_contents(pop.folder().path());
    assert!(removed > 0, "the contents lie in files");
    let mut client = pop.alice();
    assert_eq!(client.ok("STAT"), "50000 5000000000");
    let list = client.list("LIST");
    assert_eq!((list.len(), list[49_999].as_str()), (50_000, "50000 100000"));
    let ids = client.list("UIDL");
    assert_eq!(ids.len(), 50_000);
    assert!(client.err("RETR 1").starts_with("[SYS/PERM] "));
    client.ok("DELE 50000");
    client.ok("QUIT");
    assert_eq!(pop.uids().len(), 49_999);
}

fn remove_contents(folder: &Path) -> usize {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            removed += remove_contents(&path);
        } else if path.parent().unwrap().ends_with("content") {
            std::fs::remove_file(&path).unwrap();
            removed += 1;
        }
    }
    removed
}
