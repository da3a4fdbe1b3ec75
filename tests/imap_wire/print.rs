//! Strings as they are written.

use imap_wire::cursor::{Cursor, Names};
use imap_wire::print;
use rand::{Rng, SeedableRng, rngs::StdRng};

fn printed(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn a_string_is_quoted_where_it_can_be() {
    for (text, expected) in [
        ("", "\"\""),
        ("plain text", "\"plain text\""),
        ("a\"b\\c", "\"a\\\"b\\\\c\""),
        ("two\r\nlines", "{10}\r\ntwo\r\nlines"),
        ("caf\u{e9}", "{5}\r\ncaf\u{e9}"),
        ("tab\t", "\"tab\t\""),
    ] {
        assert_eq!(printed(|out| print::string(out, text.as_bytes())), expected);
    }
    assert_eq!(printed(|out| print::nstring(out, None)), "NIL");
}

#[test]
fn an_astring_is_an_atom_only_where_nobody_can_mistake_it() {
    for (text, expected) in [
        ("INBOX", "INBOX"),
        ("a b", "\"a b\""),
        ("nil", "\"nil\""),
        ("", "\"\""),
        ("a*", "\"a*\""),
        ("[x]", "[x]"),
        ("a/b", "a/b"),
    ] {
        assert_eq!(printed(|out| print::astring(out, text.as_bytes())), expected);
    }
    assert_eq!(printed(|out| print::mailbox_name(out, "Entwürfe & mehr", Names::Utf7)), "\"Entw&APw-rfe &- mehr\"");
    assert_eq!(printed(|out| print::mailbox_name(out, "Entwürfe & mehr", Names::Utf8)), "\"Entwürfe & mehr\"");
    assert_eq!(printed(|out| print::mailbox_name(out, "a\"b", Names::Utf8)), "\"a\\\"b\"");
}

#[test]
fn text_for_people_stays_on_its_line() {
    assert_eq!(printed(|out| print::text(out, "a\r\nb\u{e9}")), "a??b\u{e9}");
    assert_eq!(printed(|out| print::text(out, "")), "OK");
}

#[test]
fn numbers_come_in_their_shortest_form() {
    assert_eq!(printed(|out| print::number(out, u64::MAX)), u64::MAX.to_string());
    assert_eq!(printed(|out| print::number(out, 0)), "0");
    assert_eq!(printed(|out| print::number_set(out, [1, 2, 3, 5, 7, 8])), "1:3,5,7:8");
}

#[test]
fn every_string_without_nul_is_read_back() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..5_000 {
        let text: Vec<u8> = (0..random.random_range(0..40)).map(|_| random.random_range(1..=255)).collect();
        for write in [print::string, print::astring] {
            let mut out = Vec::new();
            write(&mut out, &text);
            let mut cursor = Cursor::new(&out);
            assert_eq!(cursor.astring().as_deref(), Ok(text.as_slice()), "{}", out.escape_ascii());
            assert!(cursor.end().is_ok());
        }
    }
}
