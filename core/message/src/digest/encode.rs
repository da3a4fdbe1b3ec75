//! Writes the tree that a scan found in the digest's byte format.

use super::part::{
    HAS_DESCRIPTION, HAS_DISPOSITION, HAS_ENCODING, HAS_ID, HAS_LANGUAGE, HAS_LOCATION, HAS_MD5, PartKind,
};
use super::reader::Write;
use crate::address::OwnedAddress;
use crate::content::Param;
use crate::downgrade::{self, Edit};
use crate::scan::{Content, Envelope, Part};
use std::borrow::Cow;

/// Bytes kept free for the length of a part record, which is known only behind it: 35 bits.
const LENGTH_BYTES: usize = 5;

pub(super) fn encode(message: &[u8], parts: &[Part], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.push(super::VERSION);
    out.number(message.len() as u64);
    let missing = missing_line_ends(message);
    out.number(missing);
    let crlf_size = (message.len() as u64).saturating_add(missing);
    out.number(if edits.is_empty() { 0 } else { downgrade::edited_size(message, crlf_size, edits).saturating_add(1) });
    let empty = Envelope::default();
    let envelope = parts.first().and_then(|root| root.envelope.as_ref()).unwrap_or(&empty);
    match envelope.sent {
        None => out.push(0),
        Some(sent) => {
            out.push(1);
            out.signed(sent.epoch);
            out.signed(i64::from(sent.offset_minutes));
        }
    }
    out.nstring(envelope.references.as_deref().map(without_nul).as_deref());
    out.string(&envelope_bytes(envelope));
    if !parts.is_empty() {
        write_part(&mut out, parts, 0);
    }
    out
}

/// Octets that a message lacks to have CRLF behind each of its lines (RFC 1939 §3 sends it so).
fn missing_line_ends(message: &[u8]) -> u64 {
    let bare = memchr::memchr_iter(b'\n', message).filter(|&at| at == 0 || message[at - 1] != b'\r').count() as u64;
    let unended = message.last().is_some_and(|&last| last != b'\n');
    bare + if unended { 2 } else { 0 }
}

/// IMAP strings cannot hold NUL (RFC 3501 §9 CHAR8).
fn without_nul(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(0, text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut clean = Vec::with_capacity(text.len() + 8);
    for &byte in text {
        match byte {
            0 => clean.extend_from_slice("\u{fffd}".as_bytes()),
            other => clean.push(other),
        }
    }
    Cow::Owned(clean)
}

fn envelope_bytes(envelope: &Envelope) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let nstring = |out: &mut Vec<u8>, text: &Option<Vec<u8>>| out.nstring(text.as_deref().map(without_nul).as_deref());
    nstring(&mut out, &envelope.date);
    nstring(&mut out, &envelope.subject);
    for list in [&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc] {
        out.string(&address_bytes(list));
    }
    nstring(&mut out, &envelope.in_reply_to);
    nstring(&mut out, &envelope.message_id);
    out
}

fn address_bytes(list: &[OwnedAddress]) -> Vec<u8> {
    let mut out = Vec::new();
    for address in list {
        for text in [&address.name, &address.adl, &address.mailbox, &address.host] {
            out.nstring(text.as_deref().map(without_nul).as_deref());
        }
    }
    out
}

fn param_bytes(params: &[Param]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in params {
        out.string(&without_nul(name));
        out.string(&without_nul(value));
    }
    out
}

/// Recursion is bounded by the scanner's limit on depth.
fn write_part(out: &mut Vec<u8>, parts: &[Part], index: usize) {
    let part = &parts[index];
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH_BYTES]);
    out.push(match part.kind {
        PartKind::Basic => 0,
        PartKind::Text => 1,
        PartKind::Multipart => 2,
        PartKind::Message => 3,
    });
    out.number(part.header.start as u64);
    out.number(part.header.len() as u64);
    out.number(part.body.len() as u64);
    out.number(part.lines);
    write_content(out, &part.content);
    if part.kind == PartKind::Message {
        let inner = part.children.first().and_then(|&child| parts[child].envelope.as_ref());
        out.string(&inner.map(envelope_bytes).unwrap_or_else(|| envelope_bytes(&Envelope::default())));
    }
    for &child in &part.children {
        write_part(out, parts, child);
    }
    let mut length = out.len() - start - LENGTH_BYTES;
    for (position, byte) in out[start..start + LENGTH_BYTES].iter_mut().enumerate() {
        let more = if position + 1 < LENGTH_BYTES { 0x80 } else { 0 };
        *byte = (length & 0x7f) as u8 | more;
        length >>= 7;
    }
}

fn write_content(out: &mut Vec<u8>, content: &Content) {
    out.string(&without_nul(&content.media_type));
    out.string(&without_nul(&content.subtype));
    out.string(&param_bytes(&content.params));
    let mut present = 0;
    let mut fields = Vec::new();
    for (bit, text) in [
        (HAS_ID, &content.id),
        (HAS_DESCRIPTION, &content.description),
        (HAS_ENCODING, &content.encoding),
        (HAS_MD5, &content.md5),
    ] {
        if let Some(text) = text {
            present |= bit;
            fields.string(&without_nul(text));
        }
    }
    if let Some(disposition) = &content.disposition {
        present |= HAS_DISPOSITION;
        fields.string(&without_nul(&disposition.media_type));
        fields.string(&param_bytes(&disposition.params));
    }
    if !content.languages.is_empty() {
        present |= HAS_LANGUAGE;
        let mut tags = Vec::new();
        content.languages.iter().for_each(|tag| tags.string(&without_nul(tag)));
        fields.string(&tags);
    }
    if let Some(location) = &content.location {
        present |= HAS_LOCATION;
        fields.string(&without_nul(location));
    }
    out.push(present);
    out.extend_from_slice(&fields);
}
