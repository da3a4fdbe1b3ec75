//! The format on disk: stores of earlier versions open, newer ones are refused, FORMAT.md names everything.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mailstore::{
    AccountId, ErrorKind, Flags, MailboxName, QuotaLimits, Rights, SpecialUse, Store, StoreError, Visitor,
};
use rusqlite::Connection;

use super::{content, deliver, inbox, kind, name, new_account, options, uids};

/// An account of version 1 as SQL, made by the program of that version.
const VERSION_1: &str = include_str!("version-1.sql");

/// What version 2 adds: a message that was expunged long ago, and a reader of INBOX.
const VERSION_2: &str = include_str!("version-2.sql");

/// What version 3 adds: every message is in one thread.
const VERSION_3: &str = include_str!("version-3.sql");

/// What version 4 adds: somebody who reads INBOX too has seen its second message.
const VERSION_4: &str = include_str!("version-4.sql");

/// The folder of account `old`: the hash and the escape of FORMAT.md, worked out by hand.
fn folder(store: &Path) -> PathBuf {
    store.join("partition/primary/=user/9b/d6/=old")
}

/// A store with the account `old` as an earlier version left it.
fn old_store(sql: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    fs::create_dir_all(folder.join("content")).unwrap();
    fs::write(folder.join("content/00112233445566778899aabbccddeeff"), content(2, 2500)).unwrap();
    let db = Connection::open(folder.join("account.db")).unwrap();
    db.execute_batch(sql).unwrap();
    db.query_row("PRAGMA journal_mode = WAL", (), |_| Ok(())).unwrap();
    dir
}

#[test]
fn version_1_opens() {
    let dir = old_store(VERSION_1);
    let store = Store::open(options(dir.path())).unwrap();
    let old = AccountId::new("old").unwrap();
    assert_eq!(store.accounts().unwrap(), std::slice::from_ref(&old));
    let account = store.existing_account(&old).unwrap().expect("found by its folder");
    super::assert_sound(&account);

    let mailbox = inbox(&account);
    assert_eq!((mailbox.uid_validity(), uids(&mailbox)), (1_700_000_000, vec![1, 2, 4]));
    let snapshot = mailbox.snapshot().unwrap();
    assert_eq!((snapshot.uid_next(), snapshot.highest_modseq(), snapshot.recent_from()), (5, 8, 4));
    assert_eq!(snapshot.modseqs(), [7, 3, 5]);
    assert_eq!(snapshot.flags()[0].system(), Flags::SEEN | Flags::FLAGGED);
    assert_eq!(snapshot.keywords().names(snapshot.flags()[0]).collect::<Vec<_>>(), ["$Work"]);
    let status = mailbox.status().unwrap();
    assert_eq!((status.messages, status.unseen, status.recent, status.deleted), (3, 2, 1, 0));
    for (uid, number, size) in [(1, 1, 100), (2, 2, 2500), (4, 4, 60)] {
        assert!(mailbox.body(uid).unwrap().as_ref() == content(number, size), "{uid}");
    }
    let row = &mailbox.rows(&[2]).unwrap()[0];
    assert_eq!((row.internal_date, row.size), (1_600_000_000.into(), 2500));

    let archive = account.mailbox(&name("Archive/2024")).unwrap();
    assert_eq!((archive.status.messages, archive.special_use), (1, None));
    assert_eq!(account.mailbox(&name("Sent")).unwrap().special_use, Some(SpecialUse::Sent));
    assert!(!account.mailbox(&name("Archive")).unwrap().selectable);
    let copy = account.open(&name("Archive/2024")).unwrap();
    assert_eq!(copy.rows(&[1]).unwrap()[0].email_id, row.email_id);
    assert_eq!(account.acl(&name("Sent")).unwrap()[0].rights, Rights::parse("lr").unwrap());
    assert_eq!(account.quota().unwrap().limits, QuotaLimits { bytes: Some(1_000_000), ..QuotaLimits::default() });
    let subscribed: Vec<MailboxName> = account.subscriptions().unwrap();
    assert_eq!(subscribed, [name("Gone"), name("INBOX"), name("Sent")]);

    assert_eq!(deliver(&account, "INBOX", b"new").unwrap(), 5);
    super::assert_sound(&account);
}

#[test]
fn version_2_opens_with_its_removed_messages() {
    let dir = old_store(&format!("{VERSION_1}\n{VERSION_2}"));
    let account = Store::open(options(dir.path())).unwrap().account(&AccountId::new("old").unwrap()).unwrap();
    super::assert_sound(&account);
    let mailbox = inbox(&account);
    assert_eq!(mailbox.readers().unwrap(), [("bob".to_owned(), 1_700_000_100)]);
    assert_eq!(mailbox.removed().unwrap(), 1);
    assert_eq!(mailbox.bring_back(0).unwrap(), [5]);
    assert_eq!(mailbox.body(5).unwrap().as_ref(), b"Subject: 3\r\n\r\n");
    super::assert_sound(&account);
}

#[test]
fn version_3_opens_with_its_threads() {
    let dir = old_store(&format!("{VERSION_1}\n{VERSION_2}\n{VERSION_3}"));
    let account = Store::open(options(dir.path())).unwrap().account(&AccountId::new("old").unwrap()).unwrap();
    account.give_threads().unwrap();
    let rows = inbox(&account).rows(&[1, 2, 4]).unwrap();
    assert!(rows.iter().all(|row| row.thread_id.unwrap().to_string() == "00112233445566778899aabbccddeeff"));
    super::assert_sound(&account);
}

#[test]
fn version_4_opens_with_what_others_have_seen() {
    let dir = old_store(&format!("{VERSION_1}\n{VERSION_2}\n{VERSION_3}\n{VERSION_4}"));
    let account = Store::open(options(dir.path())).unwrap().account(&AccountId::new("old").unwrap()).unwrap();
    let bob = Visitor::new(AccountId::new("bob").unwrap(), "");
    let mailbox = inbox(&account.seen_by(Arc::new(bob)));
    let snapshot = mailbox.snapshot().unwrap();
    let seen: Vec<bool> = snapshot.flags().iter().map(|flags| flags.contains(Flags::SEEN)).collect();
    assert_eq!(seen, [false, true, false]);
    assert_eq!((mailbox.status().unwrap().unseen, mailbox.status().unwrap().recent), (2, 0));
}

#[test]
fn messages_of_an_earlier_version_get_their_threads_when_one_asks() {
    let dir = old_store(VERSION_1);
    let account = Store::open(options(dir.path())).unwrap().account(&AccountId::new("old").unwrap()).unwrap();
    let threads = || -> Vec<_> { inbox(&account).rows(&[1, 2, 4]).unwrap().iter().map(|row| row.thread_id).collect() };
    assert_eq!(threads(), [None; 3]);
    account.give_threads().unwrap();
    let given = threads();
    assert!(given.iter().all(Option::is_some));
    account.give_threads().unwrap();
    assert_eq!(threads(), given, "a thread stays");
    super::assert_sound(&account);
}

#[test]
fn a_newer_version_is_refused() {
    let newer = old_store(&format!("{VERSION_1}\nPRAGMA user_version = 1000;"));
    let store = Store::open(options(newer.path())).unwrap();
    let account = store.account(&AccountId::new("old").unwrap()).unwrap();
    assert!(matches!(account.mailboxes(), Err(StoreError::Format { found: 1000, .. })));
    assert_eq!(kind(account.open(&name("INBOX"))), ErrorKind::Io);
}

#[test]
fn format_md_names_every_table_and_column() {
    let text = include_str!("../../store/mailstore/FORMAT.md");
    let old = old_store(VERSION_1);
    let (new, account) = new_account();
    account.mailboxes().unwrap();
    account.store().close_idle();
    let describe = |path: PathBuf| {
        let db = Connection::open(path).unwrap();
        let mut select = db
            .prepare("SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite%' ORDER BY 1, 2")
            .unwrap();
        let columns = select.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        columns.collect::<rusqlite::Result<Vec<(String, String)>>>().unwrap()
    };
    let columns = describe(super::account_folder(new.path(), "=alice").join("account.db"));
    assert!(columns.len() > 50);
    for (table, column) in &columns {
        assert!(text.contains(&format!("**{table}**")), "table {table}");
        assert!(text.contains(&format!("`{column}`")), "column {table}.{column}");
    }
    let store = Store::open(options(old.path())).unwrap();
    store.account(&AccountId::new("old").unwrap()).unwrap().mailboxes().unwrap();
    store.close_idle();
    assert_eq!(columns, describe(folder(old.path()).join("account.db")), "an old account gets the same tables");
}
