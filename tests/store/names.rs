//! Mailbox names, the hierarchy, UIDVALIDITY, subscriptions, access control lists.

use mailstore::{CreateOptions, ErrorKind, MailboxName, Rights, SpecialUse, StoreOptions};

use super::{alice, assert_sound, deliver, inbox, kind, name, new_account, new_store, options, uids};
use mailstore::{AccountId, AccountOptions, Partition, Store};

fn names(account: &mailstore::Account) -> Vec<String> {
    account.mailboxes().unwrap().into_iter().map(|info| info.name.to_string()).collect()
}

#[test]
fn a_new_account_has_its_mailboxes() {
    let (_dir, account) = new_account();
    let mailboxes = account.mailboxes().unwrap();
    let found: Vec<_> = mailboxes.iter().map(|info| (info.name.as_str(), info.special_use)).collect();
    assert_eq!(
        found,
        [
            ("INBOX", None),
            ("Archive", Some(SpecialUse::Archive)),
            ("Drafts", Some(SpecialUse::Drafts)),
            ("Junk", Some(SpecialUse::Junk)),
            ("Sent", Some(SpecialUse::Sent)),
            ("Trash", Some(SpecialUse::Trash)),
        ]
    );
    assert!(mailboxes.iter().all(|info| info.subscribed && info.selectable && !info.has_children));
    let ids: std::collections::BTreeSet<_> = mailboxes.iter().map(|info| info.status.object_id).collect();
    assert_eq!(ids.len(), 6);
}

#[test]
fn names_are_checked() {
    let long = "x".repeat(256);
    let deep = vec!["abcdefghi"; 101].join("/");
    for bad in ["", "/", "/a", "a/", "a//b", "a\u{7}b", "a\nb", "a\u{85}", &long, &deep] {
        assert_eq!(kind(MailboxName::new(bad)), ErrorKind::Invalid, "{bad:?}");
    }
    for (given, kept) in
        [("inbox", "INBOX"), ("InBox/Lists", "INBOX/Lists"), ("inboxes", "inboxes"), ("a/inbox", "a/inbox")]
    {
        assert_eq!(name(given).as_str(), kept);
    }
    // Unicode stays as it was written: composed and decomposed are two names.
    assert_ne!(name("caf\u{e9}"), name("cafe\u{301}"));
    for bad in ["", "a/b", "a\0b", &"x".repeat(201)] {
        assert_eq!(kind(AccountId::new(bad)), ErrorKind::Invalid, "{bad:?}");
    }
}

#[test]
fn account_names_never_become_paths() {
    let (dir, store) = new_store();
    for odd in ["..", ".", "~", "a b", "ALICE", "alice", "a%2fb", "a+b", "ä@höst.example", "=x", "-rf", "a\\b"] {
        let id = AccountId::new(odd).unwrap();
        let account = store.account(&id).unwrap();
        deliver(&account, "INBOX", odd.as_bytes()).unwrap();
        assert_eq!(inbox(&account).body(1).unwrap().as_ref(), odd.as_bytes());
    }
    assert_eq!(store.accounts().unwrap().len(), 12);
    let outside: Vec<_> = std::fs::read_dir(dir.path().parent().unwrap())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("account.db"))
        .collect();
    assert!(outside.is_empty());
}

#[test]
fn create_makes_what_is_above() {
    let (_dir, account) = new_account();
    let info = account.create(&name("a/b/c"), CreateOptions { special_use: Some(SpecialUse::Flagged) }).unwrap();
    assert_eq!((info.special_use, info.subscribed, info.has_children), (Some(SpecialUse::Flagged), false, false));
    let above = account.mailbox(&name("a/b")).unwrap();
    assert_eq!((above.selectable, above.has_children, above.special_use), (false, true, None));
    assert!(account.create(&name("a"), CreateOptions::default()).unwrap().selectable);
    assert_eq!(kind(account.create(&name("a"), CreateOptions::default())), ErrorKind::AlreadyExists);
    account.delete(&name("a/b/c")).unwrap();
    assert_eq!(kind(account.mailbox(&name("a/b"))), ErrorKind::NotFound, "a name above nothing goes");
    assert!(account.mailbox(&name("a")).unwrap().selectable, "a mailbox stays");
    assert_eq!(kind(account.create(&name("inbox"), CreateOptions::default())), ErrorKind::AlreadyExists);
    assert_eq!(kind(account.mailbox(&name("A"))), ErrorKind::NotFound);
    account.set_special_use(&name("a"), Some(SpecialUse::Important)).unwrap();
    assert_eq!(account.mailbox(&name("a")).unwrap().special_use, Some(SpecialUse::Important));
}

#[test]
fn there_are_only_so_many_mailboxes() {
    let dir = tempfile::tempdir().unwrap();
    let mut few = options(dir.path());
    few.limits.mailboxes = 8;
    let account = alice(&Store::open(few).unwrap());
    assert_eq!(kind(account.create(&name("a/b/c"), CreateOptions::default())), ErrorKind::Limit);
    assert_eq!(names(&account).len(), 6, "nothing of it was made");
    account.create(&name("a/b"), CreateOptions::default()).unwrap();
    assert_eq!(kind(account.rename(&name("Sent"), &name("c/d"))), ErrorKind::Limit);
}

#[test]
fn delete_leaves_a_name_above_others() {
    let (_dir, account) = new_account();
    account.create(&name("a"), CreateOptions::default()).unwrap();
    account.create(&name("a/b"), CreateOptions::default()).unwrap();
    deliver(&account, "a", b"x").unwrap();
    let open = account.open(&name("a")).unwrap();
    let before = account.status(&name("a")).unwrap();
    account.delete(&name("a")).unwrap();
    let left = account.mailbox(&name("a")).unwrap();
    assert!(!left.selectable && left.has_children && left.status.messages == 0);
    assert_eq!(kind(open.snapshot()), ErrorKind::Gone);
    assert_eq!(kind(open.body(1)), ErrorKind::Gone);
    assert_eq!(kind(account.open(&name("a"))), ErrorKind::NotSelectable);
    assert_eq!(kind(deliver(&account, "a", b"x")), ErrorKind::NotSelectable);
    assert_eq!(kind(inbox(&account).copy(&1.into(), &name("a"))), ErrorKind::NotSelectable);
    assert_eq!(kind(account.delete(&name("a"))), ErrorKind::HasChildren);
    let again = account.create(&name("a"), CreateOptions::default()).unwrap();
    assert!(again.selectable && again.status.uid_validity > before.uid_validity);
    assert_eq!(kind(open.snapshot()), ErrorKind::Gone, "it is another mailbox");
    account.delete(&name("a/b")).unwrap();
    account.delete(&name("a")).unwrap();
    assert_eq!(kind(account.delete(&name("a"))), ErrorKind::NotFound);
    assert_eq!(kind(account.delete(&name("INBOX"))), ErrorKind::Invalid);
    assert_sound(&account);
}

#[test]
fn uidvalidity_is_never_given_twice() {
    let (_dir, store) = new_store();
    let account = alice(&store);
    let mut last = account.mailboxes().unwrap().iter().map(|info| info.status.uid_validity).max().unwrap();
    for round in 0..20 {
        let made = account.create(&name("x"), CreateOptions::default()).unwrap().status.uid_validity;
        assert!(made > last, "round {round}");
        last = made;
        if round % 2 == 0 {
            account.delete(&name("x")).unwrap();
        } else {
            account.rename(&name("x"), &name(&format!("x{round}"))).unwrap();
        }
        if round % 5 == 0 {
            store.close_idle();
        }
    }
}

#[test]
fn rename_takes_along_what_is_below() {
    let (_dir, account) = new_account();
    for made in ["a", "a/b", "a/b/c", "a/d", "ab", "a0", "b"] {
        account.create(&name(made), CreateOptions::default()).unwrap();
    }
    let uid = deliver(&account, "a/b", b"kept").unwrap();
    let open = account.open(&name("a/b")).unwrap();
    let before = open.status().unwrap();
    account.rename(&name("a"), &name("x/y")).unwrap();
    assert_eq!(
        names(&account),
        [
            "INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash", "a0", "ab", "b", "x", "x/y", "x/y/b", "x/y/b/c",
            "x/y/d"
        ]
    );
    assert_eq!(open.name().unwrap(), name("x/y/b"));
    assert_eq!(open.status().unwrap(), before);
    assert_eq!(open.body(uid).unwrap().as_ref(), b"kept");
    assert_eq!(kind(account.rename(&name("x"), &name("x/z"))), ErrorKind::Invalid);
    assert_eq!(kind(account.rename(&name("x"), &name("b"))), ErrorKind::AlreadyExists);
    assert_eq!(kind(account.rename(&name("b"), &name("inbox"))), ErrorKind::AlreadyExists);
    assert_eq!(kind(account.rename(&name("nothing"), &name("n"))), ErrorKind::NotFound);
    let long = vec!["0123456789"; 91].join("/");
    assert_eq!(kind(account.rename(&name("x"), &name(&long))), ErrorKind::Invalid, "x/y/b/c would be too long");
    assert!(names(&account).contains(&"x/y/b/c".to_owned()) && !names(&account).contains(&"0123456789".to_owned()));
    assert_sound(&account);
}

#[test]
fn rename_of_inbox_moves_its_messages() {
    let (_dir, account) = new_account();
    account.create(&name("INBOX/below"), CreateOptions::default()).unwrap();
    for number in 0..3 {
        deliver(&account, "INBOX", format!("message {number}").as_bytes()).unwrap();
    }
    let open = inbox(&account);
    open.remove(&2.into()).unwrap();
    let before = open.status().unwrap();
    account.rename(&name("INBOX"), &name("old/mail")).unwrap();
    let after = open.status().unwrap();
    assert_eq!((after.messages, after.size, after.unseen), (0, 0, 0));
    assert_eq!((after.uid_validity, after.uid_next), (before.uid_validity, before.uid_next));
    let moved = account.open(&name("old/mail")).unwrap();
    assert_eq!(uids(&moved), [1, 2]);
    assert_eq!(moved.body(2).unwrap().as_ref(), b"message 2");
    assert!(account.mailbox(&name("INBOX/below")).is_ok());
    assert_sound(&account);
}

#[test]
fn subscriptions_are_names() {
    let (_dir, account) = new_account();
    account.create(&name("a"), CreateOptions::default()).unwrap();
    for subscribed in ["a", "not/there", "a"] {
        account.subscribe(&name(subscribed)).unwrap();
    }
    account.unsubscribe(&name("Junk")).unwrap();
    account.unsubscribe(&name("never")).unwrap();
    account.delete(&name("a")).unwrap();
    let subscribed: Vec<_> = account.subscriptions().unwrap().into_iter().map(|name| name.to_string()).collect();
    assert_eq!(subscribed, ["Archive", "Drafts", "INBOX", "Sent", "Trash", "a", "not/there"]);
    assert!(!account.mailbox(&name("Junk")).unwrap().subscribed);
}

#[test]
fn access_control_lists_are_kept() {
    let (_dir, account) = new_account();
    let junk = name("Junk");
    account.set_acl(&junk, "bob", Rights::parse("lrs").unwrap()).unwrap();
    account.set_acl(&junk, "anyone", Rights::parse("lcd").unwrap()).unwrap();
    account.set_acl(&junk, "bob", Rights::parse("lrswi").unwrap()).unwrap();
    account.set_acl(&junk, "-carol", Rights::ALL).unwrap();
    account.delete_acl(&junk, "-carol").unwrap();
    let entries: Vec<_> =
        account.acl(&junk).unwrap().into_iter().map(|entry| (entry.identifier, entry.rights.to_string())).collect();
    assert_eq!(entries, [("anyone".to_owned(), "lkxte".to_owned()), ("bob".to_owned(), "lrswi".to_owned())]);
    assert_eq!(kind(Rights::parse("lz")), ErrorKind::Invalid);
    assert_eq!(kind(account.set_acl(&name("no"), "bob", Rights::ALL)), ErrorKind::NotFound);
    assert_eq!(kind(account.set_acl(&junk, "", Rights::ALL)), ErrorKind::Invalid);
    account.rename(&junk, &name("Spam")).unwrap();
    assert_eq!(account.acl(&name("Spam")).unwrap().len(), 2);
    account.delete(&name("Spam")).unwrap();
    account.create(&name("Spam"), CreateOptions::default()).unwrap();
    assert!(account.acl(&name("Spam")).unwrap().is_empty());
}

#[test]
fn accounts_live_in_the_partition_they_were_made_in() {
    let dir = tempfile::tempdir().unwrap();
    let second = Partition { name: "second".into(), path: dir.path().join("elsewhere") };
    let both = || {
        let mut options: StoreOptions = options(dir.path());
        options.partitions.push(second.clone());
        options
    };
    let store = Store::open(both()).unwrap();
    let bob = AccountId::new("bob").unwrap();
    let there = AccountOptions { partition: Some("second".into()), quota: None };
    deliver(&store.account_with(&bob, &there).unwrap(), "INBOX", &super::content(1, super::INLINE * 2)).unwrap();
    alice(&store);
    let store = Store::open(both()).unwrap();
    assert_eq!(uids(&inbox(&store.account(&bob).unwrap())), [1]);
    assert_eq!(store.accounts().unwrap().len(), 2);
    assert!(second.path.join("=user").is_dir());
    let nowhere = AccountOptions { partition: Some("third".into()), quota: None };
    let refused = store.account_with(&AccountId::new("carol").unwrap(), &nowhere);
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::Invalid);
}

#[test]
fn a_deleted_account_is_gone() {
    let (_dir, store) = new_store();
    let account = alice(&store);
    let open = inbox(&account);
    deliver(&account, "INBOX", &super::content(1, super::INLINE * 2)).unwrap();
    let validity = open.uid_validity();
    store.delete_account(account.id()).unwrap();
    assert!(store.accounts().unwrap().is_empty());
    assert_eq!(kind(open.snapshot()), ErrorKind::Gone);
    assert_eq!(kind(account.mailboxes()), ErrorKind::Gone);
    assert_eq!(kind(deliver(&account, "INBOX", b"x")), ErrorKind::Gone);
    assert!(store.existing_account(account.id()).unwrap().is_none());
    assert_eq!(kind(store.delete_account(account.id())), ErrorKind::NotFound);
    let again = alice(&store);
    assert_eq!(uids(&inbox(&again)), [0; 0]);
    assert!(inbox(&again).uid_validity() >= validity, "clocks go forward");
}
