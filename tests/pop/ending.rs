//! The end of a session that the client did not ask for (RFC 1939 §3).

use std::time::Duration;

use super::fixture::{Options, Pop};

const MAIL: &[u8] = b"Subject: x\r\n\r\nbody\r\n";

#[test]
fn an_idle_session_is_closed_without_a_word_and_without_an_update() {
    let pop = Pop::with(Options { idle_timeout: Duration::from_millis(200), ..Options::default() });
    pop.put(&[MAIL]);
    let mut silent = pop.connect();
    assert!(silent.is_closed());
    let mut client = pop.connect();
    client.send(b"USER alice\r\nPASS secret\r\nDELE 1\r\n");
    for _ in 0..3 {
        assert!(client.line().starts_with("+OK"));
    }
    assert!(client.is_closed());
    assert_eq!(pop.uids(), [1]);
    pop.account("alice").lock_maildrop().unwrap().expect("the maildrop is free");
}

#[test]
fn half_a_command_does_not_keep_a_session() {
    let pop = Pop::with(Options { idle_timeout: Duration::from_millis(200), ..Options::default() });
    let mut client = pop.connect();
    client.send(b"USER al");
    assert!(client.is_closed());
}

#[test]
fn a_drain_sends_away_who_has_not_signed_in() {
    let pop = Pop::new();
    let mut client = pop.connect();
    client.ok("USER alice");
    pop.drain.start();
    assert_eq!(client.line(), "-ERR [SYS/TEMP] Server is shutting down");
    assert!(client.is_closed());
}

#[test]
fn a_drain_lets_a_session_come_to_its_end() {
    let pop = Pop::new();
    pop.put(&[MAIL]);
    let mut client = pop.alice();
    pop.drain.start();
    assert_eq!(client.retr(1).1, MAIL);
    client.ok("DELE 1");
    client.ok("QUIT");
    assert!(client.is_closed());
    assert!(pop.uids().is_empty());
    pop.runtime.block_on(pop.drain.finished());
}

#[test]
fn a_drain_does_not_wait_for_a_session_that_pauses() {
    let pop = Pop::with(Options { idle_timeout: Duration::from_millis(200), ..Options::default() });
    pop.put(&[MAIL]);
    pop.drain.start();
    // Accepted before: the listener is closed by now, so the session is begun beside it.
    let mut client = {
        let pop = Pop::with(Options {
            idle_timeout: Duration::from_secs(600),
            folder: Some(pop.folder()),
            ..Options::default()
        });
        let mut client = pop.alice();
        client.ok("DELE 1");
        pop.drain.start();
        assert_eq!(client.line(), "-ERR [SYS/TEMP] Server is shutting down");
        client
    };
    assert!(client.is_closed());
    assert_eq!(pop.uids(), [1]);
}
