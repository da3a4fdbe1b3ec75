//! Commands, their order, and what happens to clients that get them wrong (RFC 2033, RFC 5321 §4).

use super::fixture::{Lmtp, begin, codes};

#[test]
fn lhlo_lists_the_extensions() {
    let lmtp = Lmtp::new();
    let client = lmtp.connect();
    assert!(client.greeting().lines[0].starts_with("store.example.test LMTP service"), "{:?}", client.greeting());
    assert_eq!(client.features()[0], "store.example.test");
    let mut extensions = client.features()[1..].to_vec();
    extensions.sort();
    let size = format!("SIZE {}", 50 << 20);
    assert_eq!(extensions, ["8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES", "PIPELINING", &size, "SMTPUTF8"]);
}

#[test]
fn commands_out_of_order_are_refused_and_do_no_harm() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect_silent();
    let is = |reply, wanted: &str| assert_eq!(codes(&reply), wanted, "{reply:?}");
    is(client.command("MAIL FROM:<>"), "503 5.5.1");
    is(client.command("HELO client.test"), "500 5.5.1");
    is(client.command("EHLO client.test"), "500 5.5.1");
    is(client.command("LHLO"), "501 5.5.4");
    is(client.command("LHLO evil(\"host"), "501 5.5.4");
    assert_eq!(client.command("lhlo [127.0.0.1]").code, 250);
    is(client.command("RCPT TO:<alice@example.test>"), "503 5.5.1");
    is(client.command("DATA"), "503 5.5.1");
    is(client.command("MAIL FROM:<>"), "250 2.1.0");
    is(client.command("MAIL FROM:<>"), "503 5.5.1");
    is(client.command("DATA"), "503 5.5.1");
    is(client.command("RCPT TO:<nobody@example.test>"), "550 5.1.1");
    is(client.command("DATA"), "503 5.5.1");
    is(client.command("RCPT TO:<alice@example.test>"), "250 2.1.5");
    is(client.command("RSET"), "250 2.0.0");
    is(client.command("DATA"), "503 5.5.1");
    begin(&mut client, "alice@example.test");
    assert_eq!(client.command("LHLO again.test").code, 250);
    is(client.command("DATA"), "503 5.5.1");
    is(client.command("QUIT"), "221 2.0.0");
    assert!(client.try_reply().is_err());
    assert!(lmtp.messages("alice", "INBOX").is_empty());
}

#[test]
fn small_commands_answer() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    assert_eq!(codes(&client.command("NOOP")), "250 2.0.0");
    assert_eq!(codes(&client.command("noop with words")), "250 2.0.0");
    assert_eq!(codes(&client.command("VRFY alice")), "252 2.5.2");
    assert_eq!(codes(&client.command("VRFY")), "501 5.5.4");
    assert_eq!(codes(&client.command("HELP")), "214 2.0.0");
    assert_eq!(codes(&client.command("DATA now")), "501 5.5.4");
    assert_eq!(codes(&client.command("EXPN list")), "500 5.5.2");
    assert_eq!(codes(&client.command("")), "500 5.5.2");
}

#[test]
fn a_pipelined_batch_is_answered_in_order() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    client.send(
        b"MAIL FROM:<a@x.test>\r\nRCPT TO:<alice@example.test>\r\nRCPT TO:<nobody@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n",
    );
    let answers: Vec<_> = (0..4).map(|_| codes(&client.reply())).collect();
    assert_eq!(answers, ["250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5"]);
    assert_eq!(client.reply().code, 354);
    // The end of the data, a whole next transaction, and QUIT in one packet.
    client.send(
        b"Subject: 1\r\n\r\none\r\n.\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: 2\r\n\r\ntwo\r\n.\r\nQUIT\r\n",
    );
    let answers: Vec<_> = (0..7).map(|_| codes(&client.reply())).collect();
    assert_eq!(
        answers,
        ["250 2.0.0", "250 2.0.0", "250 2.1.0", "250 2.1.5", "354 End", "250 2.0.0", "221 2.0.0"],
        "one reply for each of the two recipients comes first"
    );
    assert_eq!(lmtp.bodies("bob"), [b"Subject: 1\r\n\r\none\r\n".to_vec(), b"Subject: 2\r\n\r\ntwo\r\n".to_vec()]);
}

#[test]
fn odd_lines_get_a_reply_and_the_session_goes_on() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    let odd: [&[u8]; 5] = [
        b"NOOP\n",
        b"NO\0OP\r\n",
        b"NOOP \xff\r\n",
        b"NOOP\t\r\n",
        &[b"NOOP ".as_slice(), &b"x".repeat(100_000), b"\r\n"].concat(),
    ];
    for line in odd {
        client.send(line);
        assert_eq!(codes(&client.reply()), "500 5.5.2");
    }
    assert_eq!(client.command("NOOP").code, 250);
    let longest = format!("NOOP {}", "x".repeat(4096 - 7));
    assert_eq!(client.command(&longest).code, 250);
    assert_eq!(client.command(&format!("{longest}x")).code, 500);
}

#[test]
fn a_client_with_nothing_but_errors_is_sent_away() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    let mut replies = Vec::new();
    client.send(&b"BOGUS\r\n".repeat(100));
    while let Ok(reply) = client.try_reply() {
        replies.push(codes(&reply));
    }
    assert_eq!(replies.len(), 22, "{replies:?}");
    assert_eq!(replies.last().map(String::as_str), Some("421 4.7.0"));
}
