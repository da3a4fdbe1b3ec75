//! Delivery headers (RFC 5321 §4.4).

use super::fixture::{Lmtp, codes};

#[test]
fn three_headers_stand_in_front_of_the_message_as_it_was() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    let message = b"Return-Path: <old@x.test>\r\nSubject: x\r\n\r\nbody\r\n";
    client.deliver("sender@x.test", &["alice+Missing@Example.test"], message);
    let text = String::from_utf8(lmtp.messages("alice", "INBOX").remove(0)).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "Return-Path: <sender@x.test>");
    assert_eq!(lines[1], "Delivered-To: alice+Missing@Example.test");
    assert_eq!(lines[2], "Received: from client.test ([127.0.0.1])");
    assert!(lines[3].starts_with("\tby store.example.test with LMTP id "), "{}", lines[3]);
    let (recipient, date) = lines[4].split_once("; ").unwrap();
    assert_eq!(recipient, "\tfor <alice+Missing@Example.test>");
    let (day, zone) = date.rsplit_once(' ').unwrap();
    assert_eq!((zone, day.split(' ').count()), ("+0000", 5), "{date}");
    assert!(text.ends_with(std::str::from_utf8(message).unwrap()));
    assert_eq!(lines[5], "Return-Path: <old@x.test>");
}

#[test]
fn a_null_sender_and_a_quoted_recipient_are_written_as_paths() {
    let lmtp = Lmtp::new();
    lmtp.directory.add("odd", &[("mailAlternateAddress", "@hosted.example")]);
    let mut client = lmtp.connect();
    assert_eq!(client.command("MAIL FROM:<>").code, 250);
    assert_eq!(codes(&client.command("RCPT TO:<\"two words\"@hosted.example>")), "250 2.1.5");
    assert_eq!(client.command("DATA").code, 354);
    client.send(b"x\r\n.\r\n");
    assert_eq!(client.reply().lines[0], "2.0.0 <\"two words\"@hosted.example> Saved");
    let text = String::from_utf8(lmtp.messages("odd", "INBOX").remove(0)).unwrap();
    assert!(text.starts_with("Return-Path: <>\r\nDelivered-To: \"two words\"@hosted.example\r\n"), "{text}");
}

#[test]
fn utf8_transactions_say_so() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    assert_eq!(client.command("MAIL FROM:<é@x.test> SMTPUTF8").code, 250);
    assert_eq!(client.command("RCPT TO:<alice@example.test>").code, 250);
    assert_eq!(client.command("DATA").code, 354);
    client.send(b"x\r\n.\r\n");
    assert_eq!(client.reply().code, 250);
    let text = String::from_utf8(lmtp.messages("alice", "INBOX").remove(0)).unwrap();
    assert!(text.starts_with("Return-Path: <é@x.test>\r\n") && text.contains(" with UTF8LMTP id "), "{text}");
}
