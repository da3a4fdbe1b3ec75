//! Flags, keywords, expunge, copy and move.

use mailstore::{ErrorKind, FlagChange, FlagOp, FlagSet, Flags, KeywordNames, UidSet};

use super::{assert_sound, content_files, deliver, flags_of, inbox, kind, name, new_account, take_in, uids};

fn change(op: FlagOp, system: Flags, keywords: &[&str]) -> FlagChange {
    let keywords = keywords.iter().map(|keyword| (*keyword).to_owned()).collect();
    FlagChange { op, flags: FlagSet { system, keywords }, unchanged_since: None }
}

fn keywords_of(mailbox: &mailstore::Mailbox, uid: u32) -> Vec<String> {
    let snapshot = mailbox.snapshot().unwrap();
    let flags = snapshot.flags()[snapshot.index_of(uid).unwrap()];
    snapshot.keywords().names(flags).map(str::to_owned).collect()
}

#[test]
fn flags_are_added_removed_and_replaced() {
    let (_dir, account) = new_account();
    let mailbox = inbox(&account);
    for _ in 0..4 {
        deliver(&account, "INBOX", b"x").unwrap();
    }
    let added =
        mailbox.change_flags(&(2..=9).into(), &change(FlagOp::Add, Flags::SEEN | Flags::DELETED, &["$Work"])).unwrap();
    assert_eq!(added.changed.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), [2, 3, 4]);
    let again = mailbox.change_flags(&UidSet::all(), &change(FlagOp::Add, Flags::SEEN, &[])).unwrap();
    assert_eq!(again.changed, [(1, Flags::SEEN)], "the others had it");
    let status = mailbox.status().unwrap();
    assert_eq!((status.unseen, status.deleted, status.highest_modseq), (0, 3, again.modseq));
    mailbox.change_flags(&3.into(), &change(FlagOp::Replace, Flags::DRAFT, &["$work", "Other"])).unwrap();
    assert_eq!(keywords_of(&mailbox, 3), ["$Work", "Other"], "compared in any case, kept as first written");
    assert_eq!(flags_of(&mailbox, 3).system(), Flags::DRAFT);
    mailbox.change_flags(&UidSet::all(), &change(FlagOp::Remove, Flags::DELETED, &["$WORK", "unknown"])).unwrap();
    let status = mailbox.status().unwrap();
    assert_eq!((status.unseen, status.deleted), (1, 0));
    assert_eq!(keywords_of(&mailbox, 2), [""; 0]);
    let none = mailbox.change_flags(&UidSet::default(), &change(FlagOp::Add, Flags::SEEN, &[])).unwrap();
    assert_eq!((none.changed.len(), none.modseq), (0, 0));
    assert_sound(&account);
}

#[test]
fn unchanged_since_leaves_newer_ones_alone() {
    let (_dir, account) = new_account();
    let mailbox = inbox(&account);
    for _ in 0..4 {
        deliver(&account, "INBOX", b"x").unwrap();
    }
    let since = mailbox.snapshot().unwrap().highest_modseq();
    mailbox.change_flags(&2.into(), &change(FlagOp::Add, Flags::FLAGGED, &[])).unwrap();
    let careful = FlagChange { unchanged_since: Some(since), ..change(FlagOp::Add, Flags::SEEN, &[]) };
    let changed = mailbox.change_flags(&UidSet::all(), &careful).unwrap();
    assert_eq!(changed.refused, [2]);
    assert_eq!(changed.changed.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(flags_of(&mailbox, 2), Flags::FLAGGED);
    let snapshot = mailbox.snapshot().unwrap();
    assert_eq!(snapshot.modseqs()[1], since + 1);
    assert_eq!(snapshot.modseqs()[0], changed.modseq);
}

#[test]
fn keywords_end_where_they_are_documented_to() {
    let (_dir, account) = new_account();
    let mailbox = inbox(&account);
    deliver(&account, "INBOX", b"x").unwrap();
    deliver(&account, "INBOX", b"y").unwrap();
    let all: Vec<String> = (0..KeywordNames::LIMIT).map(|number| format!("k{number}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    mailbox.change_flags(&1.into(), &change(FlagOp::Add, Flags::NONE, &all)).unwrap();
    let one_more = change(FlagOp::Add, Flags::SEEN, &["more"]);
    assert_eq!(kind(mailbox.change_flags(&2.into(), &one_more)), ErrorKind::Limit);
    assert!(flags_of(&mailbox, 2).is_empty(), "nothing of it took place");
    assert_eq!(keywords_of(&mailbox, 1).len(), KeywordNames::LIMIT);
    // A keyword that no message has gives its place away.
    mailbox.change_flags(&1.into(), &change(FlagOp::Remove, Flags::NONE, &["k7"])).unwrap();
    let held = mailbox.snapshot().unwrap();
    mailbox.change_flags(&2.into(), &one_more).unwrap();
    assert_eq!(keywords_of(&mailbox, 2), ["more"]);
    assert!(!keywords_of(&mailbox, 1).contains(&"more".to_owned()));
    assert!(held.keywords().flag("k7").is_some(), "a view keeps its names");
    for bad in ["", "a b", "\\Seen", "a(", "tä", &"x".repeat(256)] {
        assert_eq!(
            kind(mailbox.change_flags(&1.into(), &change(FlagOp::Replace, Flags::NONE, &[bad]))),
            ErrorKind::Invalid
        );
    }
}

/// The words `k<from>` to `k<to - 1>`.
fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("k{number}")).collect()
}

fn add(keywords: &[String]) -> FlagChange {
    FlagChange {
        op: FlagOp::Add,
        flags: FlagSet { system: Flags::NONE, keywords: keywords.to_vec() },
        unchanged_since: None,
    }
}

/// A mailbox whose keyword places are all taken, by keywords of which no message has any but `kept`, in place 3.
fn with_unused_keywords(account: &mailstore::Account, mailbox: &mailstore::Mailbox) {
    deliver(account, "INBOX", b"1").unwrap();
    deliver(account, "INBOX", b"2").unwrap();
    let mut old: Vec<String> = (0..KeywordNames::LIMIT).map(|number| format!("old{number}")).collect();
    old[3] = "kept".to_owned();
    mailbox.change_flags(&1.into(), &add(&old)).unwrap();
    mailbox.change_flags(&1.into(), &change(FlagOp::Replace, Flags::NONE, &["kept"])).unwrap();
}

#[test]
fn new_keywords_of_one_change_do_not_take_each_others_places() {
    let (_dir, account) = new_account();
    let mailbox = inbox(&account);
    with_unused_keywords(&account, &mailbox);
    // One too many: all of it is refused.
    let before = mailbox.snapshot().unwrap();
    assert_eq!(kind(mailbox.change_flags(&2.into(), &add(&numbered(0..KeywordNames::LIMIT)))), ErrorKind::Limit);
    let after = mailbox.snapshot().unwrap();
    assert_eq!(after.keywords(), before.keywords());
    assert_eq!(after.highest_modseq(), before.highest_modseq());
    // A word that is known but on no message keeps its place beside the new ones, wherever it stands.
    let mut all = numbered(0..KeywordNames::LIMIT - 2);
    all.push("OLD0".to_owned());
    mailbox.change_flags(&2.into(), &add(&all)).unwrap();
    let mut found = keywords_of(&mailbox, 2);
    found.sort();
    let mut expected = numbered(0..KeywordNames::LIMIT - 2);
    expected.push("old0".to_owned());
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(keywords_of(&mailbox, 1), ["kept"]);
    assert_sound(&account);
}

#[test]
fn new_keywords_of_one_append_or_copy_do_not_take_each_others_places() {
    let (_dir, account) = new_account();
    let mailbox = inbox(&account);
    with_unused_keywords(&account, &mailbox);
    let message = |keywords: Vec<String>| {
        let mut message = take_in(&account, b"3");
        message.flags.keywords = keywords;
        message
    };
    let sorted = |mailbox: &mailstore::Mailbox, uid| {
        let mut words = keywords_of(mailbox, uid);
        words.sort_by_key(|word| (word.len(), word.clone()));
        words
    };
    let too_many = vec![message(numbered(0..30)), message(numbered(30..56))];
    assert_eq!(kind(account.append(&name("INBOX"), too_many)), ErrorKind::Limit);
    assert_eq!(uids(&mailbox), [1, 2]);
    let fitting = vec![message(numbered(0..30)), message(numbered(30..55))];
    account.append(&name("INBOX"), fitting).unwrap();
    assert_eq!(sorted(&mailbox, 3), numbered(0..30));
    assert_eq!(sorted(&mailbox, 4), numbered(30..55));
    assert_eq!(keywords_of(&mailbox, 1), ["kept"]);

    account.create(&name("Other"), Default::default()).unwrap();
    let other = account.open(&name("Other")).unwrap();
    deliver(&account, "Other", b"1").unwrap();
    let old: Vec<String> = (0..KeywordNames::LIMIT).map(|number| format!("old{number}")).collect();
    other.change_flags(&1.into(), &add(&old)).unwrap();
    other.change_flags(&1.into(), &change(FlagOp::Replace, Flags::NONE, &["old7", "old8"])).unwrap();
    assert_eq!(kind(mailbox.copy(&(3..=4).into(), &name("Other"))), ErrorKind::Limit);
    assert_eq!(uids(&other), [1]);
    other.change_flags(&1.into(), &change(FlagOp::Replace, Flags::NONE, &["old7"])).unwrap();
    mailbox.copy(&3.into(), &name("Other")).unwrap();
    mailbox.move_to(&4.into(), &name("Other")).unwrap();
    assert_eq!(sorted(&other, 2), numbered(0..30));
    assert_eq!(sorted(&other, 3), numbered(30..55));
    assert_eq!(keywords_of(&other, 1), ["old7"]);
    assert_sound(&account);
}

#[test]
fn expunge_takes_only_deleted_ones() {
    let (_dir, account) = new_account();
    let mailbox = inbox(&account);
    for number in 0..6 {
        deliver(&account, "INBOX", format!("{number}").as_bytes()).unwrap();
    }
    assert!(mailbox.expunge(None).unwrap().uids.is_empty());
    mailbox
        .change_flags(&UidSet::from_ranges([1..=1, 3..=4, 6..=6]), &change(FlagOp::Add, Flags::DELETED, &[]))
        .unwrap();
    assert_eq!(mailbox.expunge(Some(&(2..=4).into())).unwrap().uids, [3, 4]);
    assert_eq!(uids(&mailbox), [1, 2, 5, 6]);
    let rest = mailbox.expunge(None).unwrap();
    assert_eq!(rest.uids, [1, 6]);
    assert_eq!(mailbox.snapshot().unwrap().highest_modseq(), rest.modseq);
    assert_eq!(mailbox.remove(&UidSet::all()).unwrap().uids, [2, 5]);
    assert_eq!(kind(mailbox.body(2)), ErrorKind::NotFound);
    assert_eq!(deliver(&account, "INBOX", b"next").unwrap(), 7, "UIDs are not given again");
    assert_sound(&account);
}

#[test]
fn copies_share_and_moves_leave() {
    let (_dir, account) = new_account();
    let mailbox = inbox(&account);
    let large = super::content(1, super::INLINE * 3);
    for body in [b"one".as_slice(), &large, b"three"] {
        deliver(&account, "INBOX", body).unwrap();
    }
    mailbox.change_flags(&2.into(), &change(FlagOp::Add, Flags::SEEN, &["Label"])).unwrap();
    let copied = mailbox.copy(&UidSet::from_ranges([2..=3, 8..=9]), &name("Archive")).unwrap();
    assert_eq!((copied.source, copied.destination), (vec![2, 3], vec![1, 2]));
    let archive = account.open(&name("Archive")).unwrap();
    assert_eq!(copied.uid_validity, archive.uid_validity());
    assert_eq!(keywords_of(&archive, 1), ["Label"]);
    assert!(flags_of(&archive, 1).contains(Flags::SEEN));
    let (there, here) = (archive.rows(&[1]).unwrap(), mailbox.rows(&[2]).unwrap());
    assert_eq!(
        (there[0].email_id, there[0].internal_date, &there[0].digest),
        (here[0].email_id, here[0].internal_date, &here[0].digest)
    );
    let moved = mailbox.move_to(&(1..=2).into(), &name("Trash")).unwrap();
    assert_eq!((moved.source, moved.destination), (vec![1, 2], vec![1, 2]));
    assert_eq!(uids(&mailbox), [3]);
    assert_eq!(account.open(&name("Trash")).unwrap().body(2).unwrap().as_ref(), large);
    account.delete(&name("Trash")).unwrap();
    assert_eq!(archive.body(1).unwrap().as_ref(), large, "the copy keeps it");
    let itself = archive.move_to(&1.into(), &name("Archive")).unwrap();
    assert_eq!((itself.source, itself.destination), (vec![1], vec![3]));
    archive.copy(&3.into(), &name("Archive")).unwrap();
    assert_eq!(uids(&archive), [2, 3, 4]);
    assert_eq!(archive.body(4).unwrap().as_ref(), large);
    assert_eq!(kind(mailbox.copy(&3.into(), &name("nowhere"))), ErrorKind::NotFound);
    assert!(mailbox.copy(&77.into(), &name("Archive")).unwrap().source.is_empty());
    assert_sound(&account);
    archive.remove(&UidSet::all()).unwrap();
    assert_sound(&account);
}

#[test]
fn emptying_a_mailbox_lets_go_of_everything() {
    let (dir, account) = new_account();
    let mailbox = inbox(&account);
    let messages = (0..300).map(|number| super::take_in(&account, &super::content(number, 3000))).collect();
    account.append(&name("INBOX"), messages).unwrap();
    mailbox.copy(&(1..=10).into(), &name("Archive")).unwrap();
    assert_eq!(mailbox.remove(&UidSet::all()).unwrap().uids.len(), 300);
    assert_eq!(mailbox.status().unwrap().size, 0);
    // So many contents go a little later: then only what the copies share is left.
    account.tidy().unwrap();
    assert_sound(&account);
    assert_eq!(content_files(dir.path()).len(), 10);
}
