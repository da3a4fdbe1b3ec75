//! Bytes in a named charset to text (RFC 2046 §4.1.2), with guesses where the name is wrong or unknown.

mod utf7;

use encoding_rs::{CoderResult, Encoding};
use utf7::Utf7Decoder;

/// Decodes bytes that come in windows of any size.
pub struct CharsetDecoder {
    inner: Inner,
}

enum Inner {
    /// UTF-8 as long as the bytes are; from the first that are not, windows-1252.
    Guess {
        held: Vec<u8>,
    },
    Known(encoding_rs::Decoder),
    Utf7(Utf7Decoder),
}

impl CharsetDecoder {
    /// A decoder for a charset by its name; `None`, `us-ascii` and unknown names are guessed.
    pub fn new(charset: Option<&[u8]>) -> Self {
        let inner = match charset.map(Named::find) {
            Some(Named::Encoding(encoding)) => Inner::Known(encoding.new_decoder_with_bom_removal()),
            Some(Named::Utf7) => Inner::Utf7(Utf7Decoder::default()),
            Some(Named::Unknown) | None => Inner::Guess { held: Vec::new() },
        };
        Self { inner }
    }

    /// Decodes the next window onto the end of `out`.
    pub fn push(&mut self, window: &[u8], out: &mut String) {
        match &mut self.inner {
            Inner::Known(decoder) => decode_known(decoder, window, out, false),
            Inner::Utf7(decoder) => decoder.push(window, out),
            Inner::Guess { held } => {
                held.extend_from_slice(window);
                match std::str::from_utf8(held) {
                    Ok(text) => {
                        out.push_str(text);
                        held.clear();
                    }
                    Err(error) => {
                        let rest = held.split_off(error.valid_up_to());
                        out.push_str(&String::from_utf8_lossy(held));
                        // Only a character that is cut by the window's end may wait for the next one.
                        if error.error_len().is_none() {
                            *held = rest;
                        } else {
                            let mut decoder = encoding_rs::WINDOWS_1252.new_decoder_without_bom_handling();
                            decode_known(&mut decoder, &rest, out, false);
                            self.inner = Inner::Known(decoder);
                        }
                    }
                }
            }
        }
    }

    /// Writes what is still held back when the bytes have ended.
    pub fn finish(&mut self, out: &mut String) {
        match &mut self.inner {
            Inner::Known(decoder) => decode_known(decoder, &[], out, true),
            Inner::Utf7(decoder) => decoder.finish(out),
            Inner::Guess { held } => {
                let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(held);
                out.push_str(&text);
            }
        }
        self.inner = Inner::Guess { held: Vec::new() };
    }
}

/// Decodes a whole text.
pub fn decode(bytes: &[u8], charset: Option<&[u8]>) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut decoder = CharsetDecoder::new(charset);
    decoder.push(bytes, &mut out);
    decoder.finish(&mut out);
    out
}

fn decode_known(decoder: &mut encoding_rs::Decoder, window: &[u8], out: &mut String, last: bool) {
    let mut read = 0;
    loop {
        out.reserve(decoder.max_utf8_buffer_length(window.len() - read).unwrap_or(16).max(16));
        let (result, more, _) = decoder.decode_to_string(&window[read..], out, last);
        read += more;
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}

enum Named {
    Encoding(&'static Encoding),
    Utf7,
    Unknown,
}

impl Named {
    fn find(name: &[u8]) -> Self {
        let name = name.trim_ascii().to_ascii_lowercase();
        // Names that mail has and the web's list of labels has not; and us-ascii, which says nothing
        // about bytes that are not ASCII.
        let label: &[u8] = match name.as_slice() {
            b"us-ascii" | b"ascii" | b"ansi_x3.4-1968" => return Self::Unknown,
            b"utf-7" | b"utf7" | b"unicode-1-1-utf-7" => return Self::Utf7,
            b"cp932" | b"ms932" => b"shift_jis",
            b"cp936" | b"ms936" => b"gbk",
            b"cp949" | b"ms949" => b"euc-kr",
            b"cp950" => b"big5",
            b"iso-2022-jp-1" | b"iso-2022-jp-2" | b"iso-2022-jp-3" | b"iso-2022-jp-ms" | b"cp50220" => b"iso-2022-jp",
            b"iso-8859-9e" => b"iso-8859-9",
            other => other,
        };
        match Encoding::for_label(label) {
            Some(encoding) if encoding != encoding_rs::REPLACEMENT => Self::Encoding(encoding),
            _ => Self::Unknown,
        }
    }
}
