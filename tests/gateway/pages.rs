//! Pages of a mailbox: newest first, whatever others do to it meanwhile.

use backends::{Error, Flag, FlagChange};

use super::fixture::{Alice, both, run};

fn fill(alice: &Alice, count: usize) {
    let mut other = alice.other();
    for n in 1..=count {
        other.append("INBOX", "()", format!("Subject: number {n}\r\nFrom: A <a@b.example>\r\n\r\n{n}\r\n").as_bytes());
    }
}

#[test]
fn pages_go_from_the_newest_to_the_oldest() {
    for alice in both() {
        fill(&alice, 120);
        run(async {
            let page = alice.session.page("INBOX", 1, 50).await.unwrap();
            assert_eq!((page.total, page.number, page.pages, page.rows.len()), (120, 1, 3, 50));
            assert_eq!(page.rows[0].summary.envelope.subject, "number 120");
            assert_eq!(page.rows[49].uid, 71);
            let last = alice.session.page("INBOX", 3, 50).await.unwrap();
            assert_eq!((last.rows.len(), last.rows[19].uid), (20, 1));
            let past = alice.session.page("INBOX", 99, 50).await.unwrap();
            assert_eq!((past.number, &past.rows), (3, &last.rows));
            // From memory the second time, and the same.
            assert_eq!(alice.session.page("INBOX", 1, 50).await.unwrap(), page);
            let row = &page.rows[0];
            assert_eq!(row.summary.envelope.from[0].email, "a@b.example");
            assert_eq!(row.summary.structure.media_type(), "text/plain");
            assert!(row.summary.size > 0 && row.summary.received > 1_500_000_000);
        });
    }
}

#[test]
fn an_empty_mailbox_is_a_page_without_rows() {
    for alice in both() {
        run(async {
            let page = alice.session.page("INBOX", 7, 50).await.unwrap();
            assert_eq!((page.total, page.number, page.pages, page.rows.len()), (0, 1, 1, 0));
        });
    }
}

#[test]
fn what_others_do_shows_on_the_next_page() {
    for alice in both() {
        fill(&alice, 60);
        run(async {
            let session = &alice.session;
            assert_eq!(session.page("INBOX", 1, 50).await.unwrap().rows[0].uid, 60);
            let mut other = alice.other();
            other.append("INBOX", "(\\Flagged)", b"Subject: new\r\n\r\nx\r\n");
            let page = session.page("INBOX", 1, 50).await.unwrap();
            assert_eq!((page.total, page.rows[0].uid, page.rows[0].flags.flagged), (61, 61, true));
            other.command("SELECT INBOX");
            other.command("UID STORE 1:30,61 +FLAGS (\\Deleted)");
            other.command("EXPUNGE");
            other.command("UID STORE 60 +FLAGS (\\Seen \\Answered custom)");
            let page = session.page("INBOX", 2, 20).await.unwrap();
            assert_eq!((page.total, page.pages, page.number, page.rows.len()), (30, 2, 2, 10));
            let page = session.page("INBOX", 1, 20).await.unwrap();
            assert_eq!((page.rows.len(), page.rows[0].uid), (20, 60));
            let flags = &page.rows[0].flags;
            assert!(flags.seen && flags.answered && !flags.flagged);
            assert_eq!(flags.keywords, ["custom"]);
        });
    }
}

#[test]
fn a_message_knows_its_neighbours() {
    for alice in both() {
        fill(&alice, 3);
        run(async {
            let session = &alice.session;
            let middle = session.message("INBOX", 2).await.unwrap();
            assert_eq!((middle.newer, middle.older), (Some(3), Some(1)));
            assert_eq!(middle.summary.envelope.subject, "number 2");
            assert!(!middle.flags.seen, "reading does not set \\Seen");
            assert_eq!(session.message("INBOX", 3).await.unwrap().newer, None);
            assert_eq!(session.message("INBOX", 1).await.unwrap().older, None);
            assert!(matches!(session.message("INBOX", 9).await, Err(Error::NoSuchMessage { uid: 9 })));
        });
    }
}

#[test]
fn uids_of_a_mailbox_that_was_replaced_are_refused() {
    let alice = Alice::new();
    fill(&alice, 1);
    run(async {
        let page = alice.session.page("INBOX", 1, 50).await.unwrap();
        let then = page.uid_validity;
        alice.session.flag(("INBOX", then), &1.into(), FlagChange::Add, &[Flag::Seen]).await.unwrap();
        let gone = alice.session.flag(("INBOX", then + 1), &1.into(), FlagChange::Add, &[Flag::Flagged]).await;
        assert!(matches!(gone, Err(Error::Gone { .. })), "{gone:?}");
        assert!(!alice.session.message("INBOX", 1).await.unwrap().flags.flagged);
    });
}

#[test]
fn envelopes_with_stray_bytes_and_odd_addresses_are_readable() {
    let message = b"From: \"Q \\\"uote\\\" back\\\\slash\" <q@x.example>\r\n\
        To: Group: one@x.example, Two <two@x.example>;, three@x.example\r\n\
        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= und Gr\xfc\xdfe\r\n\
        Message-ID: <id@x.example>\r\nDate: Sat, 21 Nov 2026 12:00:00 +0100\r\n\
        Content-Type: application/pdf; name*=utf-8''%E2%82%AC%20rates.pdf\r\n\
        Content-Disposition: attachment; filename*0*=utf-8''na%C3%AF; filename*1=ve.pdf\r\n\r\nx\r\n";
    for alice in both() {
        alice.other().append("INBOX", "()", message);
        run(async {
            let page = alice.session.page("INBOX", 1, 50).await.unwrap();
            let summary = &page.rows[0].summary;
            let envelope = &summary.envelope;
            assert_eq!(envelope.from[0].name, "Q \"uote\" back\\slash");
            assert!(envelope.subject.starts_with("Grüße und Gr"), "{}", envelope.subject);
            let to: Vec<_> = envelope.to.iter().map(|a| (a.email.as_str(), a.group.as_deref())).collect();
            assert_eq!(
                to,
                [("one@x.example", Some("Group")), ("two@x.example", Some("Group")), ("three@x.example", None)]
            );
            assert_eq!(envelope.date, Some(1_795_258_800));
            assert_eq!(envelope.message_id, "<id@x.example>");
            assert_eq!(summary.structure.file_name(), Some("naïve.pdf"));
            assert_eq!(summary.structure.param("name"), Some("€ rates.pdf"));
        });
    }
}
