//! Address syntax in MAIL and RCPT, and MAIL's parameters (RFC 5321 §4.1.2, RFC 6531).

use super::fixture::{Lmtp, codes};

#[test]
fn senders_of_every_form_are_kept_in_return_path() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    let forms = [
        ("<>", "<>"),
        ("<a@x.test>", "<a@x.test>"),
        ("<@relay.test,@other.test:a@x.test>", "<a@x.test>"),
        ("<\"a b\"@x.test>", "<\"a b\"@x.test>"),
        ("<\"plain\"@x.test>", "<plain@x.test>"),
        ("<\"q\\\"q\\\\\"@x.test>", "<\"q\\\"q\\\\\"@x.test>"),
        ("<bounce+list=a=x.test@[127.0.0.1]>", "<bounce+list=a=x.test@[127.0.0.1]>"),
        ("<a..b.@docomo.test.>", "<a..b.@docomo.test>"),
        ("<root>", "<root>"),
        (" <a@x.test> BODY=8BITMIME SIZE=100", "<a@x.test>"),
        ("<jürgen@dömain.test> SMTPUTF8 body=7bit", "<jürgen@dömain.test>"),
    ];
    for (typed, kept) in forms {
        let reply = client.command(&format!("MAIL FROM:{typed}"));
        assert_eq!(codes(&reply), "250 2.1.0", "{typed}");
        assert_eq!(client.command("RCPT TO:<alice@example.test>").code, 250);
        assert_eq!(client.command("DATA").code, 354);
        client.send(b"x\r\n.\r\n");
        assert_eq!(client.reply().code, 250);
        let message = lmtp.messages("alice", "INBOX").pop().unwrap();
        assert!(
            message.starts_with(format!("Return-Path: {kept}\r\n").as_bytes()),
            "{}",
            String::from_utf8_lossy(&message)
        );
    }
}

#[test]
fn recipients_of_every_form_find_their_user() {
    let lmtp = Lmtp::new();
    lmtp.directory.add("odd", &[("mailAlternateAddress", "zoë@example.test")]);
    let mut client = lmtp.connect();
    assert_eq!(client.command("MAIL FROM:<> SMTPUTF8").code, 250);
    for typed in [
        "<ALICE@EXAMPLE.TEST>",
        "<\"alice\"@example.test>",
        "<\"al\\ice\"@example.test.>",
        "<@relay.test:alice@example.test>",
        "<alice>",
        " <bob@example.test>",
        "<ZOË@example.test>",
    ] {
        assert_eq!(codes(&client.command(&format!("RCPT TO:{typed}"))), "250 2.1.5", "{typed}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    for typed in [
        "a@x.test",
        "<a@x.test",
        "<a b@x.test>",
        "<a@>",
        "<a@x..test>",
        "<@x.test>",
        "<a@b@c>",
        "<a@x.test>junk",
        "<\"a@x.test>",
    ] {
        assert_eq!(codes(&client.command(&format!("MAIL FROM:{typed}"))), "501 5.1.7", "{typed}");
    }
    let long = format!("<{}@x.test>", "a".repeat(1100));
    assert_eq!(codes(&client.command(&format!("MAIL FROM:{long}"))), "501 5.1.7");
    let mut client = lmtp.connect();
    assert_eq!(client.command("MAIL FROM:<>").code, 250);
    for typed in ["<>", "alice@example.test", "<alice@example.test", "<alice@[127.0.0.1>"] {
        assert_eq!(codes(&client.command(&format!("RCPT TO:{typed}"))), "501 5.1.3", "{typed}");
    }
    assert_eq!(codes(&client.command("RCPT TO:<alice@example.test> NOTIFY=NEVER")), "555 5.5.4");
}

#[test]
fn addresses_beyond_ascii_need_smtputf8() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    assert_eq!(codes(&client.command("MAIL FROM:<jürgen@x.test>")), "550 5.6.7");
    assert_eq!(client.command("MAIL FROM:<>").code, 250);
    assert_eq!(codes(&client.command("RCPT TO:<zoë@example.test>")), "553 5.6.7");
}

#[test]
fn parameters_are_checked() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    for (parameters, answer) in [
        ("SIZE=x", "501 5.5.4"),
        ("SIZE=", "501 5.5.4"),
        ("SIZE", "555 5.5.4"),
        ("SIZE=123456789012345678901", "501 5.5.4"),
        ("SIZE=99999999999999999999", "552 5.3.4"),
        ("BODY=BINARYMIME", "555 5.5.4"),
        ("SMTPUTF8=yes", "555 5.5.4"),
        ("RET=FULL", "555 5.5.4"),
        ("AUTH=<>", "555 5.5.4"),
    ] {
        assert_eq!(codes(&client.command(&format!("MAIL FROM:<> {parameters}"))), answer, "{parameters}");
    }
}
