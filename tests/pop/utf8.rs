//! UTF8 (RFC 6856 §2).

use super::fixture::Pop;

const PLAIN: &[u8] = b"Subject: plain\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n";
const SUBJECT: &[u8] = b"Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\nx\r\n";
const PART: &[u8] = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; filename=\"gr\xc3\xbc\xc3\x9fe\"\r\n\r\nx\r\n--b--\r\n";
const OLD: &[u8] = b"Subject: gr\xfc\xdfe\r\n\r\nx\r\n";

const MIXED: &[u8] = b"Subject: gr\xc3\xbc\xc3\x9fe\r\nX-Old: gr\xfc\xdfe\r\n\r\n.x\r\n";
const UNENDED: &[u8] = b"A: b\nSubject: gr\xc3\xbc\xc3\x9fe";

#[test]
fn without_utf8_mode_messages_with_utf8_headers_come_as_their_ascii_form_with_its_size() {
    let pop = Pop::new();
    let stored = [PLAIN, SUBJECT, PART, OLD, MIXED, UNENDED];
    pop.put(&stored);
    let mut client = pop.alice();
    let expected: [&[u8]; 6] = [
        // 8-bit bodies are 8BITMIME's business, and old faulty headers are no text in any mode.
        PLAIN,
        b"Subject: =?UTF-8?Q?gr=C3=BC=C3=9Fe?=\r\n\r\nx\r\n",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe\r\n\r\nx\r\n--b--\r\n",
        OLD,
        b"Subject: =?UTF-8?Q?gr=C3=BC=C3=9Fe?=\r\nX-Old: gr\xfc\xdfe\r\n\r\n.x\r\n",
        b"A: b\r\nSubject: =?UTF-8?Q?gr=C3=BC=C3=9Fe?=\r\n",
    ];
    let total: usize = expected.iter().map(|message| message.len()).sum();
    assert_eq!(client.ok("STAT"), format!("6 {total}"));
    let list = client.list("LIST");
    for (index, message) in expected.iter().enumerate() {
        let number = index + 1;
        let (announced, body) = client.retr(number);
        assert_eq!(String::from_utf8_lossy(&body), String::from_utf8_lossy(message), "message {number}");
        assert_eq!(body, *message);
        assert_eq!(announced, message.len() as u64, "message {number}");
        assert_eq!(list[index], format!("{number} {}", message.len()));
        assert_eq!(client.ok(&format!("LIST {number}")), list[index]);
    }
    client.ok("TOP 5 0");
    assert_eq!(client.body(), expected[4][..expected[4].len() - 4]);
    client.ok("DELE 2");
    assert_eq!(client.ok("STAT"), format!("5 {}", total - expected[1].len()));
    client.ok("RSET");
    client.ok("QUIT");

    let mut client = pop.connect();
    assert_eq!(client.ok("UTF8"), "UTF-8 mode");
    client.sign_in("alice");
    for (index, message) in stored.iter().enumerate().take(5) {
        assert_eq!(client.retr(index + 1), (message.len() as u64, message.to_vec()));
    }
}

/// Windows of 128 KiB are prepared at a time: their seams must not be seen, wherever the fields lie.
#[test]
fn surrogates_of_large_messages_have_no_seams() {
    let pop = Pop::new();
    let fill = |octets: usize| "0123456789abcdef\r\n.dots\r\n".repeat(octets / 25);
    let mut message = "Subject: grüße\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    let mut expected =
        "Subject: =?UTF-8?Q?gr=C3=BC=C3=9Fe?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    for size in [1_000, 130_900, 131_000, 400_000, 10] {
        let body = fill(size);
        message += &format!("--b\r\nContent-Description: ü\r\n\r\n{body}\r\n");
        expected += &format!("--b\r\nContent-Description: =?UTF-8?Q?=C3=BC?=\r\n\r\n{body}\r\n");
    }
    message += "--b--\r\n";
    expected += "--b--\r\n";
    pop.put(&[message.as_bytes()]);
    let mut client = pop.alice();
    let (announced, body) = client.retr(1);
    assert!(body == expected.as_bytes());
    assert_eq!(announced, expected.len() as u64);
}

#[test]
fn names_and_passwords_may_be_utf8_and_are_prepared() {
    let pop = Pop::new();
    pop.directory.add("zoë", &[]);
    pop.directory.file().set_password("zoë", "schlüssel").unwrap();
    let mut client = pop.connect();
    client.ok("USER zoë");
    client.ok("PASS schlüssel");
    client.ok("QUIT");
    let mut client = pop.connect();
    // Decomposed and with a full-width letter: the same after SASLprep.
    client.ok("USER zoe\u{308}");
    client.ok("PASS \u{ff53}chlu\u{308}ssel");
    client.ok("QUIT");
    let mut client = pop.connect();
    client.send(b"USER zo\xeb\r\n");
    assert_eq!(client.line(), "-ERR Line is not UTF-8");
    client.ok("USER zoë");
    assert!(client.err("PASS schl\u{e000}ssel").starts_with("[AUTH] "), "a private character is prohibited");
}
