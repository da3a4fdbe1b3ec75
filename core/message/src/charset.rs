//! Bytes in a named charset to text (RFC 2046 §4.1.2), with guesses where the name is wrong or unknown.

mod code_page;
mod iso2022;
mod utf7;

use code_page::CodePage;
use encoding_rs::{CoderResult, Encoding};
use iso2022::{Dialect, Iso2022Decoder};
use utf7::Utf7Decoder;

/// Names of charsets that are decoded, one for each: what a client may be told (RFC 3501 §7.1 BADCHARSET).
pub const NAMES: &[&str] = &[
    "US-ASCII",
    "UTF-8",
    "UTF-7",
    "UTF-16",
    "UTF-16BE",
    "UTF-16LE",
    "ISO-8859-1",
    "ISO-8859-2",
    "ISO-8859-3",
    "ISO-8859-4",
    "ISO-8859-5",
    "ISO-8859-6",
    "ISO-8859-7",
    "ISO-8859-8",
    "ISO-8859-9",
    "ISO-8859-10",
    "ISO-8859-11",
    "ISO-8859-13",
    "ISO-8859-14",
    "ISO-8859-15",
    "ISO-8859-16",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "KOI8-R",
    "KOI8-U",
    "TIS-620",
    "macintosh",
    "x-mac-cyrillic",
    "GB2312",
    "GBK",
    "GB18030",
    "HZ-GB-2312",
    "Big5",
    "Big5-HKSCS",
    "Shift_JIS",
    "EUC-JP",
    "EUC-KR",
    "KS_C_5601-1987",
    "ISO-2022-JP",
    "ISO-2022-JP-1",
    "ISO-2022-JP-2",
    "ISO-2022-KR",
    "ISO-2022-CN",
    "IBM437",
    "IBM737",
    "IBM775",
    "IBM850",
    "IBM852",
    "IBM855",
    "IBM857",
    "IBM00858",
    "IBM860",
    "IBM861",
    "IBM862",
    "IBM863",
    "IBM864",
    "IBM865",
    "IBM866",
    "IBM869",
];

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
    Iso2022(Iso2022Decoder),
    CodePage(CodePage),
}

impl CharsetDecoder {
    /// A decoder for a charset by its name; `None`, `us-ascii` and unknown names are guessed.
    pub fn new(charset: Option<&[u8]>) -> Self {
        let inner = match charset.map(Named::find) {
            Some(Named::Encoding(encoding)) => Inner::Known(encoding.new_decoder_with_bom_removal()),
            // Its mark says which of the two it is (RFC 2781 §4.3).
            Some(Named::Utf16) => Inner::Known(encoding_rs::UTF_16LE.new_decoder()),
            Some(Named::Utf7) => Inner::Utf7(Utf7Decoder::default()),
            Some(Named::Iso2022(dialect)) => Inner::Iso2022(Iso2022Decoder::new(dialect)),
            Some(Named::CodePage(page)) => Inner::CodePage(page),
            Some(Named::Ascii | Named::Unknown) | None => Inner::Guess { held: Vec::new() },
        };
        Self { inner }
    }

    /// Decodes the next window onto the end of `out`.
    pub fn push(&mut self, window: &[u8], out: &mut String) {
        match &mut self.inner {
            Inner::Known(decoder) => decode_known(decoder, window, out, false),
            Inner::Utf7(decoder) => decoder.push(window, out),
            Inner::Iso2022(decoder) => decoder.push(window, out),
            Inner::CodePage(page) => page.decode(window, out),
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
            Inner::Iso2022(decoder) => decoder.finish(out),
            Inner::CodePage(_) => {}
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

/// A charset that a search may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charset(Option<Box<[u8]>>);

impl Charset {
    /// UTF-8, of which US-ASCII is a part.
    pub const UTF_8: Self = Self(None);

    /// By its name; `None` for one that is not known.
    pub fn find(name: &[u8]) -> Option<Self> {
        match Named::find(name) {
            Named::Ascii => Some(Self::UTF_8),
            Named::Encoding(encoding) if encoding == encoding_rs::UTF_8 => Some(Self::UTF_8),
            Named::Unknown => None,
            _ => Some(Self(Some(name.into()))),
        }
    }

    /// A text in it; `None` if the bytes are none.
    pub fn decode(&self, bytes: &[u8]) -> Option<String> {
        match &self.0 {
            None => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Some(name) => Some(decode(bytes, Some(name))).filter(|text| !text.contains(char::REPLACEMENT_CHARACTER)),
        }
    }
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
    Utf16,
    Utf7,
    Iso2022(Dialect),
    CodePage(CodePage),
    /// Says nothing about bytes that are not ASCII: those are guessed.
    Ascii,
    Unknown,
}

impl Named {
    fn find(name: &[u8]) -> Self {
        let name = name.trim_ascii().to_ascii_lowercase();
        // Names that mail has and the web's list of labels has not.
        let label: &[u8] = match name.as_slice() {
            b"us-ascii" | b"ascii" | b"ansi_x3.4-1968" | b"iso646-us" | b"us" => return Self::Ascii,
            b"utf-7" | b"utf7" | b"unicode-1-1-utf-7" => return Self::Utf7,
            b"utf-16" | b"utf16" => return Self::Utf16,
            b"iso-2022-kr" | b"csiso2022kr" | b"iso-2022-cn" | b"iso-2022-cn-ext" | b"iso-2022-jp-1"
            | b"iso-2022-jp-2" => {
                return Self::Iso2022(Dialect::Escapes);
            }
            b"hz-gb-2312" | b"hz" => return Self::Iso2022(Dialect::Hz),
            b"iso-2022-jp-3" | b"iso-2022-jp-ms" | b"cp50220" | b"cp50221" | b"cp50222" => b"iso-2022-jp",
            b"cp932" | b"ms932" => b"shift_jis",
            b"cp936" | b"ms936" => b"gbk",
            b"cp949" | b"ms949" => b"euc-kr",
            b"cp950" | b"ms950" => b"big5",
            b"iso-8859-9e" => b"iso-8859-9",
            b"macroman" | b"mac-roman" => b"macintosh",
            other => other,
        };
        match Encoding::for_label(label) {
            Some(encoding) if encoding != encoding_rs::REPLACEMENT => Self::Encoding(encoding),
            Some(_) => Self::Unknown,
            None => Self::by_number(label),
        }
    }

    /// `cp850`, `IBM00858`, `cp-1251`, `win-1252`: a page of IBM's or of Windows by its number.
    fn by_number(label: &[u8]) -> Self {
        let text = std::str::from_utf8(label).unwrap_or_default();
        let number = ["windows", "cspc", "ibm", "win", "dos", "cp", "ms", "x-cp"]
            .into_iter()
            .find_map(|family| text.strip_prefix(family)?.trim_start_matches(['-', '_']).parse::<u16>().ok());
        match number {
            Some(number @ (874 | 1250..=1258)) => {
                let encoding = Encoding::for_label(format!("windows-{number}").as_bytes());
                encoding.map_or(Self::Unknown, Self::Encoding)
            }
            Some(866) => Self::Encoding(encoding_rs::IBM866),
            Some(number) => CodePage::find(number).map_or(Self::Unknown, Self::CodePage),
            None => Self::Unknown,
        }
    }
}
