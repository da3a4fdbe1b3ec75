//! BDAT (RFC 3030 §2 and §4.2; one reply a recipient after LAST by RFC 2033).

use suite::LmtpClient;

use super::fixture::{Lmtp, Options, begin, codes};

fn bdat(client: &mut LmtpClient, bytes: &[u8], last: &str) {
    client.send(format!("BDAT {}{last}\r\n", bytes.len()).as_bytes());
    client.send(bytes);
}

#[test]
fn chunks_are_joined_as_they_are() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    begin(&mut client, "alice@example.test");
    assert_eq!(client.command("RCPT TO:<bob@example.test>").code, 250);
    // Dots mean nothing here, a CRLF may be cut in two, and the end need not be the end of a line.
    for chunk in [b"Subject: x\r\n\r\n.\r\n..\r".as_slice(), b"\nMAIL FROM:<x>\r\n", b""] {
        bdat(&mut client, chunk, "");
        assert_eq!(codes(&client.reply()), "250 2.0.0");
    }
    bdat(&mut client, b"no end", " LAST");
    assert_eq!([client.reply().code, client.reply().code], [250, 250]);
    let wanted = b"Subject: x\r\n\r\n.\r\n..\r\nMAIL FROM:<x>\r\nno end".to_vec();
    assert_eq!(lmtp.bodies("alice"), std::slice::from_ref(&wanted));
    assert_eq!(lmtp.bodies("bob"), [wanted]);
    assert_eq!(client.command("BDAT 0 LAST").code, 503, "the transaction is over");
}

#[test]
fn commands_and_chunks_may_be_pipelined() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    client.send(b"MAIL FROM:<>\r\nRCPT TO:<alice@example.test>\r\nBDAT 4\r\nSub:BDAT 7 LAST\r\n 1\r\n\r\nxNOOP\r\n");
    let answers: Vec<_> = (0..5).map(|_| codes(&client.reply())).collect();
    assert_eq!(answers, ["250 2.1.0", "250 2.1.5", "250 2.0.0", "250 2.0.0", "250 2.0.0"]);
    assert_eq!(lmtp.bodies("alice"), [b"Sub: 1\r\n\r\nx"]);
}

#[test]
fn a_refused_chunk_is_read_to_its_end_and_fails_the_rest() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    begin(&mut client, "alice@example.test");
    bdat(&mut client, b"bare\nQUIT\r\n", "");
    assert_eq!(codes(&client.reply()), "550 5.6.0");
    bdat(&mut client, b"QUIT\r\n", "");
    assert_eq!(codes(&client.reply()), "503 5.5.1");
    bdat(&mut client, b"QUIT\r\n", " LAST");
    assert_eq!(codes(&client.reply()), "503 5.5.1");
    assert_eq!(client.command("RSET").code, 250);
    begin(&mut client, "alice@example.test");
    bdat(&mut client, b"nul\0\r\n", " LAST");
    assert_eq!(codes(&client.reply()), "550 5.6.0");
    assert!(lmtp.messages("alice", "INBOX").is_empty());
}

#[test]
fn chunks_without_a_place_are_read_and_refused() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    bdat(&mut client, b"QUIT\r\n", " LAST");
    assert_eq!(codes(&client.reply()), "503 5.5.1");
    assert_eq!(client.command("MAIL FROM:<>").code, 250);
    bdat(&mut client, b"QUIT\r\n", " LAST");
    assert_eq!(codes(&client.reply()), "503 5.5.1");
    assert_eq!(client.command("RSET").code, 250);
    for bad in ["BDAT", "BDAT x", "BDAT -1", "BDAT 1 2", "BDAT 1 LAST x", "BDAT 123456789012345678901"] {
        assert_eq!(codes(&client.command(bad)), "501 5.5.4", "{bad}");
    }
}

#[test]
fn data_and_chunks_do_not_mix() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    begin(&mut client, "alice@example.test");
    bdat(&mut client, b"x", "");
    assert_eq!(client.reply().code, 250);
    assert_eq!(codes(&client.command("DATA")), "503 5.5.1");
    assert_eq!(codes(&client.command("RCPT TO:<bob@example.test>")), "503 5.5.1");
    bdat(&mut client, b"y", " LAST");
    assert_eq!(client.reply().code, 250);
    assert_eq!(lmtp.bodies("alice"), [b"xy"]);
}

#[test]
fn chunks_count_against_the_size_limit() {
    let lmtp = Lmtp::with(Options { max_message_size: 1000, ..Options::default() });
    let mut client = lmtp.connect();
    begin(&mut client, "alice@example.test");
    bdat(&mut client, &[b'x'; 1000], "");
    assert_eq!(client.reply().code, 250);
    bdat(&mut client, b"y", " LAST");
    assert_eq!(codes(&client.reply()), "552 5.3.4");
    assert!(lmtp.messages("alice", "INBOX").is_empty());
}
