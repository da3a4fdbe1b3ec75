//! Mailbox names: modified UTF-7 on the wire, UTF-8 inside (RFC 3501 §5.1.3).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

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
    let mut name = String::with_capacity(wire.len());
    let mut rest = wire;
    let mut after_base64 = false;
    while let Some((&byte, tail)) = rest.split_first() {
        match byte {
            b'&' => {
                let end = memchr::memchr(b'-', tail).ok_or(INVALID)?;
                match &tail[..end] {
                    [] => {
                        name.push('&');
                        after_base64 = false;
                    }
                    // `&AAA-&BBB-` is one run written as two.
                    _ if after_base64 => return Err(INVALID),
                    run => {
                        decode_run(run, &mut name)?;
                        after_base64 = true;
                    }
                }
                rest = &tail[end + 1..];
            }
            0x20..=0x7e => {
                name.push(char::from(byte));
                after_base64 = false;
                rest = tail;
            }
            _ => return Err(INVALID),
        }
    }
    Ok(name)
}

fn decode_run(run: &[u8], name: &mut String) -> Result<()> {
    let (mut bits, mut count) = (0u32, 0u32);
    let mut units = Vec::with_capacity(run.len() * 3 / 8 + 1);
    for byte in run {
        let value = ALPHABET.iter().position(|letter| letter == byte).ok_or(INVALID)?;
        bits = (bits << 6) | value as u32;
        count += 6;
        if count >= 16 {
            count -= 16;
            units.push((bits >> count) as u16);
            bits &= (1 << count) - 1;
        }
    }
    // What is left must be padding: fewer than six bits, all zero.
    if count >= 6 || bits != 0 || units.is_empty() {
        return Err(INVALID);
    }
    for unit in char::decode_utf16(units) {
        let letter = unit.map_err(|_| INVALID)?;
        if matches!(letter, ' '..='~') {
            return Err(INVALID);
        }
        name.push(letter);
    }
    Ok(())
}

/// UTF-8 to modified UTF-7.
pub fn encode(name: &str) -> Vec<u8> {
    let mut wire = Vec::with_capacity(name.len());
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '&' => wire.extend_from_slice(b"&-"),
            ' '..='~' => wire.push(letter as u8),
            _ => {
                wire.push(b'&');
                let (mut bits, mut count) = (0u32, 0u32);
                let mut run = Some(letter);
                while let Some(letter) = run {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        bits = (bits << 16) | u32::from(*unit);
                        count += 16;
                        while count >= 6 {
                            count -= 6;
                            wire.push(ALPHABET[(bits >> count) as usize & 63]);
                        }
                        bits &= (1 << count) - 1;
                    }
                    run = letters.next_if(|next| !matches!(next, ' '..='~'));
                }
                if count > 0 {
                    wire.push(ALPHABET[(bits << (6 - count)) as usize & 63]);
                }
                wire.push(b'-');
            }
        }
    }
    wire
}
