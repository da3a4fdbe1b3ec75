//! The arguments of URLFETCH, plain and extended (RFC 4467 §8, RFC 5524 §3).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};

/// One URL of URLFETCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlFetch {
    /// The URL.
    pub url: Vec<u8>,
    /// What to tell of it in the extended form (RFC 5524 §3); empty for the plain form.
    pub wanted: Vec<UrlData>,
}

/// What URLFETCH may tell (RFC 5524 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlData {
    /// BODY: the octets as they are.
    Body,
    /// BINARY: without their transfer encoding.
    Binary,
    /// BODYPARTSTRUCTURE: what the part is.
    Structure,
}

/// `url`, or `(url *(SP parameter))`; parameters that are not known are passed over (RFC 5524 §3.1).
pub(crate) fn url_fetch(cursor: &mut Cursor<'_>) -> Result<UrlFetch> {
    if !cursor.eat(b'(') {
        return Ok(UrlFetch { url: cursor.astring()?.into_owned(), wanted: Vec::new() });
    }
    let mut fetch = UrlFetch { url: cursor.astring()?.into_owned(), wanted: Vec::new() };
    while cursor.eat(b' ') {
        let wanted = match cursor.keyword()?.as_str() {
            "BODY" => UrlData::Body,
            "BINARY" => UrlData::Binary,
            "BODYPARTSTRUCTURE" => UrlData::Structure,
            _ => return Err(WireError::bad("Unknown URLFETCH parameter")),
        };
        if !fetch.wanted.contains(&wanted) {
            fetch.wanted.push(wanted);
        }
    }
    cursor.need(b')', "Expected a closing parenthesis")?;
    if fetch.wanted.is_empty() {
        fetch.wanted.push(UrlData::Body);
    }
    Ok(fetch)
}
