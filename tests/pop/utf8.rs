//! UTF8 (RFC 6856 §2, §5).

use super::fixture::Pop;

const PLAIN: &[u8] = b"Subject: plain\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n";
const SUBJECT: &[u8] = b"Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\nx\r\n";
const PART: &[u8] = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; filename=\"gr\xc3\xbc\xc3\x9fe\"\r\n\r\nx\r\n--b--\r\n";
const OLD: &[u8] = b"Subject: gr\xfc\xdfe\r\n\r\nx\r\n";

#[test]
fn messages_with_utf8_headers_need_utf8_mode() {
    let pop = Pop::new();
    pop.put(&[PLAIN, SUBJECT, PART, OLD]);
    let mut client = pop.alice();
    // 8-bit bodies are 8BITMIME's business, and old faulty headers are no text in any mode.
    assert_eq!(client.retr(1).1, PLAIN);
    assert_eq!(client.retr(4).1, OLD);
    for line in ["RETR 2", "TOP 2 0", "RETR 3"] {
        assert!(client.err(line).starts_with("[UTF8] "), "{line}");
    }
    client.ok("QUIT");
    assert_eq!(pop.seen(), [true, false, false, true]);

    let mut client = pop.connect();
    assert_eq!(client.ok("UTF8"), "UTF-8 mode");
    client.sign_in("alice");
    for (number, message) in [(1, PLAIN), (2, SUBJECT), (3, PART), (4, OLD)] {
        assert_eq!(client.retr(number), (message.len() as u64, message.to_vec()));
    }
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
