//! The surrogate of a message with UTF-8 header fields, for readers that know ASCII headers only (RFC 6857; RFC 6856 §2.1).
//!
//! Only fields change, and only those with UTF-8 in them: text becomes encoded words, parameters take their RFC 2231 form, an address that has no
//! ASCII form is told in the name of an empty group, a field with no place for any of these is kept as `Downgraded-…`. Bodies stay as they are, and so do
//! fields with other 8-bit octets: those are no text in any mode, and every server passes them on.

mod addresses;
mod field;
mod folded;
mod params;

use std::ops::Range;

use crate::digest::{DigestRef, PartRef};
use crate::header::headers;

/// One field that reads otherwise in the surrogate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Where the field stands in the message as stored.
    pub place: Range<usize>,
    /// What stands there in the surrogate; ends as the field did, with its line break or without. Its own line breaks are CRLF.
    pub text: Vec<u8>,
}

/// What has to be known of a part: where its header is, and whether that calls a message in it a global one.
pub(crate) struct Header {
    pub(crate) place: Range<usize>,
    pub(crate) is_global: bool,
}

/// The edits that make the surrogate of `message`, in their order; none when it is ASCII mail already. Linear in the length of its headers.
pub fn edits(message: &[u8], digest: &DigestRef<'_>) -> Vec<Edit> {
    let mut found = Vec::new();
    walk(message, &digest.root(), &mut found);
    found
}

/// Recursion is bounded by the depth that digests have.
fn walk(message: &[u8], part: &PartRef<'_>, found: &mut Vec<Edit>) {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(message.len());
    let range = part.header_range();
    let is_global = is_global(part.media_type, part.subtype, part.encoding);
    edit_header(message, &Header { place: place(range.start)..place(range.end), is_global }, found);
    for child in part.children() {
        walk(message, &child, found);
    }
}

/// A message/global that stands there as it is. Its surrogate is message/rfc822; in a transfer encoding, which only the global kind may have, it stays
/// what it is (RFC 6532 §3.7).
pub(crate) fn is_global(media_type: &[u8], subtype: &[u8], encoding: &[u8]) -> bool {
    media_type.eq_ignore_ascii_case(b"message")
        && subtype.eq_ignore_ascii_case(b"global")
        && [b"7bit".as_slice(), b"8bit", b"binary"].iter().any(|identity| encoding.eq_ignore_ascii_case(identity))
}

pub(crate) fn edit_header(message: &[u8], header: &Header, found: &mut Vec<Edit>) {
    let block = &message[header.place.clone()];
    if block.is_ascii() && !header.is_global {
        return;
    }
    for field in headers(block) {
        let made = if header.is_global && field.is("Content-Type") {
            field::global_as_rfc822(&field)
        } else {
            field::downgrade(&field)
        };
        if let Some(mut text) = made {
            if !field.raw.ends_with(b"\n") {
                text.truncate(text.len().saturating_sub(2));
            }
            let start = header.place.start + field.offset;
            found.push(Edit { place: start..start + field.raw.len(), text });
        }
    }
}

/// Octets of a message with CRLF behind each line, once `edits` are made.
pub fn edited_size(message: &[u8], crlf_size: u64, edits: &[Edit]) -> u64 {
    edits.iter().fold(crlf_size, |size, edit| {
        let stored = &message[edit.place.clone()];
        let bare = memchr::memchr_iter(b'\n', stored).filter(|&at| at == 0 || stored[at - 1] != b'\r').count();
        size.saturating_sub((stored.len() + bare) as u64).saturating_add(edit.text.len() as u64)
    })
}
