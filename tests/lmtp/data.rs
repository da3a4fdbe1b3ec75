//! What a message may hold, where it ends, and that nothing is half stored (RFC 5321 §4.5.2).

use std::io::{Read, Write};
use std::net::TcpStream;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use suite::lmtp::stuffed;

use super::fixture::{Lmtp, begin, codes};

const MESSAGE: &[u8] = b"From: a@x.test\r\nSubject: dots\r\n\r\n.\r\n..\r\n. x\r\nplain\r\n.end\r\n";

#[test]
fn lone_dots_survive_wherever_the_packets_end() {
    let lmtp = Lmtp::new();
    let wire = stuffed(MESSAGE);
    let mut client = lmtp.connect();
    for cut in 0..=wire.len() {
        begin(&mut client, "alice@example.test");
        assert_eq!(client.command("DATA").code, 354);
        client.send(&wire[..cut]);
        client.send(&wire[cut..]);
        assert_eq!(client.reply().code, 250);
    }
    let bodies = lmtp.bodies("alice");
    assert_eq!(bodies.len(), wire.len() + 1);
    assert!(bodies.iter().all(|body| body == MESSAGE));
}

#[test]
fn only_crlf_dot_crlf_ends_a_message() {
    let lmtp = Lmtp::new();
    // What other servers have taken for an end; behind it a second message was smuggled in.
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\r\n.\r\r\n"] {
        let wire = format!(
            "Subject: x\r\n\r\nbody{end}MAIL FROM:<evil@x.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nsmuggled\r\n.\r\n"
        );
        let reply = lmtp.raw_data(wire.as_bytes());
        let wanted = if end.replace("\r\n", "").contains('\n') { "550 5.6.0" } else { "250 2.0.0" };
        assert_eq!(codes(&reply), wanted, "{end:?}");
    }
    assert!(lmtp.messages("bob", "INBOX").is_empty());
}

#[test]
fn a_bare_lf_or_a_nul_refuses_the_message_after_its_end() {
    let lmtp = Lmtp::new();
    for wire in ["a\nb\r\n.\r\n", "\n\r\n.\r\n", "a\r\n\n\r\n.\r\n", "a\0b\r\n.\r\n", "\0\r\n.\r\n"] {
        assert_eq!(codes(&lmtp.raw_data(wire.as_bytes())), "550 5.6.0", "{wire:?}");
    }
    // Far into a large message, when the first part is in the store already.
    let large = [b"Subject: x\r\n\r\n".as_slice(), &b"line\r\n".repeat(200_000), b"bare\n\r\n.\r\n"].concat();
    assert_eq!(codes(&lmtp.raw_data(&large)), "550 5.6.0");
    assert!(lmtp.messages("alice", "INBOX").is_empty());
}

#[test]
fn the_session_goes_on_after_a_refused_message() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    begin(&mut client, "alice@example.test");
    client.command("DATA");
    client.send(b"bare\nlf\r\n.\r\n");
    assert_eq!(client.reply().code, 550);
    client.deliver("a@x.test", &["alice@example.test"], MESSAGE);
    assert_eq!(lmtp.bodies("alice"), [MESSAGE]);
}

#[test]
fn bare_cr_eight_bit_text_long_lines_and_nothing_at_all_are_kept_as_they_are() {
    let lmtp = Lmtp::new();
    let long = [b"Subject: long\r\n\r\n".as_slice(), &b"x".repeat(10 << 20), b"\r\n"].concat();
    let messages: [&[u8]; 5] = [b"", b"\r\n", b"Subject: \xe4\xff\r\n\r\na\rb\r\n", b"no colon, no body\r\n", &long];
    let mut client = lmtp.connect();
    for message in messages {
        begin(&mut client, "alice@example.test");
        assert_eq!(client.command("DATA").code, 354);
        client.send(message);
        client.send(b".\r\n");
        assert_eq!(client.reply().code, 250);
    }
    assert_eq!(lmtp.bodies("alice"), messages);
}

#[test]
fn a_client_that_leaves_in_the_middle_leaves_nothing() {
    let lmtp = Lmtp::new();
    for size in [100, 3 << 20] {
        let mut socket = TcpStream::connect(lmtp.address()).unwrap();
        socket.write_all(b"LHLO x.test\r\nMAIL FROM:<>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n").unwrap();
        socket
            .write_all(&b"0123456789012345678901234567890123456789012345678901234567890123456789\r\n".repeat(size / 72))
            .unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut said = String::new();
        socket.read_to_string(&mut said).unwrap();
        assert!(said.ends_with("354 End with CR LF . CR LF\r\n"), "{said}");
    }
    assert!(lmtp.messages("alice", "INBOX").is_empty());
}

#[test]
fn random_messages_in_random_pieces_come_through() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    let pieces: [&[u8]; 6] = [b".", b"\r\n", b"\r\n.", b"text", b"\r", b".."];
    let mut sent = Vec::new();
    for _ in 0..100 {
        let mut message: Vec<u8> = (0..random.random_range(0..40))
            .flat_map(|_| pieces[random.random_range(0..pieces.len())])
            .copied()
            .collect();
        message.extend_from_slice(b"\r\n");
        let wire = stuff_strictly(&message);
        begin(&mut client, "alice@example.test");
        assert_eq!(client.command("DATA").code, 354);
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(random.random_range(1..=rest.len()));
            client.send(piece);
            rest = more;
        }
        assert_eq!(client.reply().code, 250, "{:?}", String::from_utf8_lossy(&message));
        sent.push(message);
    }
    assert_eq!(lmtp.bodies("alice"), sent);
}

/// Dots stuffed behind CRLF and at the beginning only.
fn stuff_strictly(message: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for (at, byte) in message.iter().enumerate() {
        if *byte == b'.' && (at == 0 || message[..at].ends_with(b"\r\n")) {
            wire.push(b'.');
        }
        wire.push(*byte);
    }
    wire.extend_from_slice(b".\r\n");
    wire
}
