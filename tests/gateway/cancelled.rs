//! Requests that are given up, connections that die: nothing is half-read, nothing is wedged, nothing happens twice.

use std::time::Duration;

use backends::{Account, Error, MailSession, NewMessage, Pool, PoolOptions};
use suite::{Dovecot, site::password};

use super::{
    fixture::{MASTER, bytes_of, pool, proxy, run},
    tap::Tap,
};

struct Setup {
    dovecot: Dovecot,
    tap: Tap,
    pool: Pool,
    session: MailSession,
}

fn setup() -> Setup {
    let dovecot = Dovecot::start(&["alice"]);
    let mut other = dovecot.imap_as("alice");
    for n in 1..=3 {
        let body = "0123456789abcdef\r\n".repeat(20_000);
        other.append("INBOX", "()", format!("Subject: number {n}\r\n\r\n{body}").as_bytes());
    }
    let tap = Tap::new(dovecot.imap_address());
    let pool = pool(tap.address);
    let session = pool.session("browser", &Account::new(None, "alice"));
    Setup { dovecot, tap, pool, session }
}

#[test]
fn a_request_given_up_in_the_middle_of_an_answer_closes_the_connection() {
    let Setup { tap, session, dovecot: _dovecot, .. } = setup();
    run(async {
        session.page("INBOX", 1, 50).await.unwrap();
        for allowed in [0, 1, 20, 200, 5000, 100_000] {
            let before = tap.connections();
            tap.hold_after(allowed);
            let source = session.source("INBOX", 2);
            let given_up = tokio::time::timeout(Duration::from_millis(200), source).await;
            assert!(given_up.is_err(), "{allowed}");
            tap.release();
            // The next request has its own answer, from the first byte on.
            let page = session.page("INBOX", 1, 50).await.unwrap();
            assert_eq!(page.rows[0].summary.envelope.subject, "number 3", "{allowed}");
            assert_eq!(tap.connections(), before + 1, "{allowed}");
        }
    });
}

#[test]
fn a_request_given_up_while_waiting_for_its_turn_disturbs_nobody() {
    let Setup { tap, session, dovecot: _dovecot, .. } = setup();
    run(async {
        session.page("INBOX", 1, 50).await.unwrap();
        tap.hold_after(100);
        let reading = tokio::spawn({
            let session = session.clone();
            async move { bytes_of(session.source("INBOX", 1).await.unwrap()).await }
        });
        tokio::task::block_in_place(|| tap.wait_until_held());
        let mut waiting = Vec::new();
        for _ in 0..5 {
            let session = session.clone();
            waiting.push(tokio::spawn(async move { session.mailboxes().await.map(|list| list.len()) }));
        }
        let impatient = tokio::time::timeout(Duration::from_millis(100), session.page("INBOX", 1, 50)).await;
        assert!(impatient.is_err());
        waiting.remove(1).abort();
        tap.release();
        assert_eq!(reading.await.unwrap().len(), 20_000 * 18 + "Subject: number 1\r\n\r\n".len());
        for task in waiting {
            assert_eq!(task.await.unwrap().unwrap(), 6);
        }
        assert_eq!(tap.connections(), 1, "nobody was in the middle of an answer");
    });
}

#[test]
fn a_kept_connection_that_died_is_made_again() {
    let Setup { tap, session, dovecot: _dovecot, .. } = setup();
    run(async {
        let page = session.page("INBOX", 1, 50).await.unwrap();
        tap.cut();
        assert_eq!(session.page("INBOX", 1, 50).await.unwrap(), page);
        tap.cut();
        assert_eq!(session.mailboxes().await.unwrap()[0].messages, 3);
        // In the middle of a download too.
        let mut stream = session.source("INBOX", 1).await.unwrap();
        let first = futures::StreamExt::next(&mut stream).await.unwrap().unwrap();
        tap.cut();
        let rest = bytes_of(stream).await;
        assert_eq!(first.len() + rest.len(), 20_000 * 18 + "Subject: number 1\r\n\r\n".len());
        assert_eq!(tap.connections(), 4);
    });
}

#[test]
fn what_must_not_happen_twice_is_not_tried_twice() {
    let Setup { tap, session, dovecot, .. } = setup();
    run(async {
        session.page("INBOX", 1, 50).await.unwrap();
        tap.take_sent();
        // The server stores the message, but its answer is lost.
        tap.hold_after("+ OK\r\n".len());
        let message = NewMessage { size: 16, ..NewMessage::default() };
        let cutting = tokio::spawn({
            let (tap, mut other) = (tap.clone(), dovecot.imap_as("alice"));
            async move {
                tokio::task::spawn_blocking(move || {
                    suite::wait_for("the message", || {
                        other
                            .command("SELECT INBOX")
                            .untagged
                            .iter()
                            .any(|line| line.text().contains("4 EXISTS"))
                            .then_some(())
                    });
                    tap.cut();
                    tap.release();
                })
                .await
                .unwrap();
            }
        });
        let lost = session.append("INBOX", &message, &b"Subject: x\r\n\r\ny\n"[..]).await;
        cutting.await.unwrap();
        assert!(matches!(lost, Err(Error::Unavailable { .. })), "{lost:?}");
        assert_eq!(session.page("INBOX", 1, 50).await.unwrap().total, 4);
        assert_eq!(tap.take_sent().matches("APPEND").count(), 1);
    });
}

#[test]
fn a_server_that_is_away_is_said_to_be_and_comes_back() {
    let Setup { tap, session, pool, dovecot } = setup();
    run(async {
        session.page("INBOX", 1, 50).await.unwrap();
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap()
        };
        pool.set_proxy(proxy(port, Some((MASTER, password()))));
        tap.cut();
        let away = session.page("INBOX", 1, 50).await.unwrap_err();
        assert!(away.is_outage(), "{away}");
        assert!(!away.user_text().contains("127.0.0.1"));
        pool.set_proxy(proxy(dovecot.imap_address(), Some((MASTER, password()))));
        assert_eq!(session.page("INBOX", 1, 50).await.unwrap().total, 3);
    });
}

#[test]
fn sessions_keep_one_connection_and_close_it_when_idle_or_signed_out() {
    let dovecot = Dovecot::start(&["alice", "bob"]);
    let tap = Tap::new(dovecot.imap_address());
    let options = PoolOptions { idle_close: Duration::from_millis(2000), ..PoolOptions::default() };
    let pool = Pool::new(options, proxy(tap.address, Some((MASTER, password()))), None);
    run(async {
        for _ in 0..10 {
            pool.session("one", &Account::new(None, "alice")).page("INBOX", 1, 50).await.unwrap();
            pool.session("two", &Account::new(None, "bob")).page("INBOX", 1, 50).await.unwrap();
        }
        assert_eq!((tap.connections(), pool.sessions()), (2, 2));
        pool.close("one").await;
        assert_eq!(pool.sessions(), 1);
        tokio::task::spawn_blocking({
            let (tap, pool) = (tap.clone(), pool.clone());
            move || {
                let mut seen = 0;
                suite::wait_for("two log-outs and no session", || {
                    seen += tap.take_sent().matches("LOGOUT").count();
                    (seen == 2 && pool.sessions() == 0).then_some(())
                });
            }
        })
        .await
        .unwrap();
        // The same key for another user never gives the first one's mail.
        pool.session("one", &Account::new(None, "alice")).create("Only alice").await.unwrap();
        let bobs = pool.session("one", &Account::new(None, "bob")).mailboxes().await.unwrap();
        assert!(bobs.iter().all(|mailbox| mailbox.name != "Only alice"), "{bobs:?}");
    });
}
