//! Sequence sets, dates and mailbox names.

use imap_wire::Names;
use imap_wire::cursor::Cursor;
use imap_wire::date::{DateTime, Day, parse_date, parse_date_time, print_date_time};
use imap_wire::sequence::{SequenceSet, contains, ranges_of};
use imap_wire::{Refusal, mailbox};
use rand::{Rng, SeedableRng, rngs::StdRng};

fn set(text: &str) -> Option<SequenceSet> {
    let mut cursor = Cursor::new(text.as_bytes());
    SequenceSet::parse(&mut cursor).ok().filter(|_| cursor.end().is_ok())
}

#[test]
fn a_set_resolves_against_the_largest_number() {
    for (text, star, expected) in [
        ("1", 9, vec![(1, 1)]),
        ("*", 9, vec![(9, 9)]),
        ("2:4", 9, vec![(2, 4)]),
        ("4:2", 9, vec![(2, 4)]),
        ("7:*", 9, vec![(7, 9)]),
        ("*:7", 9, vec![(7, 9)]),
        // RFC 3501 §9: 559:* always holds the last message.
        ("559:*", 9, vec![(9, 559)]),
        ("1,2,3,5:6,4", 9, vec![(1, 6)]),
        ("5,1,5,1", 9, vec![(1, 1), (5, 5)]),
        ("4294967295,1:4294967294", 9, vec![(1, u32::MAX)]),
    ] {
        assert_eq!(set(text).unwrap().resolve(star), expected, "{text}");
        assert_eq!(set(&set(text).unwrap().to_string()), set(text), "{text} printed and read");
    }
}

#[test]
fn what_is_no_set_is_refused() {
    for text in ["", "0", "1,", ",1", "1:", ":1", "1:0", "-1", "1-2", "4294967296", "1 2", "**", "1:2:3", "a"] {
        assert_eq!(set(text), None, "{text}");
    }
}

#[test]
fn a_number_is_found_in_resolved_ranges() {
    let ranges = set("2:4,7,9:12").unwrap().resolve(12);
    let found: Vec<u32> = (0..20).filter(|number| contains(&ranges, *number)).collect();
    assert_eq!(found, [2, 3, 4, 7, 9, 10, 11, 12]);
    assert_eq!(ranges_of(found), ranges);
}

#[test]
fn dates_are_read_and_written() {
    let date = |text: &str| parse_date(&mut Cursor::new(text.as_bytes())).ok();
    assert_eq!(date("1-Jan-1970"), Some(Day(0)));
    assert_eq!(date("\"29-Feb-2000\""), Some(Day(11_016)));
    assert_eq!(date("01-jan-1969"), Some(Day(-365)));
    for text in [
        "29-Feb-1900",
        "31-Apr-2020",
        "0-Jan-2020",
        "1-Foo-2020",
        "1-Jan-20",
        "1 Jan 2020",
        "001-Jan-2020",
        "\"1-Jan-2020",
    ] {
        assert_eq!(date(text), None, "{text}");
    }
    let moment = |text: &str| parse_date_time(&mut Cursor::new(text.as_bytes())).ok();
    assert_eq!(moment("\"17-Jul-1996 02:44:25 -0700\""), Some(DateTime { seconds: 837_596_665, zone: -420 }));
    assert_eq!(moment("\" 1-Jan-1970 01:00:00 +0100\""), Some(DateTime { seconds: 0, zone: 60 }));
    for text in
        ["\"1-Jan-1970 00:00:00 +0000\"", "\"01-Jan-1970 24:00:00 +0000\"", "\"01-Jan-1970 00:00:00\"", "01-Jan-1970"]
    {
        assert_eq!(moment(text), None, "{text}");
    }
    let mut out = Vec::new();
    print_date_time(&mut out, DateTime { seconds: 837_596_665, zone: 0 });
    print_date_time(&mut out, DateTime { seconds: 837_596_665, zone: -420 });
    assert_eq!(out, b"\"17-Jul-1996 09:44:25 +0000\"\"17-Jul-1996 02:44:25 -0700\"");
}

#[test]
fn every_moment_comes_back_from_its_text() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..10_000 {
        let zone = random.random_range(-5999..6000);
        let local = random.random_range(-62_135_596_800..253_402_300_800_i64);
        let moment = DateTime { seconds: local - i64::from(zone) * 60, zone };
        let mut text = Vec::new();
        print_date_time(&mut text, moment);
        assert_eq!(parse_date_time(&mut Cursor::new(&text)), Ok(moment), "{}", text.escape_ascii());
    }
}

#[test]
fn mailbox_names_go_both_ways() {
    for (wire, name) in [
        ("INBOX", "INBOX"),
        ("R&AOk-union", "Réunion"),
        ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
        ("Q&-A", "Q&A"),
        ("&2D3eAA-", "😀"),
        ("&AOkA6Q-", "éé"),
        ("a&-&AOk-", "a&é"),
    ] {
        assert_eq!(mailbox::decode(wire.as_bytes(), Names::Utf7).as_deref(), Ok(name), "{wire}");
        assert_eq!(mailbox::encode(name), wire.as_bytes(), "{name}");
    }
}

#[test]
fn other_spellings_of_a_mailbox_name_are_refused() {
    for wire in ["&", "a&b", "&AOk", "&AGE-", "&AOk-&AOk-", "&AOl-", "&2D0-", "&3gA-", "&AO k-", "&A-", "a\tb"] {
        let refusal = mailbox::decode(wire.as_bytes(), Names::Utf7).map_err(|error| error.refusal);
        assert_eq!(refusal, Err(Refusal::Cannot), "{wire}");
    }
}

#[test]
fn a_name_in_utf_8_is_taken_as_it_is() {
    assert_eq!(mailbox::decode("caf\u{e9}".as_bytes(), Names::Utf7).as_deref(), Ok("caf\u{e9}"));
    assert_eq!(mailbox::decode(b"a&b", Names::Utf8).as_deref(), Ok("a&b"));
    assert!(mailbox::decode(b"caf\xe9", Names::Utf7).is_err());
    assert!(mailbox::decode(b"caf\xe9", Names::Utf8).is_err());
}

#[test]
fn every_text_is_a_name_that_comes_back() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..5_000 {
        let name: String = (0..random.random_range(0..12))
            .map(|_| random.random::<char>())
            .filter(|c| !c.is_ascii_control())
            .collect();
        assert_eq!(mailbox::decode(&mailbox::encode(&name), Names::Utf7).as_ref(), Ok(&name));
    }
}
