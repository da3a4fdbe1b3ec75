//! Binary content as it comes in a literal8, encoded so that it can go out in a literal: NULs become base64 (RFC 3516 §4.4, §6).

use std::io::{self, Write};
use std::ops::Range;

use memchr::memchr;
use message::transfer::{Base64Encoder, TransferEncoding};
use message::{DigestRef, PartKind, PartRef};

use crate::fetch::message::slice;

/// Whether a message could be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unbinary {
    Done,
    /// A NUL is in a header, between parts, or in a part that is encoded already.
    Impossible,
}

/// Octets encoded at once.
const WINDOW: usize = 48 * 1024;

/// Something that is written differently.
enum Change {
    /// The header of a part, which gets this transfer encoding.
    Header(Range<u64>, &'static str),
    /// A body that is written as base64.
    Body(Range<u64>),
}

impl Change {
    fn range(&self) -> &Range<u64> {
        match self {
            Self::Header(range, _) | Self::Body(range) => range,
        }
    }
}

/// Writes `message` with every part that holds a NUL in base64. What holds none stays as it is, octet by octet.
pub(crate) fn unbinary(message: &[u8], digest: &[u8], out: &mut impl Write) -> io::Result<Unbinary> {
    let Ok(digest) = DigestRef::decode(digest) else { return Ok(Unbinary::Impossible) };
    let mut changes = Vec::new();
    if !gather(message, &digest.root(), &mut changes) {
        return Ok(Unbinary::Impossible);
    }
    changes.sort_by_key(|change| change.range().start);
    let mut at = 0;
    for change in changes {
        let before = slice(message, &(at..change.range().start));
        let now = slice(message, change.range());
        if memchr(0, before).is_some() {
            return Ok(Unbinary::Impossible);
        }
        out.write_all(before)?;
        at = change.range().end;
        match change {
            Change::Header(_, encoding) => {
                if memchr(0, now).is_some() {
                    return Ok(Unbinary::Impossible);
                }
                write_header(now, encoding, out)?;
            }
            Change::Body(_) => write_base64(now, out)?,
        }
    }
    let rest = slice(message, &(at..message.len() as u64));
    if memchr(0, rest).is_some() {
        return Ok(Unbinary::Impossible);
    }
    out.write_all(rest)?;
    Ok(Unbinary::Done)
}

/// Finds what changes in a part and below it. False when it cannot be changed. As deep as the digest's depth limit.
fn gather(message: &[u8], part: &PartRef<'_>, changes: &mut Vec<Change>) -> bool {
    match part.kind {
        PartKind::Multipart | PartKind::Message => {
            // What is in it is not binary any more when this is done.
            if part.encoding.eq_ignore_ascii_case(b"binary") {
                changes.push(Change::Header(part.header_range(), "8bit"));
            }
            part.children().all(|child| gather(message, &child, changes))
        }
        PartKind::Basic | PartKind::Text => {
            if memchr(0, slice(message, &part.body_range())).is_none() {
                return true;
            }
            if TransferEncoding::from_name(part.encoding) != TransferEncoding::Identity {
                return false;
            }
            changes.push(Change::Header(part.header_range(), "base64"));
            changes.push(Change::Body(part.body_range()));
            true
        }
    }
}

/// The header with another Content-Transfer-Encoding; the others' octets stay as they are.
fn write_header(header: &[u8], encoding: &str, out: &mut impl Write) -> io::Result<()> {
    let mut rest = header;
    let mut dropping = false;
    let mut ended = false;
    while !rest.is_empty() && !ended {
        let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        ended = matches!(line, b"\r\n" | b"\n");
        if !folded {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            dropping = name.trim_ascii().eq_ignore_ascii_case(b"content-transfer-encoding");
        }
        if ended {
            write!(out, "Content-Transfer-Encoding: {encoding}\r\n")?;
        }
        if !dropping || ended {
            out.write_all(line)?;
        }
    }
    if !ended {
        write!(out, "Content-Transfer-Encoding: {encoding}\r\n\r\n")?;
    }
    out.write_all(rest)
}

fn write_base64(body: &[u8], out: &mut impl Write) -> io::Result<()> {
    let mut encoder = Base64Encoder::new();
    let mut encoded = Vec::new();
    for window in body.chunks(WINDOW) {
        encoded.clear();
        encoder.push(window, &mut encoded);
        out.write_all(&encoded)?;
    }
    encoded.clear();
    encoder.finish(&mut encoded);
    out.write_all(&encoded)
}
