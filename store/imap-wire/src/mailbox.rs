//! Mailbox names: modified UTF-7 on the wire, UTF-8 inside (RFC 3501 §5.1.3).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};

const INVALID: WireError = WireError::cannot("Mailbox name is not valid modified UTF-7");

/// Longest name that is read at all, in octets on the wire.
pub const MAX_NAME: usize = 4096;

/// mailbox: an astring in modified UTF-7. Every spelling of `INBOX` comes back as `INBOX`.
pub fn parse(cursor: &mut Cursor<'_>) -> Result<String> {
    let name = decode(&cursor.astring()?)?;
    Ok(if name.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { name })
}

/// list-mailbox: a pattern in modified UTF-7; `*` and `%` are its wildcards.
pub fn parse_pattern(cursor: &mut Cursor<'_>) -> Result<String> {
    decode(&cursor.list_mailbox()?)
}

/// Modified UTF-7 to UTF-8. Only the one canonical spelling of a name is taken: no printable ASCII in base64, no base64 that
/// could have been joined with the one before, no loose bits, no halves of surrogate pairs.
pub fn decode(wire: &[u8]) -> Result<String> {
    if wire.len() > MAX_NAME {
        return Err(WireError::cannot("Mailbox name is too long"));
    }
    utf7::decode(wire).ok_or(INVALID)
}

/// UTF-8 to modified UTF-7.
pub fn encode(name: &str) -> Vec<u8> {
    utf7::encode(name).into_bytes()
}
