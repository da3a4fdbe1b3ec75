//! The parser returns for every byte string, and what it takes it takes whole.

use imap_wire::frame::{Event, FrameLimits, Splitter};
use imap_wire::{Names, Request, append};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

const WORDS: [&str; 60] = [
    "a ",
    "UID ",
    "FETCH ",
    "STORE ",
    "SEARCH ",
    "APPEND ",
    "LIST ",
    "STATUS ",
    "COPY ",
    "LOGIN ",
    "SELECT ",
    "1:*",
    "*",
    ",",
    ":",
    "(",
    ")",
    " ",
    "  ",
    "BODY[",
    "]",
    "HEADER.FIELDS ",
    "<0.",
    ">",
    "\"",
    "\\",
    "\\Seen",
    "+FLAGS ",
    "{3}\r\n",
    "{3+}\r\n",
    "{9999999999}\r\n",
    "abc",
    "\r\n",
    "\n",
    "&AOk-",
    "&",
    "NOT ",
    "OR ",
    "SUBJECT ",
    "CHARSET ",
    "1-Jan-2020",
    "\"17-Jul-1996 02:44:25 -0700\"",
    "4294967296",
    "0",
    "\u{e9}",
    "\0",
    "RETURN ",
    "NIL",
    "%",
    "MODSEQ ",
    "UNCHANGEDSINCE ",
    "ID ",
    "ENABLE ",
    "AUTHENTICATE ",
    "=",
    "~{4}\r\n",
    "{",
    "}",
    "DONE",
    "x",
];

#[test]
fn random_words_never_break_it() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..20_000 {
        let text: String = (0..random.random_range(0..20)).filter_map(|_| WORDS.choose(&mut random)).copied().collect();
        let _ = Request::parse(text.as_bytes());
        let _ = append::parse_head(text.as_bytes(), Names::Utf7);
        let _ = append::Parser::default().parse(text.as_bytes());
        let _ = imap_wire::url::MessageUrl::parse(text.as_bytes());
        split(&mut random, text.as_bytes());
    }
}

/// Whatever the bytes, the splitter uses them all up and holds no more than they were.
fn split(random: &mut StdRng, bytes: &[u8]) {
    let mut splitter = Splitter::new(FrameLimits { line: 40, literal: 20, command: 80 });
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(random.random_range(1..=rest.len()));
        splitter.feed(piece);
        rest = after;
        loop {
            match splitter.advance() {
                Event::More => break,
                Event::Command => splitter.finish(),
                Event::TooLong => {}
                Event::Streaming => {
                    let count = splitter.streamed().len();
                    assert!(count > 0);
                    splitter.consume(count);
                }
                Event::Literal(_) if random.random() => splitter.stream_literal(),
                Event::Literal(_) => {
                    if !splitter.keep_literal() {
                        splitter.refuse_literal();
                    }
                }
            }
        }
        assert!(splitter.text().len() <= 80 + bytes.len().min(40));
    }
}
