//! What RETR and TOP send: CRLF, byte-stuffing and octet counts exact, whatever is stored (RFC 1939 §3, §5, §7, §11).

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::fixture::Pop;

/// What a message is on the wire, by the plainest rule: every LF is a line end, and the last line has one.
fn expected(message: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for &byte in message {
        if byte == b'\n' && wire.last() != Some(&b'\r') {
            wire.push(b'\r');
        }
        wire.push(byte);
    }
    if !wire.is_empty() && !wire.ends_with(b"\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire
}

/// Header and `lines` lines of the body, of what is on the wire.
fn top(wire: &[u8], lines: usize) -> Vec<u8> {
    let all: Vec<&[u8]> = wire.split_inclusive(|byte| *byte == b'\n').collect();
    let header = all.iter().position(|line| *line == b"\r\n").map_or(all.len(), |at| at + 1);
    all[..all.len().min(header.saturating_add(lines))].concat()
}

#[test]
fn faulty_and_odd_messages_go_out_exactly_and_with_their_true_size() {
    let messages: [&[u8]; 14] = [
        b"",
        b"\r\n",
        b".",
        b".\r\n",
        b"\r\n.\r\n",
        b"a: b\r\n\r\n.\r\n..\r\n...\r\nend\r\n.\r\n",
        b"a: b\r\n\r\nno line end",
        b"a: b\n\nbare\n.\n\n.hidden\n",
        b"a: b\r\n\r\nmixed\n.\r\n.\n\r\n\r\n.",
        b"a: b\r\n\r\nends with CR\r",
        b"a: b\r\n\r\nCR\rinside\r\r\n.\r\r\n",
        b"no header at all and no line end",
        b"a: b\r\n\r\nNUL \0 and 8 bit \xff\xfe\r\n",
        b"a: b\r\nc: d\r\n",
    ];
    let pop = Pop::new();
    pop.put(&messages);
    let mut client = pop.alice();
    let total: usize = messages.iter().map(|message| expected(message).len()).sum();
    assert_eq!(client.ok("STAT"), format!("14 {total}"));
    let list = client.list("LIST");
    for (index, message) in messages.iter().enumerate() {
        let (number, wire) = (index + 1, expected(message));
        let (announced, body) = client.retr(number);
        assert_eq!(body, wire, "message {number}");
        assert_eq!(announced, wire.len() as u64, "message {number}");
        assert_eq!(list[index], format!("{number} {}", wire.len()));
        for lines in [0, 1, 2, 1000] {
            client.ok(&format!("TOP {number} {lines}"));
            assert_eq!(client.body(), top(&wire, lines), "TOP {number} {lines}");
        }
    }
    client.ok("TOP 6 18446744073709551615");
    assert_eq!(client.body(), expected(messages[5]));
}

#[test]
fn every_line_that_begins_with_a_dot_is_stuffed_on_the_wire() {
    let pop = Pop::new();
    pop.put(&[b".a: b\r\n\r\n.\r\n..\r\nx\n.y\r\n"]);
    let mut client = pop.alice();
    assert_eq!(client.command("RETR 1"), "+OK 23 octets");
    let lines: Vec<&[u8]> = vec![b"..a: b\r\n", b"\r\n", b"..\r\n", b"...\r\n", b"x\r\n", b"..y\r\n"];
    assert_eq!(client.raw_lines(), lines);
}

/// Windows of 128 KiB are prepared at a time: their seams must not be seen.
#[test]
fn large_messages_of_any_shape_arrive_as_they_are() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let alphabet: [&[u8]; 8] = [b".", b"\n", b"\r\n", b"\r", b"word ", b"\r\n.", b"x", b"\n.."];
    let mut messages: Vec<Vec<u8>> = (0..6)
        .map(|_| {
            let mut message = b"Subject: random\r\n\r\n".to_vec();
            let length = random.random_range(100_000..900_000);
            while message.len() < length {
                message.extend_from_slice(alphabet[random.random_range(0..alphabet.len())]);
            }
            message
        })
        .collect();
    // One line without an end, only dots, and only line ends: the extremes of growth.
    for byte in [b"x".as_slice(), b".", b"\n", b".\n"] {
        messages.push(byte.repeat(700_000 / byte.len()));
    }
    let pop = Pop::new();
    pop.put(&messages.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let mut client = pop.alice();
    for (index, message) in messages.iter().enumerate() {
        let wire = expected(message);
        let (announced, body) = client.retr(index + 1);
        assert!(body == wire, "seed {seed}, message {}", index + 1);
        assert_eq!(announced, wire.len() as u64, "seed {seed}, message {}", index + 1);
        let lines = random.random_range(0..5000);
        client.ok(&format!("TOP {} {lines}", index + 1));
        assert!(client.body() == top(&wire, lines), "seed {seed}, TOP {} {lines}", index + 1);
    }
    client.ok("QUIT");
}
