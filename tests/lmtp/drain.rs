//! The end of a session that the client did not ask for.

use std::time::Duration;

use super::fixture::{Lmtp, Options, begin, codes};

#[test]
fn a_drain_sends_idle_clients_away() {
    let lmtp = Lmtp::new();
    let mut idle = lmtp.connect();
    lmtp.drain.start();
    assert_eq!(codes(&idle.reply()), "421 4.3.2");
    assert!(idle.try_reply().is_err());
}

#[test]
fn a_drain_lets_a_transaction_come_to_its_end() {
    let lmtp = Lmtp::new();
    let (mut early, mut late) = (lmtp.connect(), lmtp.connect());
    begin(&mut early, "alice@example.test");
    begin(&mut late, "bob@example.test");
    assert_eq!(late.command("DATA").code, 354);
    late.send(b"first half\r\n");
    lmtp.drain.start();
    assert_eq!(early.command("DATA").code, 354);
    early.send(b"early\r\n.\r\nMAIL FROM:<>\r\n");
    late.send(b"second half\r\n.\r\n");
    for client in [&mut early, &mut late] {
        assert_eq!(codes(&client.reply()), "250 2.0.0");
        assert_eq!(codes(&client.reply()), "421 4.3.2");
        assert!(client.try_reply().is_err());
    }
    assert_eq!(lmtp.bodies("alice"), [b"early\r\n"]);
    assert_eq!(lmtp.bodies("bob"), [b"first half\r\nsecond half\r\n"]);
}

#[test]
fn an_idle_client_is_told_and_its_message_is_dropped() {
    let lmtp = Lmtp::with(Options { idle_timeout: Duration::from_millis(50), ..Options::default() });
    let mut client = lmtp.connect();
    client.send(b"MAIL FROM:<>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\nhalf a mess");
    let answers: Vec<_> = (0..4).map(|_| client.reply().code).collect();
    assert_eq!(answers, [250, 250, 354, 421]);
    assert!(client.try_reply().is_err());
    assert!(lmtp.messages("alice", "INBOX").is_empty());
}
