//! The mailbox list and what can be done with mailboxes.

use backends::{Error, Role};

use super::fixture::{both, run};

#[test]
fn mailboxes_have_roles_counts_and_order() {
    for alice in both() {
        let mut other = alice.other();
        for name in ["zebra", "Ant"] {
            other.command(&format!("CREATE {name}"));
        }
        other.append("INBOX", "(\\Seen)", b"Subject: read\r\n\r\nx\r\n");
        other.append("INBOX", "()", b"Subject: unread\r\n\r\nx\r\n");
        run(async {
            let list = alice.session.mailboxes().await.unwrap();
            let names: Vec<&str> = list.iter().map(|mailbox| mailbox.name.as_str()).collect();
            assert_eq!(names, ["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash", "Ant", "zebra"]);
            assert_eq!((list[0].role, list[0].messages, list[0].unseen), (Some(Role::Inbox), 2, 1));
            assert_eq!((list[2].role, list[5].role, list[6].role), (Some(Role::Sent), Some(Role::Trash), None));
            assert!(list.iter().all(|mailbox| mailbox.selectable && mailbox.uid_validity != 0));
            let counts = alice.session.counts("INBOX").await.unwrap();
            assert_eq!((counts.messages, counts.unseen, counts.uid_next), (2, 1, 3));
        });
    }
}

#[test]
fn names_of_any_kind_can_be_made_opened_renamed_and_removed() {
    let names = [
        "plain",
        "two words",
        "quo\"te and back\\slash",
        "Entwürfe",
        "日本語のメール",
        "🏝 holiday",
        "R&D",
        "100% *star*",
        "{5}",
        "a literal {3+}",
        "(list) [flag]",
    ];
    for alice in both() {
        run(async {
            for name in names {
                alice.session.create(name).await.unwrap();
                let found = alice.session.mailboxes().await.unwrap();
                let found = found.iter().find(|mailbox| mailbox.name == name).unwrap_or_else(|| panic!("{name}"));
                assert!(found.subscribed, "{name}");
                assert_eq!(alice.session.page(name, 1, 50).await.unwrap().total, 0, "{name}");
                assert!(matches!(alice.session.create(name).await, Err(Error::AlreadyExists(_))), "{name}");
                let renamed = format!("{name} 2");
                alice.session.rename(name, &renamed).await.unwrap();
                assert!(matches!(alice.session.page(name, 1, 50).await, Err(Error::NoSuchMailbox(_))), "{name}");
                alice.session.delete_mailbox(&renamed).await.unwrap();
            }
            let left = alice.session.mailboxes().await.unwrap();
            assert_eq!(left.len(), 6, "{left:?}");
        });
    }
}

#[test]
fn a_missing_role_is_made_once() {
    for alice in both() {
        run(async {
            assert_eq!(alice.session.mailbox_for(Role::Drafts).await.unwrap(), "Drafts");
            for session in [&alice.session, &alice.session, &alice.pool.session("another", alice.session.account())] {
                assert_eq!(session.mailbox_for(Role::Flagged).await.unwrap(), "Flagged");
            }
            let list = alice.session.mailboxes().await.unwrap();
            assert!(list.iter().any(|mailbox| mailbox.name == "Flagged" && mailbox.subscribed));
            assert_eq!(list.len(), 7);
        });
    }
}

#[test]
fn missing_mailboxes_are_said_to_be_missing() {
    for alice in both() {
        run(async {
            let session = &alice.session;
            assert!(matches!(session.page("nowhere", 1, 50).await, Err(Error::NoSuchMailbox(_))));
            assert!(matches!(session.counts("nowhere").await, Err(Error::NoSuchMailbox(_))));
            assert!(matches!(session.delete_mailbox("INBOX").await, Err(Error::NoPermission(_))));
            // And the connection is as good as before.
            assert_eq!(session.page("INBOX", 1, 50).await.unwrap().total, 0);
        });
    }
}
