//! base64 (RFC 2045 §6.8): a decoder that takes anything, an encoder with lines of 76 characters.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LINE: usize = 76;
const NOT_BASE64: u8 = 0xff;

const VALUES: [u8; 256] = {
    let mut values = [NOT_BASE64; 256];
    let mut index = 0;
    while index < 64 {
        values[ALPHABET[index] as usize] = index as u8;
        index += 1;
    }
    values
};

/// Characters outside of the alphabet are passed over; padding ends a group, so that bodies that were
/// encoded piece by piece come out whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Base64Decoder {
    group: u32,
    digits: u8,
}

impl Base64Decoder {
    pub(super) fn push(&mut self, window: &[u8], out: &mut Vec<u8>) {
        out.reserve(window.len() / 4 * 3 + 3);
        for &byte in window {
            let value = VALUES[usize::from(byte)];
            if value == NOT_BASE64 {
                if byte == b'=' {
                    self.finish(out);
                }
                continue;
            }
            self.group = self.group << 6 | u32::from(value);
            self.digits += 1;
            if self.digits == 4 {
                out.extend_from_slice(&self.group.to_be_bytes()[1..]);
                (self.group, self.digits) = (0, 0);
            }
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        match self.digits {
            2 => out.push((self.group >> 4) as u8),
            3 => out.extend_from_slice(&((self.group >> 2) as u16).to_be_bytes()),
            _ => {}
        }
        (self.group, self.digits) = (0, 0);
    }
}

/// Octets of `length` octets when encoded in lines with CRLF behind each.
pub fn base64_encoded_len(length: u64) -> u64 {
    let characters = length.div_ceil(3) * 4;
    characters + characters.div_ceil(LINE as u64) * 2
}

/// Encodes a body that comes in windows of any size.
#[derive(Clone, Debug, Default)]
pub struct Base64Encoder {
    group: [u8; 3],
    held: usize,
    column: usize,
}

impl Base64Encoder {
    /// An encoder at the start of a body.
    pub fn new() -> Self {
        Self::default()
    }

    /// Encodes the next window onto the end of `out`.
    pub fn push(&mut self, window: &[u8], out: &mut Vec<u8>) {
        for &byte in window {
            self.group[self.held] = byte;
            self.held += 1;
            if self.held == 3 {
                self.write_group(out);
            }
        }
    }

    /// Writes the last group with its padding and ends the last line.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.held > 0 {
            let held = self.held;
            self.group[held..].fill(0);
            self.write_group(out);
            let breaks = if self.column == 0 { 2 } else { 0 };
            let end = out.len() - breaks;
            out[end - (3 - held)..end].fill(b'=');
        }
        if self.column > 0 {
            out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
    }

    fn write_group(&mut self, out: &mut Vec<u8>) {
        let [a, b, c] = self.group;
        let bits = u32::from_be_bytes([0, a, b, c]);
        for shift in [18, 12, 6, 0] {
            out.push(ALPHABET[(bits >> shift & 0x3f) as usize]);
        }
        self.held = 0;
        self.column += 4;
        if self.column == LINE {
            out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
    }
}
