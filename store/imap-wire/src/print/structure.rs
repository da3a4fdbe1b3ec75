//! BODY and BODYSTRUCTURE (RFC 3501 §7.4.2).

use message::{DispositionRef, Languages, Params, PartKind, PartRef};

use super::{envelope, nstring, number, string};

/// With or without extension data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// BODY
    Basic,
    /// BODYSTRUCTURE
    Extended,
}

/// The structure of a part whose transfer encoding has been taken away: what is left of it, and how long that is. Lines are counted
/// in the encoding alone (RFC 3501 §7.4.2), so there are none.
pub fn decoded_structure(out: &mut Vec<u8>, part: &PartRef<'_>, left: Decoded) {
    out.push(b'(');
    beginning(out, part);
    string(out, left.encoding);
    out.push(b' ');
    number(out, left.octets);
    if part.kind != PartKind::Basic {
        out.extend_from_slice(b" 0");
    }
    out.push(b' ');
    nstring(out, part.md5);
    extension(out, part);
    out.push(b')');
}

/// What is left of a part when it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded {
    /// `7bit`, `8bit` or `binary`.
    pub encoding: &'static [u8],
    /// How long it is.
    pub octets: u64,
}

/// The structure of a part and all below it. As deep as the digest's depth limit, no deeper.
pub fn body_structure(out: &mut Vec<u8>, part: &PartRef<'_>, detail: Detail) {
    out.push(b'(');
    match part.kind {
        PartKind::Multipart => multipart(out, part, detail),
        PartKind::Basic | PartKind::Text | PartKind::Message => single(out, part, detail),
    }
    out.push(b')');
}

fn multipart(out: &mut Vec<u8>, part: &PartRef<'_>, detail: Detail) {
    let start = out.len();
    for child in part.children() {
        body_structure(out, &child, detail);
    }
    if out.len() == start {
        // The grammar wants a part; a multipart without any shows an empty text.
        out.extend_from_slice(b"(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)");
    }
    out.push(b' ');
    string(out, part.subtype);
    if detail == Detail::Extended {
        out.push(b' ');
        params(out, part.params);
        extension(out, part);
    }
}

fn single(out: &mut Vec<u8>, part: &PartRef<'_>, detail: Detail) {
    beginning(out, part);
    string(out, part.encoding);
    out.push(b' ');
    number(out, part.octets());
    if let (PartKind::Message, Some(inner), Some(child)) = (part.kind, part.envelope(), part.children().next()) {
        out.push(b' ');
        envelope(out, &inner);
        out.push(b' ');
        body_structure(out, &child, detail);
    }
    if part.kind != PartKind::Basic {
        out.push(b' ');
        number(out, part.lines);
    }
    if detail == Detail::Extended {
        out.push(b' ');
        nstring(out, part.md5);
        extension(out, part);
    }
}

/// Everything before the encoding.
fn beginning(out: &mut Vec<u8>, part: &PartRef<'_>) {
    string(out, part.media_type);
    out.push(b' ');
    string(out, part.subtype);
    out.push(b' ');
    params(out, part.params);
    out.push(b' ');
    nstring(out, part.id);
    out.push(b' ');
    nstring(out, part.description);
    out.push(b' ');
}

/// `SP body-fld-dsp SP body-fld-lang SP body-fld-loc`
fn extension(out: &mut Vec<u8>, part: &PartRef<'_>) {
    out.push(b' ');
    disposition(out, part.disposition);
    out.push(b' ');
    languages(out, part.languages);
    out.push(b' ');
    nstring(out, part.location);
}

fn params(out: &mut Vec<u8>, params: Params<'_>) {
    if params.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    for (at, (name, value)) in params.enumerate() {
        out.push(if at == 0 { b'(' } else { b' ' });
        string(out, name);
        out.push(b' ');
        string(out, value);
    }
    out.push(b')');
}

fn disposition(out: &mut Vec<u8>, disposition: Option<DispositionRef<'_>>) {
    let Some(disposition) = disposition else {
        return out.extend_from_slice(b"NIL");
    };
    out.push(b'(');
    string(out, disposition.kind);
    out.push(b' ');
    params(out, disposition.params);
    out.push(b')');
}

fn languages(out: &mut Vec<u8>, languages: Languages<'_>) {
    let tags: Vec<&[u8]> = languages.collect();
    match tags.as_slice() {
        [] => out.extend_from_slice(b"NIL"),
        [tag] => string(out, tag),
        tags => {
            for (at, tag) in tags.iter().enumerate() {
                out.push(if at == 0 { b'(' } else { b' ' });
                string(out, tag);
            }
            out.push(b')');
        }
    }
}
