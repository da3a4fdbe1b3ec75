//! What makes pages quick: one round trip, and only what may have changed.

use backends::Account;
use suite::Dovecot;

use super::{
    fixture::{pool, run},
    tap::Tap,
};

#[test]
fn a_page_seen_before_asks_for_uids_and_flags_in_one_write() {
    let dovecot = Dovecot::start(&["alice"]);
    let mut other = dovecot.imap_as("alice");
    for n in 1..=80 {
        other.append("INBOX", "()", format!("Subject: {n}\r\n\r\nx\r\n").as_bytes());
    }
    let tap = Tap::new(dovecot.imap_address());
    let pool = pool(tap.address);
    let session = pool.session("browser", &Account::new(None, "alice"));
    run(async {
        session.page("INBOX", 1, 50).await.unwrap();
        assert!(tap.take_sent().contains("FETCH 31:80 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE"));
        session.page("INBOX", 1, 50).await.unwrap();
        let sent = tap.take_sent();
        let verbs: Vec<&str> = sent.lines().filter_map(|line| line.split_once(' ').map(|(_, verb)| verb)).collect();
        assert_eq!(verbs, ["NOOP", "FETCH 31:80 (UID FLAGS)"]);
        // A new message costs one row, not a page.
        other.append("INBOX", "()", b"Subject: new\r\n\r\nx\r\n");
        session.page("INBOX", 1, 50).await.unwrap();
        let sent = tap.take_sent();
        assert!(sent.contains("FETCH 32:81 (UID FLAGS)\r\n"), "{sent}");
        assert!(sent.contains("UID FETCH 81 (UID FLAGS INTERNALDATE"), "{sent}");
        // Another mailbox and back: a SELECT, and the rows are still known.
        session.create("Other").await.unwrap();
        session.page("Other", 1, 50).await.unwrap();
        tap.take_sent();
        session.page("INBOX", 1, 50).await.unwrap();
        let sent = tap.take_sent();
        assert!(sent.contains("SELECT \"INBOX\"") && sent.contains("FETCH 32:81 (UID FLAGS)\r\n"), "{sent}");
        assert_eq!(tap.connections(), 1);
    });
}

#[test]
fn the_mailbox_list_with_counts_is_one_command_after_the_first_time() {
    let dovecot = Dovecot::start(&["alice"]);
    let tap = Tap::new(dovecot.imap_address());
    let pool = pool(tap.address);
    let session = pool.session("browser", &Account::new(None, "alice"));
    run(async {
        session.open().await.unwrap();
        tap.take_sent();
        session.mailboxes().await.unwrap();
        // With it, once a connection: what the names of other people's mailboxes begin with.
        let sent = tap.take_sent();
        let verbs: Vec<&str> = sent.lines().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(verbs, ["LIST", "NAMESPACE"]);
        session.mailboxes().await.unwrap();
        assert_eq!(tap.take_sent().lines().count(), 1);
    });
}
