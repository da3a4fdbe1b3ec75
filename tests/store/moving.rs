//! Moving an account to another partition: all of it arrives, also when others use it or the mover dies.

use std::fs;
use std::path::Path;

use mailstore::{AccountId, ErrorKind, Partition, Store, StoreOptions};

use super::{INLINE, alice, assert_sound, content, deliver, inbox, kind, name, options, uids};

fn two_partitions(dir: &Path) -> Store {
    let mut options: StoreOptions = options(dir);
    options.partitions.push(Partition { name: "second".to_owned(), path: dir.join("second") });
    Store::open(options).unwrap()
}

fn id() -> AccountId {
    AccountId::new("alice").unwrap()
}

fn filled(store: &Store) {
    for number in 1..=6 {
        deliver(&alice(store), "INBOX", &content(number, if number % 2 == 0 { INLINE * 3 } else { 300 })).unwrap();
    }
}

fn assert_whole(store: &Store, partition: &str) {
    let account = store.existing_account(&id()).unwrap().expect("it is there");
    assert_eq!(store.place(&id()).unwrap().partition, partition);
    let mailbox = inbox(&account);
    for uid in uids(&mailbox) {
        let body = mailbox.body(uid).unwrap();
        assert!(body.as_ref() == content(u64::from(uid), body.len()), "{uid}");
    }
    assert_sound(&account);
}

#[test]
fn an_account_moves_there_and_back_with_its_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let store = two_partitions(dir.path());
    filled(&store);
    let before = alice(&store).mailboxes().unwrap();
    let old = store.place(&id()).unwrap();
    store.move_account(&id(), "second").unwrap();
    assert!(!old.folder.exists(), "nothing is left at the old place");
    assert_whole(&store, "second");
    assert_eq!(alice(&store).mailboxes().unwrap(), before);
    assert_eq!(deliver(&alice(&store), "INBOX", &content(7, INLINE * 2)).unwrap(), 7);
    store.move_account(&id(), "primary").unwrap();
    assert_whole(&store, "primary");
    assert_eq!(uids(&inbox(&alice(&store))).len(), 7);
    assert_eq!(kind(store.move_account(&id(), "third")), ErrorKind::Invalid);
    assert_eq!(kind(store.move_account(&AccountId::new("nobody").unwrap(), "second")), ErrorKind::NotFound);
}

#[test]
fn a_process_that_does_not_know_the_partition_makes_no_second_account() {
    let dir = tempfile::tempdir().unwrap();
    let unaware = Store::open(options(dir.path())).unwrap();
    let mover = two_partitions(dir.path());
    filled(&mover);
    drop(unaware.account(&id()).unwrap());
    mover.move_account(&id(), "second").unwrap();
    for refused in [unaware.account(&id()).err(), unaware.existing_account(&id()).err()] {
        let refused = refused.expect("it is not made anew").to_string();
        assert!(refused.contains("alice") && refused.contains("second"), "{refused}");
    }
    // One that starts without it in its settings is as careful, and others' accounts are made as ever.
    let later = Store::open(options(dir.path())).unwrap();
    assert!(later.account(&id()).is_err());
    later.account(&AccountId::new("bob").unwrap()).unwrap();
    assert_whole(&two_partitions(dir.path()), "second");
}

#[test]
fn a_partition_whose_disk_is_not_mounted_is_not_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    filled(&two_partitions(dir.path()));
    let (there, away) = (dir.path().join("second"), dir.path().join("unmounted"));
    fs::rename(&there, &away).unwrap();
    let reopen = || {
        let mut options = options(dir.path());
        options.partitions.push(Partition { name: "second".to_owned(), path: there.clone() });
        Store::open(options)
    };
    let refused = reopen().err().expect("the folder is another one").to_string();
    assert!(refused.contains("mounted"), "{refused}");
    fs::remove_dir_all(&there).unwrap();
    fs::rename(&away, &there).unwrap();
    assert!(reopen().is_ok());
    // What an administrator says goes: the line is taken out, and an empty folder takes its place.
    fs::remove_dir_all(&there).unwrap();
    let list = options(dir.path()).partitions[0].path.join("=partitions");
    let text = fs::read_to_string(&list).unwrap();
    let kept: String = text.split_inclusive('\n').filter(|line| !line.ends_with("/second\n")).collect();
    assert!(kept.len() < text.len(), "{text}");
    fs::write(&list, kept).unwrap();
    assert!(reopen().is_ok());
}

#[test]
fn another_process_finds_it_gone_and_then_at_its_new_place() {
    let dir = tempfile::tempdir().unwrap();
    // Two stores on one folder share nothing in memory: as two processes do.
    let (mover, other) = (two_partitions(dir.path()), two_partitions(dir.path()));
    filled(&mover);
    let account = alice(&other);
    let mailbox = inbox(&account);
    assert_eq!(uids(&mailbox).len(), 6);
    mover.move_account(&id(), "second").unwrap();
    assert_eq!(kind(deliver(&account, "INBOX", b"late")), ErrorKind::Gone);
    assert_eq!(kind(mailbox.snapshot()), ErrorKind::Gone);
    assert_eq!(deliver(&alice(&other), "INBOX", &content(7, 100)).unwrap(), 7);
    assert_whole(&other, "second");
}

#[test]
fn a_move_that_was_cut_short_is_finished_or_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let store = two_partitions(dir.path());
    filled(&store);
    let old = store.place(&id()).unwrap().folder;
    store.move_account(&id(), "second").unwrap();
    let new = store.place(&id()).unwrap().folder;
    drop(store);
    // The mover died before the copy got its name: the old database is there and gone.
    fs::rename(new.join("account.db"), new.join("account.db.arriving")).unwrap();
    fs::create_dir_all(&old).unwrap();
    fs::copy(new.join("account.db.arriving"), old.join("account.db")).unwrap();
    let left = rusqlite::Connection::open(old.join("account.db")).unwrap();
    left.execute_batch("UPDATE account SET gone = 1; DELETE FROM mailbox").unwrap();
    drop(left);
    assert_whole(&two_partitions(dir.path()), "second");
    assert!(!old.exists());
    // The mover died while it copied: the old place is still the account.
    let store = two_partitions(dir.path());
    store.move_account(&id(), "primary").unwrap();
    fs::create_dir_all(&new).unwrap();
    fs::write(new.join("account.db.arriving"), b"half of it").unwrap();
    assert_whole(&two_partitions(dir.path()), "primary");
    assert!(old.exists());
    // An account that is deleted then does not come back from there.
    let store = two_partitions(dir.path());
    store.delete_account(&id()).unwrap();
    assert!(two_partitions(dir.path()).existing_account(&id()).unwrap().is_none());
}

#[test]
fn writers_lose_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let store = two_partitions(dir.path());
    alice(&store);
    let writer = std::thread::spawn({
        let path = dir.path().to_owned();
        move || {
            let store = two_partitions(&path);
            let mut written = 0;
            while written < 150 {
                let number = written + 1;
                match deliver(&alice(&store), "INBOX", &content(number, if number % 5 == 0 { INLINE * 2 } else { 200 }))
                {
                    Ok(uid) => {
                        assert_eq!(u64::from(uid), number);
                        written = number;
                    }
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Gone, "{error:?}"),
                }
            }
        }
    });
    for turn in 0..10 {
        store.move_account(&id(), ["second", "primary"][turn % 2]).unwrap();
    }
    writer.join().unwrap();
    let mailbox = inbox(&alice(&store));
    assert_eq!(uids(&mailbox).len(), 150);
    for uid in 1..=150 {
        let body = mailbox.body(uid).unwrap();
        assert!(body.as_ref() == content(u64::from(uid), body.len()), "{uid}");
    }
    // A large message that came while the account left may have left its file: an orphan, no harm.
    assert_eq!(alice(&store).check().unwrap().problems, [""; 0]);
    let archive = alice(&store).open(&name("Archive")).unwrap();
    assert!(uids(&archive).is_empty());
}
