//! What the servers on a message's way have written in front of it (RFC 5321 §4.4).

use std::borrow::Cow;

use crate::header::headers;

/// Opens the comment in which an MTA names who had signed in (`smtpd_sasl_authenticated_header` of Postfix).
const OPENING: &[u8] = b"(Authenticated sender: ";

/// Who had signed in to send the message, as the MTA that handed it to this store says. Only that one is believed: what stands
/// further down came from elsewhere. In front of its Received field is the one of the delivery.
pub fn authenticated_sender(header: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut received = headers(header).filter(|field| field.is("Received"));
    let mut first = received.next()?;
    if memchr::memmem::find(first.value, b" with LMTP").is_some() {
        first = received.next()?;
    }
    let value = first.unfolded();
    let from = memchr::memmem::find(&value, OPENING)? + OPENING.len();
    let length = memchr::memchr(b')', value.get(from..)?)?;
    let name = value.get(from..from + length)?.trim_ascii();
    (!name.is_empty()).then(|| Cow::Owned(name.to_vec()))
}
