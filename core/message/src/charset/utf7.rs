//! UTF-7 (RFC 2152), which old mail still holds.

/// Base64 runs of UTF-16 between `+` and `-`, ASCII around them.
#[derive(Clone, Debug, Default)]
pub(super) struct Utf7Decoder {
    in_run: bool,
    run_is_empty: bool,
    bits: u32,
    bit_count: u8,
    high_surrogate: Option<u16>,
}

impl Utf7Decoder {
    pub(super) fn push(&mut self, window: &[u8], out: &mut String) {
        for &byte in window {
            if !self.in_run {
                match byte {
                    b'+' => *self = Self { in_run: true, run_is_empty: true, ..Self::default() },
                    _ if byte.is_ascii() => out.push(char::from(byte)),
                    _ => out.push(char::REPLACEMENT_CHARACTER),
                }
                continue;
            }
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => {
                    self.end_run(byte, out);
                    continue;
                }
            };
            self.run_is_empty = false;
            self.bits = self.bits << 6 | u32::from(value);
            self.bit_count += 6;
            if self.bit_count >= 16 {
                self.bit_count -= 16;
                self.unit((self.bits >> self.bit_count) as u16, out);
                self.bits &= (1 << self.bit_count) - 1;
            }
        }
    }

    fn end_run(&mut self, byte: u8, out: &mut String) {
        let was_empty = self.run_is_empty;
        self.finish(out);
        match byte {
            b'-' if was_empty => out.push('+'),
            b'-' => {}
            _ if byte.is_ascii() => out.push(char::from(byte)),
            _ => out.push(char::REPLACEMENT_CHARACTER),
        }
    }

    fn unit(&mut self, unit: u16, out: &mut String) {
        let pending = self.high_surrogate.take();
        if let Some(high) = pending {
            if let Some(Ok(character)) = char::decode_utf16([high, unit]).next() {
                out.push(character);
                return;
            }
            out.push(char::REPLACEMENT_CHARACTER);
        }
        match char::from_u32(u32::from(unit)) {
            Some(character) => out.push(character),
            None if unit < 0xdc00 => self.high_surrogate = Some(unit),
            None => out.push(char::REPLACEMENT_CHARACTER),
        }
    }

    pub(super) fn finish(&mut self, out: &mut String) {
        if self.high_surrogate.take().is_some() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
        *self = Self::default();
    }
}
