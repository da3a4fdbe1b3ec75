//! SEARCH: every key, nesting, charset and result options.

use imap_wire::date::Day;
use imap_wire::flag::SystemFlags;
use imap_wire::search::{EnvelopeField, Key, MAX_DEPTH, Relation, SearchArgs};
use imap_wire::{Command, Refusal, Request, SequenceSet};

fn search(arguments: &str) -> Result<SearchArgs, Refusal> {
    match Request::parse(format!("a SEARCH {arguments}").as_bytes()) {
        Ok(Request { command: Command::Search(_, args), .. }) => Ok(args),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.error.refusal),
    }
}

fn not(key: Key) -> Key {
    Key::Not(Box::new(key))
}

#[test]
fn every_key_of_rfc_3501_is_read() {
    let text = |text: &str| text.as_bytes().to_vec();
    let day = Day::of(1994, 2, 1).unwrap();
    for (key, expected) in [
        ("ALL", Key::All),
        ("answered", Key::Has(SystemFlags::ANSWERED)),
        ("BCC x", Key::Envelope(EnvelopeField::Bcc, text("x"))),
        ("BEFORE 1-Feb-1994", Key::Internal(Relation::Before, day)),
        ("BODY \"a b\"", Key::Body(text("a b"))),
        ("CC x", Key::Envelope(EnvelopeField::Cc, text("x"))),
        ("DELETED", Key::Has(SystemFlags::DELETED)),
        ("DRAFT", Key::Has(SystemFlags::DRAFT)),
        ("FLAGGED", Key::Has(SystemFlags::FLAGGED)),
        ("FROM {2}\r\n()", Key::Envelope(EnvelopeField::From, text("()"))),
        ("HEADER X-Y \"\"", Key::Header(text("x-y"), Vec::new())),
        ("KEYWORD $a", Key::Keyword("$a".into())),
        ("LARGER 10", Key::Larger(10)),
        ("NEW", Key::And(vec![Key::Recent, Key::HasNot(SystemFlags::SEEN)])),
        ("NOT SEEN", not(Key::Has(SystemFlags::SEEN))),
        ("OLD", not(Key::Recent)),
        ("ON \"1-Feb-1994\"", Key::Internal(Relation::On, day)),
        ("OR ALL (1)", Key::Or(Box::new(Key::All), Box::new(Key::Sequence(SequenceSet::of([(1, 1)]))))),
        ("RECENT", Key::Recent),
        ("SEEN", Key::Has(SystemFlags::SEEN)),
        ("SENTBEFORE 1-Feb-1994", Key::Sent(Relation::Before, day)),
        ("SENTON 1-Feb-1994", Key::Sent(Relation::On, day)),
        ("SENTSINCE 1-Feb-1994", Key::Sent(Relation::Since, day)),
        ("SINCE 1-Feb-1994", Key::Internal(Relation::Since, day)),
        ("SMALLER 10", Key::Smaller(10)),
        ("SUBJECT x", Key::Envelope(EnvelopeField::Subject, text("x"))),
        ("TEXT x", Key::Text(text("x"))),
        ("TO x", Key::Envelope(EnvelopeField::To, text("x"))),
        ("UID 2:3", Key::Uid(SequenceSet::of([(2, 3)]))),
        ("UNANSWERED", Key::HasNot(SystemFlags::ANSWERED)),
        ("UNDELETED", Key::HasNot(SystemFlags::DELETED)),
        ("UNDRAFT", Key::HasNot(SystemFlags::DRAFT)),
        ("UNFLAGGED", Key::HasNot(SystemFlags::FLAGGED)),
        ("UNKEYWORD x", not(Key::Keyword("x".into()))),
        ("UNSEEN", Key::HasNot(SystemFlags::SEEN)),
        ("(SEEN (DRAFT))", Key::And(vec![Key::Has(SystemFlags::SEEN), Key::Has(SystemFlags::DRAFT)])),
        ("YOUNGER 60", Key::Younger(60)),
        ("MODSEQ \"/flags/\\\\draft\" all 62", Key::ModSeq(62)),
    ] {
        assert_eq!(search(key).map(|args| args.key), Ok(expected), "{key}");
    }
}

#[test]
fn charset_and_results_come_before_the_keys() {
    let args = search("RETURN (MIN COUNT) CHARSET utf-8 SEEN 1").unwrap();
    assert_eq!(args.charset.as_deref(), Some("UTF-8"));
    assert!(args.returns.is_some_and(|returns| returns.min && returns.count && !returns.all));
    assert!(search("RETURN () ALL").unwrap().returns.unwrap().all);
}

#[test]
fn what_is_no_search_is_refused() {
    for text in [
        "",
        "FOO",
        "SUBJECT",
        "NOT",
        "OR ALL",
        "(ALL",
        "()",
        "ALL ",
        "BEFORE yesterday",
        "LARGER x",
        "0",
        "UID 0",
        "HEADER x",
        "CHARSET UTF-8",
        "RETURN (FOO) ALL",
        "KEYWORD \\Seen",
        "SEEN,ALL",
    ] {
        assert_eq!(search(text), Err(Refusal::Bad), "{text}");
    }
}

#[test]
fn nesting_ends_at_its_limit() {
    let nested = |depth: usize| format!("{}ALL{}", "(".repeat(depth), ")".repeat(depth));
    assert!(search(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(search(&nested(MAX_DEPTH + 1)), Err(Refusal::Limit));
    assert_eq!(search(&"NOT ".repeat(10_000)), Err(Refusal::Limit));
    assert_eq!(search(&"OR ".repeat(10_000)), Err(Refusal::Limit));
}
