//! Content-Type, Content-Disposition and their parameters (RFC 2045 §5.1, RFC 2183, RFC 2231).

use crate::token::{After, Cursor};

/// Name and value; RFC 2231 continuations are joined, extended values keep their encoded form under `name*`.
pub type Param = (Vec<u8>, Vec<u8>);

/// A field of the form `value; name=value; …`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentType {
    /// The type, or the kind of a disposition.
    pub media_type: Vec<u8>,
    /// The subtype; empty for a disposition.
    pub subtype: Vec<u8>,
    /// In order of appearance, joined ones last.
    pub params: Vec<Param>,
}

impl ContentType {
    /// The first parameter of that name, case aside.
    pub fn param(&self, name: &str) -> Option<&[u8]> {
        self.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value.as_slice())
    }
}

/// Reads the value of a Content-Type field. A broken one yields what could be read, without parameters.
pub fn parse_content_type(value: &[u8]) -> ContentType {
    let mut cursor = Cursor::new(value);
    let mut found = ContentType::default();
    if !cursor.skip_cfws().more() || !cursor.mime_token(&mut found.media_type).more() || !cursor.is_at(b'/') {
        return found;
    }
    cursor.at += 1;
    if cursor.skip_cfws().more() && cursor.mime_token(&mut found.subtype) != After::Broken {
        found.params = parse_params(&mut cursor);
    }
    found
}

/// Reads the value of a Content-Disposition field.
pub fn parse_disposition(value: &[u8]) -> Option<ContentType> {
    let mut cursor = Cursor::new(value);
    let mut found = ContentType::default();
    cursor.skip_cfws();
    if cursor.mime_token(&mut found.media_type) == After::Broken {
        return None;
    }
    found.params = parse_params(&mut cursor);
    Some(found)
}

/// Reads the value of a Content-Transfer-Encoding field; anything but one token is no encoding.
pub fn parse_transfer_encoding(value: &[u8]) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(value);
    let mut token = Vec::new();
    cursor.skip_cfws();
    (cursor.mime_token(&mut token) == After::End && !token.is_empty()).then_some(token)
}

/// Reads the tags of a Content-Language field (RFC 3282).
pub fn parse_languages(value: &[u8]) -> Vec<Vec<u8>> {
    let mut cursor = Cursor::new(value);
    let mut tags = Vec::new();
    cursor.skip_cfws();
    loop {
        let mut tag = Vec::new();
        if cursor.atom(&mut tag) == After::Broken {
            return tags;
        }
        tags.push(tag);
        if !cursor.is_at(b',') {
            return tags;
        }
        cursor.at += 1;
        cursor.skip_cfws();
    }
}

/// A piece of a parameter in RFC 2231 form: `name*index*=value`.
struct Piece {
    name: Vec<u8>,
    index: u32,
    extended: bool,
    value: Vec<u8>,
}

fn parse_params(cursor: &mut Cursor<'_>) -> Vec<Param> {
    let mut params = Vec::new();
    let mut pieces = Vec::new();
    while cursor.peek().is_some() {
        match parse_param(cursor) {
            Some((name, value)) => match split_name(&name) {
                Some((base, index, extended)) => {
                    pieces.push(Piece { name: base.to_vec(), index, extended, value });
                }
                None => params.push((name, value)),
            },
            // Whatever this is, the next semicolon may begin a good one.
            None => cursor.step(),
        }
    }
    join_pieces(pieces, &mut params);
    params
}

fn parse_param(cursor: &mut Cursor<'_>) -> Option<Param> {
    if !cursor.is_at(b';') {
        return None;
    }
    cursor.at += 1;
    if !cursor.skip_cfws().more() {
        return None;
    }
    let (mut name, mut value) = (Vec::new(), Vec::new());
    if !cursor.mime_token(&mut name).more() || !cursor.is_at(b'=') {
        return None;
    }
    cursor.at += 1;
    let mut after = cursor.skip_cfws();
    if after.more() {
        after = match cursor.peek() {
            Some(b'"') => cursor.quoted_string(&mut value),
            // `name==?utf-8?b?…?=`: an encoded word where none may be, and not quoted.
            Some(b'=') => {
                cursor.unquoted_value(&mut value);
                After::More
            }
            _ => cursor.mime_token(&mut value),
        };
    }
    (after != After::Broken).then_some((name, value))
}

/// Splits `name*`, `name*3` and `name*3*`; `None` for a plain name.
fn split_name(name: &[u8]) -> Option<(&[u8], u32, bool)> {
    let star = memchr::memchr(b'*', name)?;
    let (base, rest) = (&name[..star], &name[star + 1..]);
    if rest.is_empty() {
        return Some((base, 0, true));
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let index =
        rest[..digits].iter().fold(0u32, |index, digit| index.wrapping_mul(10).wrapping_add(u32::from(digit - b'0')));
    match &rest[digits..] {
        [] => Some((base, index, false)),
        b"*" => Some((base, index, true)),
        _ => None,
    }
}

/// Joins the pieces of each name in the order of their index; a gap leaves them as they were.
fn join_pieces(mut pieces: Vec<Piece>, params: &mut Vec<Param>) {
    pieces.sort_by(|a, b| a.name.cmp(&b.name).then(a.index.cmp(&b.index)));
    for group in pieces.chunk_by(|a, b| a.name.eq_ignore_ascii_case(&b.name)) {
        if group.iter().enumerate().any(|(position, piece)| u32::try_from(position) != Ok(piece.index)) {
            params.extend(group.iter().map(|piece| {
                let mut name = piece.name.clone();
                name.extend_from_slice(format!("*{}{}", piece.index, if piece.extended { "*" } else { "" }).as_bytes());
                (name, piece.value.clone())
            }));
            continue;
        }
        let extended = group.iter().any(|piece| piece.extended);
        let mut value = Vec::new();
        for (position, piece) in group.iter().enumerate() {
            if position == 0 && extended && !piece.extended {
                value.extend_from_slice(b"''");
            }
            for &byte in &piece.value {
                if extended && !piece.extended && byte == b'%' {
                    value.extend_from_slice(b"%25");
                } else {
                    value.push(byte);
                }
            }
        }
        let mut name = group.first().map(|piece| piece.name.clone()).unwrap_or_default();
        if extended {
            name.push(b'*');
        }
        params.push((name, value));
    }
}
