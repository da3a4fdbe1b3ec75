//! Every text that a client can be answered with is there in every language (RFC 5255 §3).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use suite::process::repository;

/// What stands right in front of a text that goes to a client.
const MARKERS: &[&str] = &[
    "Reply::ok(",
    "Reply::no(",
    "Reply::bad(",
    "WireError::bad(",
    "WireError::cannot(",
    "WireError::limit(",
    "Hangup::Bye(",
    "language.say(",
];

fn table() -> Vec<Vec<String>> {
    let text = fs::read_to_string(repository().join("store/imapd/src/language/texts.txt")).unwrap();
    text.trim_end().split("\n\n").map(|block| block.lines().map(str::to_owned).collect()).collect()
}

fn sources(folder: &Path, texts: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            for marker in MARKERS.iter().filter(|marker| marker.ends_with('(')) {
                for (at, _) in source.match_indices(marker) {
                    texts.extend(literal(&source[at + marker.len()..]));
                }
            }
            // `session.say("OK [CODE]", "text")` and `cursor.need(b')', "text")`
            for marker in [".say(", ".need(b"] {
                for (at, _) in source.match_indices(marker) {
                    let call = source[at..].split(';').next().unwrap_or_default();
                    texts.extend(call.rfind(", \"").and_then(|comma| literal(&call[comma + 2..])));
                }
            }
        }
    }
}

/// The string literal that this begins with.
fn literal(source: &str) -> Option<String> {
    let inside = source.trim_start().strip_prefix('"')?;
    let (mut text, mut letters) = (String::new(), inside.chars());
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => text.push(letters.next()?),
            letter => text.push(letter),
        }
    }
}

#[test]
fn every_text_is_in_the_table() {
    let table = table();
    let known: BTreeSet<&str> = table.iter().map(|block| block[0].as_str()).collect();
    assert_eq!(known.len(), table.len(), "a text has two blocks");
    let mut texts = BTreeSet::new();
    for folder in ["store/imapd/src", "store/imap-wire/src"] {
        sources(&repository().join(folder), &mut texts);
    }
    assert!(texts.len() > 150, "only {} texts were found", texts.len());
    let missing: Vec<_> =
        texts.iter().filter(|text| !known.contains(text.as_str()) && !text.ends_with(" completed")).collect();
    assert!(missing.is_empty(), "store/imapd/src/language/texts.txt lacks {missing:#?}");
}

#[test]
fn every_block_has_five_languages() {
    for block in table() {
        assert_eq!(block.len(), 5, "{block:#?}");
        assert!(block[0].is_ascii(), "English is i-default too: {}", block[0]);
        for line in &block {
            assert_eq!(line, line.trim(), "{block:#?}");
            assert!(!line.is_empty() && !line.starts_with('['), "{block:#?}");
            assert_eq!(line.contains("{}"), block[0].contains("{}"), "{block:#?}");
        }
    }
}
