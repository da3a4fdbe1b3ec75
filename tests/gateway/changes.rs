//! Flags, copies, moves, deletions.

use backends::{Deleted, Error, Flag, FlagChange, UidSet};

use super::fixture::{Alice, both, run};

async fn uids(alice: &Alice, mailbox: &str) -> Vec<u32> {
    let page = alice.session.page(mailbox, 1, 50).await.unwrap();
    page.rows.iter().map(|row| row.uid).rev().collect()
}

fn fill(alice: &Alice) {
    let mut other = alice.other();
    for n in 1..=6 {
        other.append("INBOX", "()", format!("Subject: {n}\r\n\r\nx\r\n").as_bytes());
    }
}

#[test]
fn flags_are_set_and_cleared() {
    for alice in both() {
        fill(&alice);
        run(async {
            let session = &alice.session;
            let set = UidSet::parse("1,3:4").unwrap();
            let flags = [Flag::Seen, Flag::Flagged, Flag::Forwarded, Flag::Keyword("work".to_owned())];
            session.flag("INBOX", &set, FlagChange::Add, &flags).await.unwrap();
            let rows = session.rows("INBOX", &[4, 5, 1]).await.unwrap();
            let seen: Vec<_> = rows.iter().map(|r| (r.uid, r.flags.seen, r.flags.forwarded)).collect();
            assert_eq!(seen, [(5, false, false), (4, true, true), (1, true, true)]);
            assert_eq!(rows[1].flags.keywords, ["work"]);
            assert_eq!(
                rows[1].flags.list(),
                flags.iter().cloned().fold(vec![], |mut all, flag| {
                    all.push(flag);
                    all
                })
            );
            session.flag("INBOX", &UidSet::all(), FlagChange::Remove, &flags).await.unwrap();
            let rows = session.rows("INBOX", &[1, 3, 4]).await.unwrap();
            assert!(rows.iter().all(|row| row.flags.list().is_empty()), "{rows:?}");
            let bad = Flag::Keyword("a b\r\nc".to_owned());
            assert!(matches!(session.flag("INBOX", &set, FlagChange::Add, &[bad]).await, Err(Error::Invalid(_))));
        });
    }
}

#[test]
fn deleted_messages_go_to_the_trash_and_from_there_for_good() {
    for alice in both() {
        fill(&alice);
        let mut other = alice.other();
        other.command("SELECT INBOX");
        // Another client's mark: it must outlive our deletions.
        other.command("UID STORE 6 +FLAGS (\\Deleted)");
        run(async {
            let session = &alice.session;
            let gone = session.delete("INBOX", &UidSet::new([2, 3])).await.unwrap();
            assert_eq!(gone, Deleted::Moved("Trash".to_owned()));
            assert_eq!(uids(&alice, "INBOX").await, [1, 4, 5, 6]);
            assert!(session.message("INBOX", 6).await.unwrap().flags.deleted);
            assert_eq!(uids(&alice, "Trash").await.len(), 2);
            let first = uids(&alice, "Trash").await[0];
            assert_eq!(session.delete("Trash", &first.into()).await.unwrap(), Deleted::Expunged);
            assert_eq!(uids(&alice, "Trash").await.len(), 1);
            session.expunge("Trash", &UidSet::all()).await.unwrap();
            assert!(uids(&alice, "Trash").await.is_empty());
            session.expunge("INBOX", &UidSet::new([1])).await.unwrap();
            assert_eq!(uids(&alice, "INBOX").await, [4, 5, 6]);
        });
    }
}

#[test]
fn messages_are_copied_and_moved() {
    for alice in both() {
        fill(&alice);
        run(async {
            let session = &alice.session;
            session.create("Käse & \"Wein\"").await.unwrap();
            session.copy_to("INBOX", &UidSet::parse("1:2").unwrap(), "Käse & \"Wein\"").await.unwrap();
            session.move_to("INBOX", &UidSet::new([6, 5]), "Käse & \"Wein\"").await.unwrap();
            assert_eq!(uids(&alice, "INBOX").await, [1, 2, 3, 4]);
            let page = session.page("Käse & \"Wein\"", 1, 50).await.unwrap();
            let mut subjects: Vec<_> = page.rows.iter().map(|row| row.summary.envelope.subject.as_str()).collect();
            subjects.sort_unstable();
            assert_eq!(subjects, ["1", "2", "5", "6"]);
            let missing = session.move_to("INBOX", &1.into(), "nowhere").await;
            assert!(matches!(missing, Err(Error::NoSuchMailbox(name)) if name == "nowhere"));
            assert_eq!(uids(&alice, "INBOX").await, [1, 2, 3, 4]);
            // The empty set touches nothing.
            session.move_to("INBOX", &UidSet::new([]), "Käse & \"Wein\"").await.unwrap();
            session.delete("INBOX", &UidSet::new([])).await.unwrap();
            assert_eq!(uids(&alice, "INBOX").await, [1, 2, 3, 4]);
        });
    }
}
