//! Expunged messages: kept for their grace, brought back under new UIDs, gone for good afterwards.

use mailstore::{FlagChange, FlagOp, FlagSet, Flags, Store, StoreOptions, UidSet};

use super::{INLINE, alice, assert_sound, content, content_files, deliver, flags_of, inbox, name, options, uids};

/// A store that keeps removed messages for an hour.
fn keeping() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions { keep_removed: 3600, ..options(dir.path()) }).unwrap();
    (dir, store)
}

#[test]
fn expunged_messages_come_back_with_their_content_flags_and_dates() {
    let (_dir, store) = keeping();
    let account = alice(&store);
    for number in 1..=3 {
        deliver(&account, "INBOX", &content(number, INLINE * 2)).unwrap();
    }
    let mailbox = inbox(&account);
    let flags = FlagSet { system: Flags::DELETED | Flags::FLAGGED, keywords: vec!["Later".to_owned()] };
    mailbox.change_flags(&2.into(), &FlagChange { op: FlagOp::Add, flags, unchanged_since: None }).unwrap();
    let before = mailbox.rows(&[2]).unwrap().remove(0);
    assert_eq!(mailbox.expunge(None).unwrap().uids, [2]);
    assert_eq!((uids(&mailbox), mailbox.removed().unwrap()), (vec![1, 3], 1));
    assert_eq!(account.quota().unwrap().messages_used, 2);
    assert_sound(&account);

    assert_eq!(mailbox.bring_back(0).unwrap(), [4]);
    assert_eq!((uids(&mailbox), mailbox.removed().unwrap()), (vec![1, 3, 4], 0));
    assert_eq!(flags_of(&mailbox, 4).system(), Flags::FLAGGED);
    let snapshot = mailbox.snapshot().unwrap();
    assert_eq!(snapshot.keywords().names(snapshot.flags()[2]).collect::<Vec<_>>(), ["Later"]);
    let after = mailbox.rows(&[4]).unwrap().remove(0);
    assert_eq!((after.internal_date, after.email_id, after.size), (before.internal_date, before.email_id, before.size));
    assert!(mailbox.body(4).unwrap().as_ref() == content(2, INLINE * 2));
    assert_sound(&account);
    assert_eq!(mailbox.bring_back(0).unwrap(), [0_u32; 0]);
}

#[test]
fn a_purge_lets_go_of_what_is_due_and_of_its_files() {
    let (dir, store) = keeping();
    let account = alice(&store);
    for number in 1..=4 {
        deliver(&account, "INBOX", &content(number, INLINE * 2)).unwrap();
    }
    let mailbox = inbox(&account);
    mailbox.copy(&1.into(), &name("Archive")).unwrap();
    mailbox.remove(&UidSet::from(1..=3)).unwrap();
    assert_eq!(content_files(dir.path()).len(), 4);
    assert_eq!(account.purge_removed(1_000_000).unwrap(), 0, "nothing was removed in 1970");
    assert_eq!(account.purge_removed(i64::MAX).unwrap(), 3);
    // The first one still has its copy.
    assert_eq!(content_files(dir.path()).len(), 2);
    assert_eq!(mailbox.bring_back(0).unwrap(), [0_u32; 0]);
    assert_sound(&account);
}

#[test]
fn a_deleted_mailbox_takes_its_removed_messages_along() {
    let (dir, store) = keeping();
    let account = alice(&store);
    deliver(&account, "Archive", &content(1, INLINE * 2)).unwrap();
    account.open(&name("Archive")).unwrap().remove(&UidSet::all()).unwrap();
    account.delete(&name("Archive")).unwrap();
    account.tidy().unwrap();
    assert_eq!(content_files(dir.path()).len(), 0);
    assert_sound(&account);
}

#[test]
fn a_keyword_of_a_removed_message_keeps_its_name() {
    let (_dir, store) = keeping();
    let account = alice(&store);
    deliver(&account, "INBOX", &content(1, 100)).unwrap();
    deliver(&account, "INBOX", &content(2, 100)).unwrap();
    let mailbox = inbox(&account);
    let add = |uid: u32, keyword: &str| {
        let flags = FlagSet { system: Flags::NONE, keywords: vec![keyword.to_owned()] };
        mailbox.change_flags(&uid.into(), &FlagChange { op: FlagOp::Replace, flags, unchanged_since: None })
    };
    add(1, "Precious").unwrap();
    mailbox.remove(&1.into()).unwrap();
    // More than there are places: those that no message has are used again.
    for number in 0..200 {
        add(2, &format!("k{number}")).unwrap();
    }
    assert_eq!(mailbox.bring_back(0).unwrap(), [3]);
    let snapshot = mailbox.snapshot().unwrap();
    assert_eq!(snapshot.keywords().names(snapshot.flags()[1]).collect::<Vec<_>>(), ["Precious"]);
}

#[test]
fn readers_are_noted_once_a_day_and_forgotten() {
    let (_dir, store) = keeping();
    let account = alice(&store);
    let mailbox = inbox(&account);
    mailbox.note_reader("bob").unwrap();
    mailbox.note_reader("carol").unwrap();
    let noted = mailbox.readers().unwrap();
    mailbox.note_reader("bob").unwrap();
    assert_eq!(mailbox.readers().unwrap(), noted);
    assert_eq!(noted.iter().map(|(who, _)| who.as_str()).collect::<Vec<_>>(), ["bob", "carol"]);
    assert_eq!(account.forget_readers(i64::MAX).unwrap(), 2);
    assert_eq!(mailbox.readers().unwrap(), []);
}
