//! What purging removes beside messages: old entries of the log of expunged messages, orphan content files.

use std::{
    fs::{self, File},
    time::{Duration, SystemTime},
};

use ::stored::{PurgeOptions, purge};
use mailstore::{AccountId, MailboxName, Store, StoreOptions, UidSet};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions { inline_limit: 100, ..StoreOptions::new(folder.path()) }).unwrap();
    (folder, store)
}

fn deliver(account: &mailstore::Account, bytes: usize) -> u32 {
    use std::io::Write;
    let mut incoming = account.incoming(None).unwrap();
    incoming.write_all(&vec![b'x'; bytes]).unwrap();
    let message = mailstore::NewMessage::new(incoming.finish().unwrap());
    account.deliver(&MailboxName::inbox(), vec![message]).unwrap().uids[0]
}

const KEEP_ALL: PurgeOptions = PurgeOptions { due: 0, expunged_log: u64::MAX >> 1 };

#[test]
fn the_log_of_expunged_messages_keeps_its_last_entries_and_older_questions_still_get_a_right_answer() {
    let (_folder, store) = store();
    let account = store.account(&AccountId::new("alice").unwrap()).unwrap();
    let mailbox = account.open(&MailboxName::inbox()).unwrap();
    let uids: Vec<u32> = (0..20).map(|_| deliver(&account, 10)).collect();
    let before = mailbox.snapshot().unwrap().highest_modseq();
    // Every other one, so that entries cannot be told as one range.
    let gone: Vec<u32> = uids.iter().copied().filter(|uid| uid % 2 == 0).collect();
    let since: Vec<u64> = gone.iter().map(|uid| mailbox.remove(&UidSet::from(*uid..=*uid)).unwrap().modseq).collect();
    let all = UidSet::from(1..=20);
    let vanished = |since| mailbox.vanished_since(since, &all).unwrap();
    let exact: Vec<UidSet> = since.iter().map(|since| vanished(*since)).collect();
    assert_eq!(purge(&account, KEEP_ALL).unwrap().log_entries, 0);
    let purged = purge(&account, PurgeOptions { expunged_log: 4, ..KEEP_ALL }).unwrap();
    assert_eq!(purged.log_entries, 6);
    for (at, since) in since.iter().enumerate() {
        if at >= 5 {
            assert_eq!(vanished(*since), exact[at], "still known exactly");
        } else {
            assert_eq!(vanished(*since), gone.iter().copied().collect::<UidSet>(), "everything that is not there");
        }
    }
    assert_eq!(vanished(before), gone.iter().copied().collect::<UidSet>());
    assert_eq!(purge(&account, PurgeOptions { expunged_log: 4, ..KEEP_ALL }).unwrap().log_entries, 0);
    assert_eq!(account.check().unwrap().problems, Vec::<String>::new());
}

#[test]
fn content_files_that_no_message_names_go_after_a_week_and_the_others_stay() {
    let (_folder, store) = store();
    let id = AccountId::new("alice").unwrap();
    let account = store.account(&id).unwrap();
    let uid = deliver(&account, 5000);
    let content = store.place(&id).unwrap().folder.join("content");
    let (old, young) = (content.join("0".repeat(32)), content.join("1".repeat(32)));
    let long_ago = SystemTime::now() - Duration::from_secs(8 * 24 * 3600);
    for path in [&old, &young] {
        fs::write(path, b"left behind").unwrap();
    }
    for entry in fs::read_dir(&content).unwrap() {
        let path = entry.unwrap().path();
        if path != young {
            File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        }
    }
    assert_eq!(purge(&account, KEEP_ALL).unwrap().orphans, 1);
    assert!(!old.exists() && young.exists());
    let mailbox = account.open(&MailboxName::inbox()).unwrap();
    assert_eq!(mailbox.body(uid).unwrap().len(), 5000);
}
