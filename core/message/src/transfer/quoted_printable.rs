//! quoted-printable (RFC 2045 §6.7): a decoder for any input, an encoder for text with CRLF line breaks.

/// Blanks before a line break are padding; more of them than any line may hold are text.
const MOST_BLANKS: usize = 998;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// Behind `=`.
    Escape,
    /// Behind `=` and one hexadecimal digit.
    Digit(u8),
    /// Behind `=` and blanks: the line should end here.
    SoftBlank,
    /// Behind `=` and CR.
    SoftReturn,
}

#[derive(Clone, Debug, Default)]
pub(super) struct QuotedPrintableDecoder {
    state: State,
    blanks: Vec<u8>,
}

impl QuotedPrintableDecoder {
    pub(super) fn push(&mut self, window: &[u8], out: &mut Vec<u8>) {
        out.reserve(window.len());
        for &byte in window {
            self.take(byte, out);
        }
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>) {
        let state = std::mem::take(&mut self.state);
        match (state, byte) {
            (State::Text, _) => self.text(byte, out),
            (State::Escape | State::SoftBlank, b'\r') => self.state = State::SoftReturn,
            (State::Escape | State::SoftBlank | State::SoftReturn, b'\n') => {}
            (State::Escape | State::SoftBlank, b' ' | b'\t') => self.state = State::SoftBlank,
            (State::Escape, _) if byte.is_ascii_hexdigit() => self.state = State::Digit(byte),
            (State::Escape, _) => {
                out.push(b'=');
                self.text(byte, out);
            }
            (State::Digit(first), _) => match hex(first, byte) {
                Some(value) => out.push(value),
                None => {
                    out.extend_from_slice(&[b'=', first]);
                    self.text(byte, out);
                }
            },
            (State::SoftBlank, _) => {
                out.extend_from_slice(b"= ");
                self.text(byte, out);
            }
            (State::SoftReturn, _) => self.text(byte, out),
        }
    }

    fn text(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            b' ' | b'\t' => {
                self.blanks.push(byte);
                if self.blanks.len() > MOST_BLANKS {
                    out.append(&mut self.blanks);
                }
            }
            b'\r' | b'\n' => {
                self.blanks.clear();
                out.push(byte);
            }
            b'=' => {
                out.append(&mut self.blanks);
                self.state = State::Escape;
            }
            _ => {
                out.append(&mut self.blanks);
                out.push(byte);
            }
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if let State::Digit(first) = self.state {
            out.extend_from_slice(&[b'=', first]);
        }
        self.state = State::Text;
        self.blanks.clear();
    }
}

/// The byte that two hexadecimal digits stand for.
pub(crate) fn hex(first: u8, second: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(first)? << 4 | digit(second)?).ok()
}

/// Encodes text with CRLF line breaks, window by window; lines stay within 76 characters.
#[derive(Clone, Debug, Default)]
pub struct QuotedPrintableEncoder {
    column: usize,
    /// A blank or CR that may be the last of its line.
    held: Option<u8>,
}

impl QuotedPrintableEncoder {
    /// An encoder at the start of a body.
    pub fn new() -> Self {
        Self::default()
    }

    /// Encodes the next window onto the end of `out`.
    pub fn push(&mut self, window: &[u8], out: &mut Vec<u8>) {
        for &byte in window {
            match (self.held.take(), byte) {
                (Some(b'\r'), b'\n') => {
                    out.extend_from_slice(b"\r\n");
                    self.column = 0;
                    continue;
                }
                (Some(blank @ (b' ' | b'\t')), b'\r') => self.escaped(blank, out),
                (Some(blank @ (b' ' | b'\t')), _) => self.plain(blank, out),
                (Some(other), _) => self.escaped(other, out),
                (None, _) => {}
            }
            match byte {
                b' ' | b'\t' | b'\r' => self.held = Some(byte),
                b'!'..=b'<' | b'>'..=b'~' => self.plain(byte, out),
                _ => self.escaped(byte, out),
            }
        }
    }

    /// Writes what is still held back.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(held) = self.held.take() {
            self.escaped(held, out);
        }
    }

    fn plain(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.make_room(1, out);
        out.push(byte);
    }

    fn escaped(&mut self, byte: u8, out: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        self.make_room(3, out);
        out.extend_from_slice(&[b'=', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }

    fn make_room(&mut self, width: usize, out: &mut Vec<u8>) {
        // One column is kept for the `=` of a soft line break.
        if self.column + width > 75 {
            out.extend_from_slice(b"=\r\n");
            self.column = 0;
        }
        self.column += width;
    }
}
