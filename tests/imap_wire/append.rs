//! APPEND's head and what follows its messages.

use imap_wire::append::{Head, Next, parse_head, parse_next};
use imap_wire::flag::SystemFlags;

#[test]
fn a_message_literal_is_told_from_a_name_literal() {
    assert_eq!(parse_head(b"a APPEND {5}\r\n"), Some(Ok(Head::Name)));
    assert_eq!(parse_head(b"a append {5+}\r\n"), Some(Ok(Head::Name)));
    assert_eq!(parse_head(b"a LOGIN {5}\r\n"), None);
    assert_eq!(parse_head(b"{5}\r\n"), None);
    let texts: [&[u8]; 4] = [
        b"a APPEND INBOX {300}\r\n",
        b"a APPEND {5}\r\ninbox {300}\r\n",
        b"a APPEND \"inbox\" () {300+}\r\n",
        b"a APPEND {2}\r\n{} {300}\n",
    ];
    for text in texts {
        let Some(Ok(Head::Message { tag, message, .. })) = parse_head(text) else { panic!("{}", text.escape_ascii()) };
        assert_eq!((tag.as_str(), message.literal.size), ("a", 300));
    }
}

#[test]
fn flags_and_date_stand_before_the_message() {
    let text = b"a APPEND x (\\Seen $Work) \"17-Jul-1996 02:44:25 -0700\" ~{9+}\r\n";
    let Some(Ok(Head::Message { mailbox, message, .. })) = parse_head(text) else { panic!() };
    assert_eq!(mailbox, "x");
    assert_eq!(message.flags.system, SystemFlags::SEEN);
    assert_eq!(message.flags.keywords, ["$Work"]);
    assert_eq!(message.internal_date, Some(837_596_665));
    assert!(message.literal.binary && !message.literal.synchronising);
}

#[test]
fn what_cannot_stand_there_is_refused_with_the_tag() {
    for text in [
        "a APPEND x (\\Recent) {3}\r\n",
        "a APPEND x \"yesterday\" {3}\r\n",
        "a APPEND x  {3}\r\n",
        "a APPEND x y {3}\r\n",
        "a APPEND (x {3}\r\n",
    ] {
        let Some(Err((tag, _))) = parse_head(text.as_bytes()) else { panic!("{text}") };
        assert_eq!(tag, "a", "{text}");
    }
}

#[test]
fn after_a_message_comes_the_end_or_another() {
    assert_eq!(parse_next(b""), Ok(Next::End));
    assert!(matches!(parse_next(b" (\\Draft) {12}\r\n"), Ok(Next::Message(head)) if head.literal.size == 12));
    assert!(parse_next(b" x").is_err());
    assert!(parse_next(b"{12}\r\n").is_err());
}
