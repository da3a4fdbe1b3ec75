//! What sessions see: snapshots, \Recent, iteration, the list of open databases.

use std::ops::ControlFlow;
use std::sync::Arc;

use mailstore::{AccountId, FlagChange, FlagOp, Flags, Store, UidSet};

use super::{alice, deliver, inbox, name, new_account, new_store, options, take_in, uids};

fn seen(op: FlagOp) -> FlagChange {
    FlagChange { op, flags: Flags::SEEN.into(), unchanged_since: None }
}

#[test]
fn a_snapshot_moves_only_when_asked() {
    let (_dir, account) = new_account();
    let mailbox = inbox(&account);
    let empty = mailbox.snapshot().unwrap();
    deliver(&account, "INBOX", b"x").unwrap();
    deliver(&account, "INBOX", b"y").unwrap();
    let two = mailbox.snapshot().unwrap();
    assert!(Arc::ptr_eq(&two, &inbox(&account).snapshot().unwrap()), "sessions share it");
    mailbox.change_flags(&1.into(), &seen(FlagOp::Add)).unwrap();
    mailbox.remove(&2.into()).unwrap();
    let later = mailbox.snapshot().unwrap();
    assert_eq!((empty.len(), two.uids(), later.uids()), (0, [1, 2].as_slice(), [1].as_slice()));
    assert!(two.flags()[0].is_empty() && later.flags()[0] == Flags::SEEN);
    assert!(later.highest_modseq() > two.highest_modseq());
    assert_eq!((two.uid_next(), later.uid_next(), later.index_of(2)), (3, 3, None));
}

#[test]
fn another_process_sees_every_commit() {
    let (dir, store) = new_store();
    // Its own connections and its own snapshots: as good as another process here, see `processes` for real ones.
    let other = Store::open(options(dir.path())).unwrap();
    let (here, there) = (alice(&store), alice(&other));
    let (mine, theirs) = (inbox(&here), inbox(&there));
    assert!(theirs.snapshot().unwrap().is_empty());
    for round in 0..60 {
        let uid = deliver(&here, "INBOX", b"x").unwrap();
        assert_eq!(*theirs.snapshot().unwrap().uids().last().unwrap(), uid);
        mine.change_flags(&(uid / 2..=uid).into(), &seen(if round % 2 == 0 { FlagOp::Add } else { FlagOp::Remove }))
            .unwrap();
        if round % 7 == 6 {
            mine.remove(&UidSet::from_ranges([uid - 3..=uid - 2, uid..=uid])).unwrap();
        }
        assert_eq!(*mine.snapshot().unwrap(), *theirs.snapshot().unwrap());
    }
    // More changes than the log keeps: the snapshot is read again as a whole.
    let first = uids(&mine)[0];
    for round in 0..2500 {
        mine.change_flags(&first.into(), &seen(if round % 2 == 0 { FlagOp::Add } else { FlagOp::Remove })).unwrap();
    }
    assert_eq!(*mine.snapshot().unwrap(), *theirs.snapshot().unwrap());
}

#[test]
fn recent_goes_to_one_session_only() {
    let (dir, store) = new_store();
    let other = Store::open(options(dir.path())).unwrap();
    let (here, there) = (inbox(&alice(&store)), inbox(&alice(&other)));
    for _ in 0..3 {
        deliver(&alice(&store), "INBOX", b"x").unwrap();
    }
    assert_eq!(there.status().unwrap().recent, 3);
    here.remove(&2.into()).unwrap();
    assert_eq!(there.status().unwrap().recent, 2);
    assert_eq!(there.snapshot().unwrap().recent_from(), 1);
    let claimed = there.claim_recent().unwrap();
    assert!((1..=3).all(|uid| claimed.contains(uid)) && !claimed.contains(4));
    let nothing = here.claim_recent().unwrap();
    assert!((0..=9).all(|uid| !nothing.contains(uid)));
    assert_eq!((here.status().unwrap().recent, here.snapshot().unwrap().recent_from()), (0, 4));
    deliver(&alice(&other), "INBOX", b"x").unwrap();
    let claims: Vec<_> = std::thread::scope(|scope| {
        let claim = |mailbox: mailstore::Mailbox| move || mailbox.claim_recent().unwrap().contains(4);
        let threads: Vec<_> = (0..8)
            .map(|number| scope.spawn(claim(if number % 2 == 0 { here.clone() } else { there.clone() })))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(claims.iter().filter(|claimed| **claimed).count(), 1);
}

#[test]
fn iteration_is_in_order_and_stops() {
    let (_dir, account) = new_account();
    let mailbox = inbox(&account);
    let messages = (0..700).map(|number: u64| take_in(&account, &super::content(number, 40))).collect();
    account.append(&name("INBOX"), messages).unwrap();
    mailbox.remove(&(100..=200).into()).unwrap();
    let walk = |set: &UidSet, most: usize| {
        let mut found = Vec::new();
        mailbox
            .for_each(set, |row| {
                assert_eq!(row.body().unwrap().as_ref(), super::content(u64::from(row.uid) - 1, 40));
                assert!(message::DigestRef::decode(row.digest).is_ok());
                found.push(row.uid);
                if found.len() == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        found
    };
    let all: Vec<u32> = (1..100).chain(201..=700).collect();
    assert_eq!(walk(&UidSet::all(), usize::MAX), all);
    assert_eq!(walk(&UidSet::all(), 300), all[..300]);
    let odd: UidSet = (1..800).filter(|uid| uid % 2 == 1).collect();
    assert_eq!(walk(&odd, usize::MAX), all.iter().copied().filter(|uid| uid % 2 == 1).collect::<Vec<_>>());
    assert_eq!(walk(&UidSet::from_ranges([90..=210, 650..=u32::MAX]), usize::MAX).len(), 10 + 10 + 51);
    assert_eq!(walk(&UidSet::default(), usize::MAX), [0; 0]);
    // Messages may go while it runs.
    let mut steps = 0;
    mailbox
        .for_each(&UidSet::all(), |row| {
            steps += 1;
            if row.uid == 1 {
                mailbox.remove(&(300..=600).into()).unwrap();
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!((298..=599).contains(&steps), "{steps}");
}

#[test]
fn databases_close_and_open_by_themselves() {
    let (_dir, store) = new_store();
    let ids: Vec<_> = (0..20).map(|number| AccountId::new(&format!("u{number}")).unwrap()).collect();
    let accounts: Vec<_> = ids.iter().map(|id| store.account(id).unwrap()).collect();
    let mailboxes: Vec<_> = accounts.iter().map(inbox).collect();
    for round in 1..=3 {
        for account in &accounts {
            assert_eq!(deliver(account, "INBOX", b"x").unwrap(), round);
            assert!(store.open_databases() <= 4);
        }
        for mailbox in mailboxes.iter().rev() {
            assert_eq!(mailbox.snapshot().unwrap().len(), round as usize);
        }
        store.close_idle();
        assert_eq!(store.open_databases(), 0);
    }
}
