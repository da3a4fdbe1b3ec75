//! Messages on their way in: memory, files, several accounts.

use std::io::Write;
use std::path::Path;

use mailstore::{AccountId, ErrorKind, InternalDate, NewMessage, Store, StoreLimits, StoreOptions};

use super::{
    INLINE, alice, assert_sound, content, content_files, deliver, inbox, name, new_account, new_store, options, take_in,
};

fn waiting(store: &Path) -> usize {
    let intake = store.join("partition/primary/=intake");
    std::fs::read_dir(intake).map_or(0, |entries| entries.count())
}

#[test]
fn every_size_comes_back_byte_for_byte() {
    let (dir, account) = new_account();
    let mailbox = inbox(&account);
    let sizes = [1, 2, 100, 4000, INLINE - 1, INLINE, INLINE + 1, 64 * 1024, 1 << 20];
    for (number, size) in sizes.into_iter().enumerate() {
        let bytes = content(number as u64, size);
        let mut incoming = account.incoming((number % 2 == 0).then_some(size as u64)).unwrap();
        for piece in bytes.chunks(700) {
            incoming.write_all(piece).unwrap();
        }
        assert_eq!(incoming.len(), size as u64);
        let taken = incoming.finish().unwrap();
        assert_eq!(taken.body().unwrap().as_ref(), bytes);
        let uid = account.append(&name("INBOX"), vec![NewMessage::new(taken)]).unwrap().uids[0];
        assert_eq!(mailbox.body(uid).unwrap().as_ref(), bytes);
        assert_eq!(mailbox.rows(&[uid]).unwrap()[0].size, size as u64);
        let len = size as u64;
        for range in [
            0..0,
            0..1,
            0..len,
            0..u64::MAX,
            len / 2..len,
            len / 3..len / 2,
            len - 1..len + 9,
            len..len + 5,
            len + 7..len + 9,
        ] {
            let expected = &bytes[(range.start.min(len)) as usize..(range.end.min(len)) as usize];
            assert_eq!(mailbox.read(uid, range.clone()).unwrap(), expected, "{size}: {range:?}");
        }
    }
    assert_eq!(waiting(dir.path()), 0);
    assert_eq!(content_files(dir.path()).len(), sizes.iter().filter(|size| **size > INLINE).count());
    assert_sound(&account);
}

#[test]
fn one_message_goes_to_many_accounts() {
    let (dir, store) = new_store();
    for size in [50, INLINE * 20] {
        let bytes = content(1, size);
        let mut incoming = store.incoming(Some(size as u64)).unwrap();
        incoming.write_all(&bytes).unwrap();
        let taken = incoming.finish().unwrap();
        for number in 0..10 {
            let account = store.account(&AccountId::new(&format!("user{number}")).unwrap()).unwrap();
            account.append(&name("INBOX"), vec![NewMessage::new(taken.clone())]).unwrap();
        }
        drop(taken);
        for id in store.accounts().unwrap() {
            let account = store.account(&id).unwrap();
            let mailbox = inbox(&account);
            let last = *super::uids(&mailbox).last().unwrap();
            assert_eq!(mailbox.body(last).unwrap().as_ref(), bytes);
            assert_sound(&account);
        }
    }
    assert_eq!(waiting(dir.path()), 0);
    // Hard links: ten accounts, one file's worth of blocks.
    use std::os::unix::fs::MetadataExt;
    let inodes: std::collections::BTreeSet<u64> =
        content_files(dir.path()).iter().map(|file| file.metadata().unwrap().ino()).collect();
    assert_eq!(inodes.len(), 1);
}

#[test]
fn what_is_given_up_leaves_nothing() {
    let (dir, account) = new_account();
    let mut incoming = account.incoming(None).unwrap();
    incoming.write_all(&content(1, INLINE * 3)).unwrap();
    assert_eq!(waiting(dir.path()), 1);
    drop(incoming);
    assert_eq!(waiting(dir.path()), 0);
    drop(take_in(&account, &content(1, INLINE * 3)));
    assert_eq!(waiting(dir.path()), 0);
    assert!(account.append(&name("nowhere"), vec![take_in(&account, &content(1, INLINE * 3))]).is_err());
    assert_eq!((waiting(dir.path()), content_files(dir.path()).len()), (0, 0));
    // All or none, also when the last of them is refused.
    let mut bad = take_in(&account, b"x");
    bad.flags.keywords.push("not an atom".into());
    let refused = account.append(&name("INBOX"), vec![take_in(&account, &content(2, INLINE * 3)), bad]);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(account.status(&name("INBOX")).unwrap().uid_next, 1);
    assert_sound(&account);
}

#[test]
fn too_large_is_refused_early_and_late() {
    let dir = tempfile::tempdir().unwrap();
    let limits = StoreLimits { message_bytes: 5000, ..StoreLimits::default() };
    let store = Store::open(StoreOptions { limits, ..options(dir.path()) }).unwrap();
    let account = alice(&store);
    assert_eq!(account.incoming(Some(5001)).unwrap_err().kind(), ErrorKind::TooLarge);
    let mut incoming = account.incoming(None).unwrap();
    incoming.write_all(&content(1, 5000)).unwrap();
    assert_eq!(incoming.write(b"x").unwrap_err().kind(), std::io::ErrorKind::FileTooLarge);
    assert_eq!(incoming.finish().unwrap().size(), 5000);
    assert_eq!(waiting(dir.path()), 0);
}

#[test]
fn dates_and_flags_are_kept() {
    let (_dir, account) = new_account();
    let mut message = take_in(&account, b"Subject: x\r\n\r\n");
    message.internal_date = Some(InternalDate { seconds: -5, zone: -90 });
    message.flags.system = mailstore::Flags::SEEN | mailstore::Flags::DRAFT;
    message.flags.keywords = vec!["$Forwarded".into()];
    let appended = account.append(&name("Drafts"), vec![message, take_in(&account, b"y")]).unwrap();
    assert_eq!(appended.uids, [1, 2]);
    let drafts = account.open(&name("Drafts")).unwrap();
    let rows = drafts.rows(&[2, 9, 1]).unwrap();
    assert_eq!(rows.iter().map(|row| row.uid).collect::<Vec<_>>(), [2, 1], "in the order asked");
    assert_eq!(rows[1].internal_date, InternalDate { seconds: -5, zone: -90 });
    assert!(rows[1].save_date > 1_000_000_000 && rows[0].internal_date == rows[0].save_date.into());
    assert!(message::DigestRef::decode(&rows[1].digest).is_ok());
    let status = drafts.status().unwrap();
    assert_eq!((status.messages, status.unseen), (2, 1));
    assert_eq!(drafts.sizes().unwrap(), [(1, 14), (2, 1)]);
    assert_eq!(account.append(&name("Drafts"), vec![]).unwrap().uids, [0; 0]);
    assert_eq!(deliver(&account, "Drafts", b"z").unwrap(), 3);
}
