//! Writes responses into one `Vec<u8>`: atoms, strings, flags, LIST and STATUS lines, ENVELOPE and BODYSTRUCTURE (RFC 3501 §7).
//!
//! A string is quoted when it is printable ASCII and short, and a literal otherwise; nothing else decides. The caller owns the
//! buffer, so that tens of thousands of responses cost one allocation.

mod envelope;
mod structure;

pub use envelope::envelope;
pub use structure::{Decoded, Detail, body_structure, decoded_structure};

use crate::cursor::Names;
use crate::flag::SystemFlags;
use crate::mailbox;

/// Longest quoted string; longer ones are literals, which clients read without looking at each byte.
const LONGEST_QUOTED: usize = 4096;

/// A decimal number.
pub fn number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// `{n}` and the line end; the caller appends the octets.
pub fn literal_head(out: &mut Vec<u8>, octets: u64) {
    out.push(b'{');
    number(out, octets);
    out.extend_from_slice(b"}\r\n");
}

/// How a string must be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Quoted,
    Escaped,
    Literal,
}

fn form(text: &[u8]) -> Form {
    if text.len() > LONGEST_QUOTED {
        return Form::Literal;
    }
    let mut form = Form::Quoted;
    for byte in text {
        match byte {
            b'"' | b'\\' => form = Form::Escaped,
            b'\r' | b'\n' | 0 | 0x80.. => return Form::Literal,
            _ => {}
        }
    }
    form
}

/// string: quoted or literal.
pub fn string(out: &mut Vec<u8>, text: &[u8]) {
    match form(text) {
        Form::Quoted => {
            out.push(b'"');
            out.extend_from_slice(text);
            out.push(b'"');
        }
        Form::Escaped => {
            out.push(b'"');
            for byte in text {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            out.push(b'"');
        }
        Form::Literal => {
            literal_head(out, text.len() as u64);
            let start = out.len();
            out.extend_from_slice(text);
            mask_nul(&mut out[start..]);
        }
    }
}

/// CHAR8 has no NUL (RFC 3501 §4.3): such octets are sent as 0x80, as other servers do.
pub fn mask_nul(octets: &mut [u8]) {
    if memchr::memchr(0, octets).is_some() {
        octets.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = 0x80);
    }
}

/// nstring: NIL or a string.
pub fn nstring(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// astring: an atom where the text allows it.
pub fn astring(out: &mut Vec<u8>, text: &[u8]) {
    let atom = !text.is_empty() && text.len() <= 255 && text.iter().all(|byte| crate::cursor::is_astring_char(*byte));
    // `NIL` unquoted would be read as no string at all.
    if atom && !text.eq_ignore_ascii_case(b"NIL") { out.extend_from_slice(text) } else { string(out, text) }
}

/// A mailbox name: in modified UTF-7, or as it is to a client that has enabled UTF-8 (RFC 9051 §5.1, RFC 6855 §3).
pub fn mailbox_name(out: &mut Vec<u8>, name: &str, dialect: Names) {
    let quotable = |byte: u8| !matches!(byte, b'\r' | b'\n' | 0);
    if dialect == Names::Utf7 {
        astring(out, &mailbox::encode(name));
    } else if name.is_ascii() || !name.bytes().all(quotable) {
        astring(out, name.as_bytes());
    } else {
        out.push(b'"');
        for byte in name.bytes() {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
}

/// Text for a person at the end of a status response: one line without control characters, never empty. The server's own texts are
/// ASCII until the client asks for another language (RFC 5255 §3.2).
pub fn text(out: &mut Vec<u8>, text: &str) {
    let start = out.len();
    out.extend(text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect::<String>().bytes());
    if out.len() == start {
        out.extend_from_slice(b"OK");
    }
}

/// `(\Seen keyword …)`: system flags, `\Recent` last among them, then keywords.
pub fn flags<'a>(out: &mut Vec<u8>, system: SystemFlags, recent: bool, keywords: impl IntoIterator<Item = &'a str>) {
    let system = SystemFlags::NAMES.iter().filter(|(flag, _)| system.has(*flag)).map(|(_, name)| *name);
    let recent = recent.then_some("\\Recent");
    list(out, system.chain(recent).chain(keywords));
}

/// Words in parentheses. The words are atoms already.
pub fn list<'a>(out: &mut Vec<u8>, words: impl IntoIterator<Item = &'a str>) {
    out.push(b'(');
    for (at, word) in words.into_iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word.as_bytes());
    }
    out.push(b')');
}

/// `* LIST (attributes) "/" name`, and with LSUB in its place (RFC 3501 §7.2.2). `extra` is the extended data of RFC 5258, written already.
pub fn list_line<'a>(
    out: &mut Vec<u8>,
    verb: &str,
    attributes: impl IntoIterator<Item = &'a str>,
    name: &str,
    dialect: Names,
    extra: &[u8],
) {
    out.extend_from_slice(b"* ");
    out.extend_from_slice(verb.as_bytes());
    out.push(b' ');
    list(out, attributes);
    out.extend_from_slice(b" \"/\" ");
    mailbox_name(out, name, dialect);
    out.extend_from_slice(extra);
    out.extend_from_slice(b"\r\n");
}

/// `* n WORD`
pub fn count_line(out: &mut Vec<u8>, count: u64, word: &str) {
    out.extend_from_slice(b"* ");
    number(out, count);
    out.push(b' ');
    out.extend_from_slice(word.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// A set of ascending numbers in its shortest form: `1:3,7`.
pub fn number_set(out: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    ranges(out, crate::sequence::ranges_of(numbers));
}

/// Ranges as a set: `1:3,7`.
pub fn ranges(out: &mut Vec<u8>, ranges: impl IntoIterator<Item = (u32, u32)>) {
    for (at, (first, last)) in ranges.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        number(out, u64::from(first));
        if last != first {
            out.push(b':');
            number(out, u64::from(last));
        }
    }
}
