//! Mailbox names: UTF-8 inside; on the wire modified UTF-7 (RFC 3501 §5.1.3), or UTF-8 where the client has enabled it
//! (RFC 9051 §5.1, RFC 6855 §3).

use crate::cursor::{Cursor, Names};
use crate::error::{Result, WireError};

const INVALID: WireError = WireError::cannot("Mailbox name is not valid modified UTF-7");

/// Longest name that is read at all, in octets on the wire.
pub const MAX_NAME: usize = 4096;

/// mailbox: an astring. Every spelling of `INBOX` comes back as `INBOX`.
pub fn parse(cursor: &mut Cursor<'_>) -> Result<String> {
    let name = decode(&cursor.astring()?, cursor.dialect())?;
    Ok(if name.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { name })
}

/// list-mailbox: a pattern; `*` and `%` are its wildcards. One that no name could match is no error (RFC 9051 §6.3.9).
pub fn parse_pattern(cursor: &mut Cursor<'_>) -> Result<String> {
    Ok(decode(&cursor.list_mailbox()?, cursor.dialect()).unwrap_or_else(|_| UNMATCHED.to_owned()))
}

/// A reference: what stands before a pattern, and is as little of an error.
pub fn parse_reference(cursor: &mut Cursor<'_>) -> Result<String> {
    Ok(decode(&cursor.astring()?, cursor.dialect()).unwrap_or_else(|_| UNMATCHED.to_owned()))
}

/// A pattern for what cannot be in a name.
const UNMATCHED: &str = "\0";

/// A name as it stands on the wire. In UTF-8 an ampersand is an ampersand. In modified UTF-7 only the one canonical spelling of a name is taken: no printable ASCII in base64, no base64 that
/// could have been joined with the one before, no loose bits, no halves of surrogate pairs. A name with octets above 127 cannot be modified UTF-7: it is
/// taken for the UTF-8 that it then must be (RFC 6855 §3).
pub fn decode(wire: &[u8], dialect: Names) -> Result<String> {
    if wire.len() > MAX_NAME {
        return Err(WireError::cannot("Mailbox name is too long"));
    }
    if dialect == Names::Utf8 || !wire.is_ascii() {
        return std::str::from_utf8(wire)
            .map(str::to_owned)
            .map_err(|_| WireError::cannot("Mailbox name is not valid UTF-8"));
    }
    utf7::decode(wire).ok_or(INVALID)
}

/// UTF-8 to modified UTF-7.
pub fn encode(name: &str) -> Vec<u8> {
    utf7::encode(name).into_bytes()
}
