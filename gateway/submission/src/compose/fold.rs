//! Header lines of bounded length: folded where blanks are, subjects of one endless word encoded (RFC 5322 §2.1.1, §2.2.3, RFC 2047).

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::DraftError;

/// Longest line that should be, without its end.
const WANTED: usize = 78;
/// Longest line that may be, without its end.
const ALLOWED: usize = 998;
/// Bytes of text in one encoded word: with what is around them and the name of the field in a line.
const WORD: usize = 39;

/// The fields with every line folded. A line that cannot be is an error.
pub(super) fn folded(fields: &[u8]) -> Result<Vec<u8>, DraftError> {
    let mut out = Vec::with_capacity(fields.len() + fields.len() / 32);
    for line in fields.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        fold(line, &mut out)?;
    }
    Ok(out)
}

fn fold(line: &[u8], out: &mut Vec<u8>) -> Result<(), DraftError> {
    let mut rest = line;
    // A field's name stays with its first word, and a continuation begins with a blank.
    let mut from = match line.iter().position(|byte| *byte == b':') {
        Some(colon) if !line.starts_with(b" ") => colon + 2,
        _ => 1,
    };
    while rest.len() > WANTED {
        // Before a blank that a word follows: no line of blanks alone comes of it.
        let place = |at: &usize| {
            rest[*at] == b' '
                && rest.get(at + 1).is_some_and(|next| *next != b' ')
                && rest[..*at].iter().any(|b| *b != b' ')
        };
        let from_here = from.min(rest.len());
        let within = (from_here..rest.len().min(WANTED + 1)).rev().find(place);
        let Some(at) = within.or_else(|| (from_here..rest.len()).find(place)) else { break };
        put(&rest[..at], out)?;
        rest = &rest[at..];
        from = 1;
    }
    put(rest, out)
}

fn put(line: &[u8], out: &mut Vec<u8>) -> Result<(), DraftError> {
    if line.len() > ALLOWED {
        return Err(DraftError::TooLong(line.iter().take(40).map(|byte| char::from(*byte)).collect()));
    }
    out.extend_from_slice(line);
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Whether a text has a word that no line can hold.
pub(super) fn is_endless(text: &str) -> bool {
    text.split(' ').any(|word| word.len() > ALLOWED - 100)
}

/// The text as encoded words, divided between characters.
pub(super) fn encoded(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(WORD);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(&rest[..end])));
        rest = &rest[end..];
    }
    words.join("\r\n ")
}
