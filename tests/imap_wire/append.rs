//! APPEND and REPLACE up to their mailbox, and what follows it.

use imap_wire::Names;
use imap_wire::append::{Action, Begun, Content, Head, Parser, Step, parse_head};
use imap_wire::command::Numbers;
use imap_wire::date::DateTime;
use imap_wire::flag::SystemFlags;
use imap_wire::sequence::Number;

fn begun(text: &[u8]) -> (Begun, Vec<Step>) {
    let Some(Ok(Head::Begun(begun))) = parse_head(text, Names::Utf7) else { panic!("{}", text.escape_ascii()) };
    let steps = Parser::default().parse(&text[begun.read..]).unwrap_or_else(|error| panic!("{error}"));
    (begun, steps)
}

#[test]
fn a_message_literal_is_told_from_a_name_literal() {
    assert_eq!(parse_head(b"a APPEND {5}\r\n", Names::Utf7), Some(Ok(Head::Name)));
    assert_eq!(parse_head(b"a append {5+}\r\n", Names::Utf7), Some(Ok(Head::Name)));
    assert_eq!(parse_head(b"a UID REPLACE 3 {5+}\r\n", Names::Utf7), Some(Ok(Head::Name)));
    assert_eq!(parse_head(b"a LOGIN {5}\r\n", Names::Utf7), None);
    assert_eq!(parse_head(b"a UID FETCH 1 FLAGS", Names::Utf7), None);
    assert_eq!(parse_head(b"{5}\r\n", Names::Utf7), None);
    let texts: [&[u8]; 4] = [
        b"a APPEND INBOX {300}\r\n",
        b"a APPEND {5}\r\ninbox {300}\r\n",
        b"a APPEND \"inbox\" () {300+}\r\n",
        b"a APPEND {2}\r\n{} {300}\n",
    ];
    for text in texts {
        let (begun, steps) = begun(text);
        assert_eq!((begun.tag.as_str(), begun.action), ("a", Action::Append));
        assert!(
            matches!(steps.as_slice(), [Step::Message { .. }, Step::Literal(literal, Content::Whole)] if literal.size == 300)
        );
    }
}

#[test]
fn flags_and_date_stand_before_the_message() {
    let (begun, steps) = begun(b"a APPEND x (\\Seen $Work) \"17-Jul-1996 02:44:25 -0700\" ~{9+}\r\n");
    assert_eq!(begun.mailbox, "x");
    let [Step::Message { flags, internal_date }, Step::Literal(literal, Content::Whole)] = steps.as_slice() else {
        panic!()
    };
    assert_eq!(flags.system, SystemFlags::SEEN);
    assert_eq!(flags.keywords, ["$Work"]);
    assert_eq!(*internal_date, Some(DateTime { seconds: 837_596_665, zone: -420 }));
    assert!(literal.binary && !literal.synchronising);
}

#[test]
fn what_cannot_stand_there_is_refused() {
    for text in [
        "a APPEND x (\\Recent) {3}\r\n",
        "a APPEND x \"yesterday\" {3}\r\n",
        "a APPEND x  {3}\r\n",
        "a APPEND x y {3}\r\n",
        "a APPEND x",
        "a APPEND x CATENATE ()",
        "a APPEND x CATENATE (TEXT y)",
        "a APPEND x UTF8 ({3}\r\n",
        "a APPEND x ",
        "a REPLACE 0 x {3}\r\n",
        "a REPLACE 1:2 x {3}\r\n",
    ] {
        match parse_head(text.as_bytes(), Names::Utf7) {
            Some(Err((tag, _))) => assert_eq!(tag, "a", "{text}"),
            Some(Ok(Head::Begun(begun))) => {
                assert!(Parser::default().parse(&text.as_bytes()[begun.read..]).is_err(), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn after_a_message_comes_the_end_or_another() {
    let mut parser = Parser::default();
    parser.parse(b" {1}\r\n").unwrap();
    let steps = parser.clone().parse(b"").unwrap();
    assert_eq!(steps, [Step::EndMessage, Step::End]);
    let steps = parser.clone().parse(b" (\\Draft) {12}\r\n").unwrap();
    assert!(
        matches!(steps.as_slice(), [Step::EndMessage, Step::Message { .. }, Step::Literal(literal, _)] if literal.size == 12)
    );
    assert!(parser.clone().parse(b" x").is_err());
    assert!(parser.parse(b"{12}\r\n").is_err());
}

#[test]
fn a_message_is_put_together_of_texts_and_urls() {
    let head = b"a UID REPLACE * box (\\Seen) CATENATE (URL \"/INBOX/;UID=1\" TEXT {3}\r\n";
    let Some(Ok(Head::Begun(begun))) = parse_head(head, Names::Utf7) else { panic!() };
    assert_eq!(begun.action, Action::Replace(Numbers::Uid, Number::Star));
    let mut parser = Parser::default();
    let steps = parser.parse(&head[begun.read..]).unwrap();
    assert!(
        matches!(&steps[1..], [Step::Url(url), Step::Literal(literal, Content::Piece)] if url == b"/INBOX/;UID=1" && literal.size == 3)
    );
    // An URL may be a literal itself: it is kept, and then read with what was there before it.
    assert_eq!(parser.parse(b" TEXT {4}\r\n").unwrap().len(), 1);
    assert_eq!(parser.parse(b" URL {2}\r\n").unwrap(), [Step::Keep]);
    let steps = parser.parse(b" URL {2}\r\n/x)").unwrap();
    assert_eq!(steps, [Step::Url(b"/x".to_vec()), Step::EndMessage, Step::End]);
}
