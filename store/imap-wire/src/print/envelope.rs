//! ENVELOPE (RFC 3501 §7.4.2).

use message::{Address, AddressList, EnvelopeRef};

use super::nstring;

/// `(date subject from sender reply-to to cc bcc in-reply-to message-id)`
pub fn envelope(out: &mut Vec<u8>, envelope: &EnvelopeRef<'_>) {
    out.push(b'(');
    nstring(out, envelope.date);
    out.push(b' ');
    nstring(out, envelope.subject);
    for list in [envelope.from, envelope.sender, envelope.reply_to, envelope.to, envelope.cc, envelope.bcc] {
        out.push(b' ');
        address_list(out, list);
    }
    out.push(b' ');
    nstring(out, envelope.in_reply_to);
    out.push(b' ');
    nstring(out, envelope.message_id);
    out.push(b')');
}

/// NIL, or the addresses without anything between them.
fn address_list(out: &mut Vec<u8>, list: AddressList<'_>) {
    let start = out.len();
    out.push(b'(');
    for address in list {
        one_address(out, &address);
    }
    if out.len() == start + 1 {
        out.truncate(start);
        out.extend_from_slice(b"NIL");
    } else {
        out.push(b')');
    }
}

fn one_address(out: &mut Vec<u8>, address: &Address<'_>) {
    out.push(b'(');
    nstring(out, address.name);
    out.push(b' ');
    nstring(out, address.adl);
    out.push(b' ');
    nstring(out, address.mailbox);
    out.push(b' ');
    nstring(out, address.host);
    out.push(b')');
}
