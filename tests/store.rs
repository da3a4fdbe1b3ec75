//! The message store, used as a library: its rules, a model, several processes, crashes, damage, its format.

mod damage;
mod flags;
mod format;
mod intake;
mod model;
mod moving;
mod names;
mod observers;
mod private;
mod processes;
mod quota;
mod removed;
mod views;

use std::io::Write;
use std::path::{Path, PathBuf};

use mailstore::{
    Account, AccountId, ErrorKind, Flags, Mailbox, MailboxName, NewMessage, Result, Store, StoreOptions, Uid,
};
use tempfile::TempDir;

/// Contents above this many bytes go to files, in these tests.
const INLINE: usize = 2000;

fn options(path: &Path) -> StoreOptions {
    StoreOptions { inline_limit: INLINE, open_accounts: 4, ..StoreOptions::new(path) }
}

fn new_store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(options(dir.path())).unwrap();
    (dir, store)
}

fn alice(store: &Store) -> Account {
    store.account(&AccountId::new("alice").unwrap()).unwrap()
}

fn new_account() -> (TempDir, Account) {
    let (dir, store) = new_store();
    (dir, alice(&store))
}

fn name(text: &str) -> MailboxName {
    MailboxName::new(text).unwrap()
}

fn inbox(account: &Account) -> Mailbox {
    account.open(&MailboxName::inbox()).unwrap()
}

/// A message of exactly `size` bytes that no other number gives.
fn content(number: u64, size: usize) -> Vec<u8> {
    let mut bytes = format!("Subject: {number}\r\n\r\n").into_bytes();
    let mut state = number;
    while bytes.len() < size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.extend_from_slice(format!("{state:016x}\r\n").as_bytes());
    }
    bytes.truncate(size.max(1));
    bytes
}

fn take_in(account: &Account, bytes: &[u8]) -> NewMessage {
    let mut incoming = account.incoming(None).unwrap();
    incoming.write_all(bytes).unwrap();
    NewMessage::new(incoming.finish().unwrap())
}

fn deliver(account: &Account, mailbox: &str, bytes: &[u8]) -> Result<Uid> {
    account.append(&name(mailbox), vec![take_in(account, bytes)]).map(|appended| appended.uids[0])
}

fn kind<T>(outcome: Result<T>) -> ErrorKind {
    outcome.err().expect("it must be refused").kind()
}

fn uids(mailbox: &Mailbox) -> Vec<Uid> {
    mailbox.snapshot().unwrap().uids().to_vec()
}

fn flags_of(mailbox: &Mailbox, uid: Uid) -> Flags {
    let snapshot = mailbox.snapshot().unwrap();
    snapshot.flags()[snapshot.index_of(uid).unwrap()]
}

/// An account's folder by its escaped name.
fn account_folder(store: &Path, escaped: &str) -> PathBuf {
    let mut folders = vec![store.to_owned()];
    while let Some(folder) = folders.pop() {
        if folder.ends_with(escaped) {
            return folder;
        }
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        folders.extend(entries.filter(|path| path.is_dir()));
    }
    panic!("no folder {escaped}");
}

/// Every content file below a folder.
fn content_files(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content_files(&path));
        } else if below.ends_with("content") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn assert_sound(account: &Account) {
    let findings = account.check().unwrap();
    assert_eq!((findings.problems, findings.orphans), (vec![], vec![]));
}
