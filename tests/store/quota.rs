//! Quota is exact, and refuses exactly what would pass it.

use mailstore::{ErrorKind, Quota, QuotaLimits, StoreError, UidSet};

use super::{alice, content, deliver, inbox, kind, name, new_account, new_store, options, take_in};

fn bytes(limit: u64) -> QuotaLimits {
    QuotaLimits { bytes: Some(limit), ..QuotaLimits::default() }
}

#[test]
fn use_is_counted_to_the_byte() {
    let (dir, account) = new_account();
    for size in [1, 100, 2000, 2001, 5000] {
        deliver(&account, "INBOX", &content(size, size as usize)).unwrap();
    }
    let used =
        |account: &mailstore::Account| account.quota().map(|quota| (quota.bytes_used, quota.messages_used)).unwrap();
    assert_eq!(used(&account), (9102, 5));
    let mailbox = inbox(&account);
    mailbox.copy(&(4..=5).into(), &name("Sent")).unwrap();
    assert_eq!(used(&account), (16_103, 7), "a copy counts");
    mailbox.move_to(&(1..=3).into(), &name("Sent")).unwrap();
    assert_eq!(used(&account), (16_103, 7), "a move does not");
    mailbox.remove(&4.into()).unwrap();
    account.delete(&name("Sent")).unwrap();
    assert_eq!(used(&account), (5000, 1));
    drop((mailbox, account));
    assert_eq!(used(&alice(&mailstore::Store::open(options(dir.path())).unwrap())), (5000, 1));
}

#[test]
fn limits_are_reached_but_not_passed() {
    let (_dir, account) = new_account();
    account.set_quota(bytes(1000)).unwrap();
    deliver(&account, "INBOX", &content(1, 600)).unwrap();
    let refused = deliver(&account, "INBOX", &content(2, 401)).unwrap_err();
    assert!(
        matches!(refused, StoreError::OverQuota { resource: "bytes", used: 600, needed: 401, limit: 1000 }),
        "{refused:?}"
    );
    deliver(&account, "INBOX", &content(2, 400)).unwrap();
    assert_eq!(kind(deliver(&account, "INBOX", b"x")), ErrorKind::OverQuota);
    assert_eq!(kind(inbox(&account).copy(&1.into(), &name("Sent"))), ErrorKind::OverQuota);
    inbox(&account).move_to(&1.into(), &name("Sent")).unwrap();
    // One call is all or nothing, with both kinds of limit.
    let both = QuotaLimits { bytes: Some(10_000), messages: Some(3), overdraft: false };
    account.set_quota(both).unwrap();
    let two = vec![take_in(&account, b"a"), take_in(&account, &content(3, 3000))];
    assert_eq!(kind(account.append(&name("INBOX"), two)), ErrorKind::OverQuota);
    assert_eq!(account.quota().unwrap(), Quota { limits: both, bytes_used: 1000, messages_used: 2 });
    assert!(account.check().unwrap().orphans.is_empty(), "the refused file is gone");
    deliver(&account, "INBOX", b"a").unwrap();
    // Over the limit already: nothing more, but everything else works.
    account.set_quota(bytes(10)).unwrap();
    assert_eq!(kind(deliver(&account, "INBOX", b"x")), ErrorKind::OverQuota);
    assert!(account.quota().unwrap().admit(0, 0).is_ok());
    inbox(&account).remove(&UidSet::all()).unwrap();
}

#[test]
fn limits_of_a_handle_go_before_stored_ones() {
    let (_dir, store) = new_store();
    let account = alice(&store);
    account.set_quota(bytes(10)).unwrap();
    let generous = alice(&store).with_limits(QuotaLimits::default());
    deliver(&generous, "INBOX", &content(1, 500)).unwrap();
    inbox(&generous).copy(&1.into(), &name("Sent")).unwrap();
    assert_eq!(kind(inbox(&account).copy(&1.into(), &name("Sent"))), ErrorKind::OverQuota);
    let strict = alice(&store).with_limits(bytes(1001));
    assert_eq!(strict.quota().unwrap().limits, bytes(1001));
    assert_eq!(kind(deliver(&strict, "INBOX", b"xy")), ErrorKind::OverQuota);
    deliver(&strict, "INBOX", b"x").unwrap();
    assert_eq!(account.quota().unwrap().limits, bytes(10));
}

#[test]
fn many_at_once_do_not_pass_a_limit_together() {
    let (_dir, account) = new_account();
    account.set_quota(QuotaLimits { messages: Some(50), ..QuotaLimits::default() }).unwrap();
    let delivered: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..10).filter(|_| deliver(&account, "INBOX", b"x").is_ok()).count()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(delivered, 50);
    assert_eq!(account.quota().unwrap().messages_used, 50);
}
