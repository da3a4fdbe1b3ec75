//! Storing messages.

use backends::{Error, Flag, NewMessage};

use super::fixture::{Alice, both, bytes_of, run};

fn new(size: usize, flags: &[Flag]) -> NewMessage {
    NewMessage { flags: flags.to_vec(), received: None, size: size as u64 }
}

#[test]
fn a_stored_message_is_byte_for_byte_the_same() {
    for alice in both() {
        let source: Vec<u8> = [&b"Subject: x\r\n\r\n"[..], &b"a line with \xff and \x00\r\n".repeat(20_000)].concat();
        let source: Vec<u8> = source.into_iter().map(|b| if b == 0 { b'0' } else { b }).collect();
        run(async {
            let session = &alice.session;
            let message = NewMessage { received: Some(1_000_000_000), ..new(source.len(), &[Flag::Seen, Flag::Draft]) };
            session.append("INBOX", &message, source.as_slice()).await.unwrap();
            let page = session.page("INBOX", 1, 50).await.unwrap();
            let row = &page.rows[0];
            assert!(row.flags.seen && row.flags.draft);
            assert_eq!(row.summary.received, 1_000_000_000);
            assert_eq!(bytes_of(session.source("INBOX", row.uid).await.unwrap()).await, source);
        });
    }
}

#[test]
fn a_source_that_ends_early_stores_nothing_and_spoils_nothing() {
    for alice in both() {
        run(async {
            let session = &alice.session;
            session.page("INBOX", 1, 50).await.unwrap();
            let short = session.append("INBOX", &new(5000, &[]), &b"Subject: cut\r\n\r\n"[..]).await;
            assert!(matches!(short, Err(Error::Source(_))), "{short:?}");
            assert_eq!(session.page("INBOX", 1, 50).await.unwrap().total, 0);
            session.append("INBOX", &new(16, &[]), &b"Subject: x\r\n\r\ny\n and more"[..]).await.unwrap();
            assert_eq!(session.page("INBOX", 1, 50).await.unwrap().rows[0].summary.size, 17);
        });
    }
}

#[test]
fn refusals_come_before_the_bytes() {
    for alice in both() {
        run(async {
            let missing = alice.session.append("nowhere", &new(20, &[]), tokio::io::empty()).await;
            assert!(matches!(&missing, Err(Error::NoSuchMailbox(name)) if name == "nowhere"), "{missing:?}");
            assert_eq!(alice.session.page("INBOX", 1, 50).await.unwrap().total, 0);
        });
    }
}

#[test]
fn a_draft_replaces_the_one_before() {
    let alice = Alice::new();
    run(async {
        let session = &alice.session;
        session.create("Drafts").await.unwrap();
        let mut old = None;
        for n in 1..=3 {
            let text = format!("Subject: draft {n}\r\n\r\nx\r\n");
            let stored =
                session.replace_draft("Drafts", old, &new(text.len(), &[Flag::Draft]), text.as_bytes()).await.unwrap();
            assert_eq!(stored.uid, Some(n));
            old = stored.uid;
        }
        let page = session.page("Drafts", 1, 50).await.unwrap();
        assert_eq!((page.total, page.rows[0].summary.envelope.subject.as_str()), (1, "draft 3"));
        // The old one stays if the new one cannot be stored.
        let failed = session.replace_draft("Drafts", old, &new(99, &[]), &b"short"[..]).await;
        assert!(failed.is_err());
        assert_eq!(session.page("Drafts", 1, 50).await.unwrap().rows[0].uid, 3);
    });
}
