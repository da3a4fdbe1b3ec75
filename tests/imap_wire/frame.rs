//! The splitter: commands, literals of both kinds, limits, and every way of cutting the stream.

use imap_wire::frame::{Announced, Event, FrameLimits, Splitter};

/// Feeds `stream` in pieces of `step` and keeps every literal; returns the commands.
fn commands(stream: &[u8], step: usize) -> Vec<Vec<u8>> {
    let mut splitter = Splitter::new(FrameLimits::after_login());
    let mut found = Vec::new();
    for piece in stream.chunks(step) {
        splitter.feed(piece);
        loop {
            match splitter.advance() {
                Event::More => break,
                Event::Command => {
                    found.push(splitter.text().to_vec());
                    splitter.finish();
                }
                Event::Literal(_) => assert!(splitter.keep_literal()),
                other => panic!("unexpected {other:?}"),
            }
        }
    }
    found
}

#[test]
fn a_stream_gives_the_same_commands_however_it_is_cut() {
    let stream = b"a NOOP\r\nb LOGIN {5}\r\nalice {6+}\r\nse\r\nct\r\nc NOOP\nd SELECT \"{3}\"\r\n\r\n";
    let whole = commands(stream, stream.len());
    let expected: [&[u8]; 5] =
        [b"a NOOP", b"b LOGIN {5}\r\nalice {6+}\r\nse\r\nct", b"c NOOP", b"d SELECT \"{3}\"", b""];
    assert_eq!(whole, expected);
    for step in 1..stream.len() {
        assert_eq!(commands(stream, step), whole, "in pieces of {step}");
    }
}

#[test]
fn a_refused_synchronising_literal_is_not_waited_for() {
    let mut splitter = Splitter::new(FrameLimits::before_login());
    splitter.feed(b"a LOGIN {99999999999}\r\n");
    let announced = Announced { size: 99_999_999_999, synchronising: true, binary: false };
    assert_eq!(splitter.advance(), Event::Literal(announced));
    assert!(!splitter.keep_literal());
    splitter.refuse_literal();
    splitter.feed(b"b NOOP\r\n");
    assert_eq!(splitter.advance(), Event::Command);
    assert_eq!(splitter.text(), b"b NOOP");
}

#[test]
fn a_refused_literal_that_comes_anyway_is_thrown_away_with_the_rest_of_its_command() {
    let mut splitter = Splitter::new(FrameLimits::before_login());
    splitter.feed(b"a LOGIN {4+}\r\n\r\n{9} {3+}\r\nabc more\r\nb NOOP\r\n");
    assert!(matches!(splitter.advance(), Event::Literal(_)));
    splitter.refuse_literal();
    assert_eq!(splitter.advance(), Event::Command);
    assert_eq!(splitter.text(), b"b NOOP");
}

#[test]
fn a_streamed_literal_never_enters_the_text() {
    let mut splitter = Splitter::new(FrameLimits::after_login());
    splitter.feed(b"a APPEND x {10}\r\n01234");
    assert!(matches!(splitter.advance(), Event::Literal(_)));
    splitter.stream_literal();
    assert_eq!(splitter.advance(), Event::Streaming);
    assert_eq!(splitter.streamed(), b"01234");
    splitter.consume(5);
    assert_eq!(splitter.advance(), Event::More);
    splitter.feed(b"56789 {2}\r\n");
    assert_eq!(splitter.advance(), Event::Streaming);
    splitter.consume(5);
    assert!(matches!(splitter.advance(), Event::Literal(_)));
    assert_eq!(splitter.text(), b" {2}\r\n");
    assert!(splitter.is_continuation());
    splitter.stream_literal();
    splitter.feed(b"xy\r\nb NOOP\r\n");
    splitter.advance();
    splitter.consume(2);
    assert_eq!(splitter.advance(), Event::Command);
    assert_eq!(splitter.text(), b"");
    splitter.finish();
    assert_eq!(splitter.advance(), Event::Command);
    assert_eq!(splitter.text(), b"b NOOP");
    assert!(!splitter.is_continuation());
}

#[test]
fn an_endless_line_is_told_once_and_skipped() {
    let mut splitter = Splitter::new(FrameLimits::before_login());
    let mut told = 0;
    for _ in 0..100 {
        splitter.feed(&[b'x'; 1000]);
        told += usize::from(splitter.advance() == Event::TooLong);
    }
    assert_eq!(told, 1);
    assert_eq!(splitter.refused_tag(), None, "no blank ended it");
    splitter.feed(b"{3+}\r\nabc\r\nb NOOP\r\n");
    assert_eq!(splitter.advance(), Event::Command);
    assert_eq!(splitter.text(), b"b NOOP");
}

#[test]
fn what_is_too_long_is_told_with_its_tag() {
    let mut splitter = Splitter::new(FrameLimits { line: 40, literal: 30, command: 60 });
    let long = "x".repeat(50);
    splitter.feed(format!("a1 LOGIN {long}\r\n").as_bytes());
    assert_eq!(splitter.advance(), Event::TooLong);
    assert_eq!((splitter.refused_tag().as_deref(), splitter.refused_tag()), (Some("a1"), None));
    // Past its first literal, too.
    splitter.feed(format!("a2 LOGIN {{30+}}\r\n{}{long}\r\n", "y".repeat(30)).as_bytes());
    assert!(matches!(splitter.advance(), Event::Literal(_)));
    assert!(splitter.keep_literal());
    assert_eq!(splitter.advance(), Event::TooLong);
    assert_eq!(splitter.refused_tag().as_deref(), Some("a2"));
    // What follows a streamed literal does not begin with a tag.
    splitter.feed(format!("a3 APPEND INBOX {{1}}\r\nzno tag {long}\r\na4 NOOP\r\n").as_bytes());
    assert!(matches!(splitter.advance(), Event::Literal(_)));
    splitter.stream_literal();
    splitter.advance();
    splitter.consume(1);
    assert_eq!(splitter.advance(), Event::TooLong);
    assert_eq!(splitter.refused_tag(), None);
    assert_eq!(splitter.advance(), Event::Command);
    assert_eq!(splitter.text(), b"a4 NOOP");
}
