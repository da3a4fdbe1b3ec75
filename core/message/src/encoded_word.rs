//! Encoded words in header fields (RFC 2047) and extended parameter values (RFC 2231 §4).

use crate::charset;
use crate::transfer::{self, TransferEncoding};

/// Longest charset name that is looked at.
const LONGEST_CHARSET: usize = 64;

/// One `=?charset?encoding?text?=`.
struct Word<'a> {
    charset: &'a [u8],
    encoding: u8,
    text: &'a [u8],
    end: usize,
}

/// Turns a header value into text: folding is undone, encoded words are decoded, raw 8-bit text is
/// taken as UTF-8 or else windows-1252. Linear in the length of the value.
///
/// Words with nothing but blanks between them are one text, and of the same charset one byte string:
/// a character may be split between two words, although RFC 2047 §5 forbids it.
pub fn decode(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len());
    let mut plain = 0;
    let mut at = 0;
    let mut ends = Ends { value, next: Some(0) };
    // Bytes of the words so far whose charset is the same.
    let mut run: Option<(&[u8], Vec<u8>)> = None;
    while let Some(found) = memchr::memmem::find(&value[at..], b"=?") {
        let start = at + found;
        let Some(word) = read_word(value, start, &mut ends) else {
            at = start + 2;
            continue;
        };
        let between = &value[plain..start];
        let joins = run.is_some() && between.iter().all(u8::is_ascii_whitespace);
        if !joins {
            flush(&mut run, &mut out);
            push_plain(between, &mut out);
        }
        let bytes = word.bytes();
        match &mut run {
            Some((charset, held)) if charset.eq_ignore_ascii_case(word.charset) => held.extend_from_slice(&bytes),
            _ => {
                flush(&mut run, &mut out);
                run = Some((word.charset, bytes));
            }
        }
        at = word.end;
        plain = at;
    }
    flush(&mut run, &mut out);
    push_plain(&value[plain..], &mut out);
    out
}

/// Decodes an extended parameter value, `charset'language'%41%42`.
pub fn decode_extended(value: &[u8]) -> String {
    let mut fields = value.splitn(3, |&byte| byte == b'\'');
    let (charset, text) = match (fields.next(), fields.next(), fields.next()) {
        (Some(charset), Some(_), Some(text)) => (Some(charset).filter(|name| !name.is_empty()), text),
        _ => (None, value),
    };
    let mut out = String::new();
    push_clean(&charset::decode(&unpercent(text), charset), &mut out);
    out
}

fn unpercent(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte == b'%'
            && let [_, first, second, ..] = text[at..]
            && let Some(value) = hex(first, second)
        {
            bytes.push(value);
            at += 3;
        } else {
            bytes.push(byte);
            at += 1;
        }
    }
    bytes
}

fn hex(first: u8, second: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(first)? << 4 | digit(second)?).ok()
}

/// Remembers where the next `?=` is, so that many starts before one end cost one search.
struct Ends<'a> {
    value: &'a [u8],
    next: Option<usize>,
}

impl Ends<'_> {
    fn at_or_after(&mut self, from: usize) -> Option<usize> {
        let known = self.next?;
        if known < from || !self.value[known..].starts_with(b"?=") {
            self.next = memchr::memmem::find(&self.value[from..], b"?=").map(|found| from + found);
        }
        self.next
    }
}

fn read_word<'a>(value: &'a [u8], start: usize, ends: &mut Ends<'_>) -> Option<Word<'a>> {
    let rest = &value[start + 2..];
    let charset_length = memchr::memchr(b'?', &rest[..rest.len().min(LONGEST_CHARSET)])?;
    let [encoding, b'?', ..] = rest[charset_length + 1..] else { return None };
    let encoding = encoding.to_ascii_uppercase();
    if !matches!(encoding, b'B' | b'Q') {
        return None;
    }
    let text_start = start + 2 + charset_length + 3;
    let mut text_end = ends.at_or_after(text_start)?;
    // `=?x?Q?a=?=` ends in an escape that is cut off: what looks like the end may be part of it.
    if encoding == b'Q' && value[..text_end].ends_with(b"=") && text_end == text_start {
        text_end = ends.at_or_after(text_end + 1)?;
    }
    let text = &value[text_start..text_end];
    if memchr::memmem::find(text, b"=?").is_some() {
        return None;
    }
    // RFC 2231 §5: a language may stand behind the charset.
    let charset = rest[..charset_length].split(|&byte| byte == b'*').next().unwrap_or_default();
    if charset.iter().any(|byte| byte.is_ascii_whitespace()) {
        return None;
    }
    Some(Word { charset, encoding, text, end: text_end + 2 })
}

impl Word<'_> {
    fn bytes(&self) -> Vec<u8> {
        if self.encoding == b'B' {
            return transfer::decode(TransferEncoding::Base64, self.text);
        }
        let mut bytes = Vec::with_capacity(self.text.len());
        let mut at = 0;
        while let Some(&byte) = self.text.get(at) {
            at += 1;
            match byte {
                b'_' => bytes.push(b' '),
                b'=' => match self.text[at..] {
                    [first, second, ..] if hex(first, second).is_some() => {
                        bytes.extend(hex(first, second));
                        at += 2;
                    }
                    _ => bytes.push(b'='),
                },
                b'\r' | b'\n' => {}
                other => bytes.push(other),
            }
        }
        bytes
    }
}

fn flush(run: &mut Option<(&[u8], Vec<u8>)>, out: &mut String) {
    if let Some((charset, bytes)) = run.take() {
        push_clean(&charset::decode(&bytes, Some(charset)), out);
    }
}

fn push_plain(text: &[u8], out: &mut String) {
    push_clean(&charset::decode(&crate::header::unfold(text), None), out);
}

/// Control characters have no place in a header value: an encoded line break must not become a real one.
fn push_clean(text: &str, out: &mut String) {
    out.extend(text.chars().map(|character| if character.is_control() { ' ' } else { character }));
}
