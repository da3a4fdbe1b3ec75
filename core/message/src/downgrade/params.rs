//! Parameters of Content-Type and Content-Disposition in their RFC 2231 form (RFC 6857 §3.1, MIME-VALUE downgrading).

use std::collections::HashSet;

use super::folded::Folded;
use crate::content::{self, Param};
use crate::header::Header;

/// Octets of a value in one piece; longer ones are continued (RFC 2231 §3).
const PIECE: usize = 60;

/// What became of a field.
pub(super) enum Made {
    Field(Vec<u8>),
    /// It cannot be read.
    Nothing,
    /// The message could not be read any more if it changed.
    Untouchable,
}

pub(super) fn downgrade(field: &Header<'_>) -> Made {
    let is_type = field.is("Content-Type");
    let found =
        if is_type { Some(content::parse_content_type(field.value)) } else { content::parse_disposition(field.value) };
    let Some(found) = found else { return Made::Nothing };
    if found.media_type.is_empty()
        || !found.media_type.is_ascii()
        || !found.subtype.is_ascii()
        || (is_type && found.subtype.is_empty())
    {
        return Made::Nothing;
    }
    // The boundary stands in the body too, which stays as it is.
    if found.param("boundary").is_some_and(|boundary| !boundary.is_ascii()) {
        return Made::Untouchable;
    }
    let mut line = Folded::new(field.name);
    let kind = if is_type { [&found.media_type, b"/".as_slice(), &found.subtype].concat() } else { found.media_type };
    line.put(" ", &kind);
    write(&found.params, &mut line);
    Made::Field(line.finish())
}

/// Adds parameters. One whose name is no ASCII has no form at all and is left out, as is one that has its RFC 2231 form beside it.
pub(super) fn write(params: &[Param], line: &mut Folded) {
    let extended: HashSet<Vec<u8>> =
        params.iter().filter_map(|(name, _)| name.strip_suffix(b"*")).map(<[u8]>::to_ascii_lowercase).collect();
    for (name, value) in params.iter().filter(|(name, _)| name.is_ascii() && !name.is_empty()) {
        let is_extended = name.ends_with(b"*");
        if value.is_ascii() && !is_extended {
            add(line, name, &token_or_quoted(value));
        } else if is_extended {
            let clean: Vec<u8> =
                value.iter().flat_map(|byte| escaped(*byte, is_attribute(*byte) || b"%'".contains(byte))).collect();
            pieces(line, name.strip_suffix(b"*").unwrap_or(name), &clean);
        } else if !extended.contains(&name.to_ascii_lowercase()) {
            let text: Vec<u8> = value.iter().flat_map(|byte| escaped(*byte, is_attribute(*byte))).collect();
            pieces(line, name, &[b"UTF-8''", text.as_slice()].concat());
        }
    }
}

fn add(line: &mut Folded, name: &[u8], value: &[u8]) {
    line.put("", b";");
    line.put(" ", &[name, b"=", value].concat());
}

/// `name*=value`, or `name*0*=…; name*1*=…` for a long one. An escape is never split.
fn pieces(line: &mut Folded, name: &[u8], value: &[u8]) {
    if value.len() <= PIECE {
        return add(line, &[name, b"*"].concat(), value);
    }
    let (mut rest, mut index) = (value, 0u32);
    while !rest.is_empty() {
        let mut end = rest.len().min(PIECE);
        if end < rest.len()
            && let Some(back) = rest[..end].iter().rev().take(2).position(|byte| *byte == b'%')
        {
            end -= back + 1;
        }
        add(line, &[name, format!("*{index}*").as_bytes()].concat(), &rest[..end]);
        (rest, index) = (&rest[end..], index + 1);
    }
}

/// RFC 2231 §7 attribute-char.
fn is_attribute(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&+-.^_`{|}~".contains(&byte)
}

fn escaped(byte: u8, is_plain: bool) -> impl Iterator<Item = u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let (octets, count) = if is_plain {
        ([byte, 0, 0], 1)
    } else {
        ([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]], 3)
    };
    octets.into_iter().take(count)
}

fn token_or_quoted(value: &[u8]) -> Vec<u8> {
    let is_token = |byte: &u8| matches!(byte, 33..=126) && !b"()<>@,;:\\\"/[]?=".contains(byte);
    if !value.is_empty() && value.iter().all(is_token) {
        return value.to_vec();
    }
    let mut quoted = vec![b'"'];
    for &byte in value {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    quoted
}
