//! FETCH: items, macros, sections, partials.

use imap_wire::fetch::{FetchArgs, FetchItem, Partial, Section, SectionText, Seen};
use imap_wire::{Command, Request};

fn fetch(arguments: &str) -> Option<FetchArgs> {
    match Request::parse(format!("a FETCH {arguments}").as_bytes()).ok()?.command {
        Command::Fetch(_, args) => Some(args),
        _ => None,
    }
}

fn one(item: &str) -> FetchItem {
    fetch(&format!("1 {item}")).unwrap_or_else(|| panic!("{item}")).items.remove(0)
}

#[test]
fn macros_stand_for_their_items() {
    use FetchItem as F;
    assert_eq!(fetch("1 FAST").unwrap().items, [F::Flags, F::InternalDate, F::Rfc822Size]);
    assert_eq!(fetch("1 all").unwrap().items, [F::Flags, F::InternalDate, F::Rfc822Size, F::Envelope]);
    assert_eq!(fetch("1 FULL").unwrap().items, [F::Flags, F::InternalDate, F::Rfc822Size, F::Envelope, F::Body]);
    assert_eq!(fetch("1 (ALL)"), None);
    assert_eq!(fetch("1 (UID) (CHANGEDSINCE 7)").unwrap().changed_since, Some(7));
}

#[test]
fn sections_are_read_and_written_back() {
    for (text, part, section) in [
        ("", vec![], None),
        ("1", vec![1], None),
        ("4.2.1.MIME", vec![4, 2, 1], Some(SectionText::Mime)),
        ("HEADER", vec![], Some(SectionText::Header)),
        ("1.TEXT", vec![1], Some(SectionText::Text)),
        ("HEADER.FIELDS (DATE FROM)", vec![], Some(SectionText::Fields(vec![b"DATE".to_vec(), b"FROM".to_vec()]))),
        ("2.HEADER.FIELDS.NOT (X)", vec![2], Some(SectionText::FieldsNot(vec![b"X".to_vec()]))),
    ] {
        let expected = Section { part, text: section };
        let item = one(&format!("BODY[{text}]"));
        assert_eq!(item, FetchItem::Section { section: expected.clone(), seen: Seen::Set, partial: None });
        let mut printed = Vec::new();
        expected.print(&mut printed);
        assert_eq!(printed, text.as_bytes());
    }
}

#[test]
fn peek_and_partial() {
    let FetchItem::Section { seen, partial, .. } = one("body.peek[TEXT]<0.2048>") else { panic!() };
    assert_eq!((seen, partial), (Seen::Peek, Some(Partial { origin: 0, count: 2048 })));
    assert!(!one("BODY.PEEK[]").sets_seen() && one("BODY[]").sets_seen() && one("RFC822").sets_seen());
    assert!(!one("RFC822.HEADER").sets_seen() && !one("BODY").sets_seen());
}

#[test]
fn what_is_no_item_is_refused() {
    for item in [
        "",
        "FOO",
        "()",
        "(UID",
        "BODY[",
        "BODY[]x",
        "BODY[0]",
        "BODY[1.]",
        "BODY[MIME]",
        "BODY[1.FOO]",
        "BODY[]<0.0>",
        "BODY[]<1",
        "BODY[]<1.>",
        "BODY[]<.1>",
        "BODY[HEADER.FIELDS]",
        "BODY[HEADER.FIELDS ()]",
        "BODY.PEEK",
        "(UID  FLAGS)",
        "(UID FLAGS )",
        "BODY[1..2]",
        "UID FLAGS",
    ] {
        assert_eq!(fetch(&format!("1 {item}")), None, "{item}");
    }
}
