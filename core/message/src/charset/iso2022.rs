//! Charsets that switch between sets by escape sequences: ISO-2022-KR (RFC 1557), ISO-2022-CN (RFC 1922), ISO-2022-JP-1 and -2 (RFC 2237,
//! RFC 1554), HZ (RFC 1843). Plain ISO-2022-JP is in `encoding_rs`, and so are the sets themselves, in another form.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_7, WINDOWS_1252};

/// How sets are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Escape sequences, SO and SI.
    Escapes,
    /// `~{` and `~}`.
    Hz,
}

/// A set of characters of one octet or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Ascii,
    /// JIS X 0201 katakana.
    Katakana,
    /// JIS X 0208.
    Japanese,
    /// JIS X 0212.
    MoreJapanese,
    /// KS X 1001.
    Korean,
    /// GB 2312.
    Chinese,
    /// A set that nobody here knows: two octets each.
    UnknownPair,
}

impl Set {
    fn width(self) -> usize {
        if matches!(self, Self::Ascii | Self::Katakana) { 1 } else { 2 }
    }

    /// Decodes one character of octets below 0x80.
    fn decode(self, octets: &[u8], out: &mut String) {
        let upper = octets.iter().map(|octet| octet | 0x80);
        let (encoding, bytes): (&Encoding, Vec<u8>) = match self {
            Self::Ascii => return out.extend(octets.iter().copied().map(char::from)),
            Self::Katakana => (EUC_JP, [0x8e].into_iter().chain(upper).collect()),
            Self::Japanese => (EUC_JP, upper.collect()),
            Self::MoreJapanese => (EUC_JP, [0x8f].into_iter().chain(upper).collect()),
            Self::Korean => (EUC_KR, upper.collect()),
            Self::Chinese => (GBK, upper.collect()),
            Self::UnknownPair => return out.push(char::REPLACEMENT_CHARACTER),
        };
        out.push_str(&encoding.decode_without_bom_handling(&bytes).0);
    }
}

/// Decodes text that comes in windows.
#[derive(Clone, Debug)]
pub(super) struct Iso2022Decoder {
    dialect: Dialect,
    /// What octets are while nothing is shifted.
    plain: Set,
    /// What they are between SO and SI.
    shifted: Set,
    is_shifted: bool,
    /// The upper half that `ESC N` takes one character from.
    single: Option<&'static Encoding>,
    /// An escape sequence or a character that is not whole.
    held: Vec<u8>,
}

/// The longest sequence: `ESC $ ) A`.
const LONGEST: usize = 4;

impl Iso2022Decoder {
    pub(super) fn new(dialect: Dialect) -> Self {
        let shifted = if dialect == Dialect::Hz { Set::Chinese } else { Set::Korean };
        Self { dialect, plain: Set::Ascii, shifted, is_shifted: false, single: None, held: Vec::new() }
    }

    pub(super) fn push(&mut self, window: &[u8], out: &mut String) {
        for byte in window {
            self.take(*byte, out);
        }
    }

    pub(super) fn finish(&mut self, out: &mut String) {
        self.flush_held(out);
        *self = Self::new(self.dialect);
    }

    /// What began like a character or a sequence and was none.
    fn flush_held(&mut self, out: &mut String) {
        for byte in std::mem::take(&mut self.held) {
            out.push(if matches!(byte, b' '..=b'~') { char::from(byte) } else { char::REPLACEMENT_CHARACTER });
        }
    }

    fn set(&self) -> Set {
        if self.is_shifted { self.shifted } else { self.plain }
    }

    fn take(&mut self, byte: u8, out: &mut String) {
        match self.held.first() {
            Some(0x1b) => return self.escape(byte, out),
            // A tilde is no first octet of a pair: GB 2312 has no row 0x7e.
            Some(b'~') if self.dialect == Dialect::Hz && self.held.len() == 1 => return self.tilde(byte, out),
            _ => {}
        }
        match byte {
            // A line begins in ASCII in all of them, whatever the one before has left.
            b'\r' | b'\n' => {
                self.flush_held(out);
                self.plain = Set::Ascii;
                self.is_shifted = false;
                out.push(char::from(byte));
            }
            0x1b if self.dialect == Dialect::Escapes => {
                self.flush_held(out);
                self.held.push(byte);
            }
            0x0e | 0x0f if self.dialect == Dialect::Escapes => {
                self.flush_held(out);
                self.is_shifted = byte == 0x0e;
            }
            b'~' if self.dialect == Dialect::Hz && self.held.is_empty() => self.held.push(byte),
            0x21..=0x7e if self.set().width() == 2 => {
                self.held.push(byte);
                if self.held.len() == 2 {
                    let pair = std::mem::take(&mut self.held);
                    self.set().decode(&pair, out);
                }
            }
            0x21..=0x7e => self.set().decode(&[byte], out),
            _ => {
                self.flush_held(out);
                out.push(if byte.is_ascii() { char::from(byte) } else { char::REPLACEMENT_CHARACTER });
            }
        }
    }

    fn tilde(&mut self, byte: u8, out: &mut String) {
        self.held.clear();
        match byte {
            b'{' => self.is_shifted = true,
            b'}' => self.is_shifted = false,
            b'~' => out.push('~'),
            // A line that goes on (RFC 1843 §2).
            b'\n' => {}
            _ => {
                out.push('~');
                self.take(byte, out);
            }
        }
    }

    fn escape(&mut self, byte: u8, out: &mut String) {
        self.held.push(byte);
        match self.held.get(1..).unwrap_or_default() {
            b"(B" | b"(J" => self.designate(Set::Ascii),
            b"(I" => self.designate(Set::Katakana),
            b"$@" | b"$B" => self.designate(Set::Japanese),
            b"$A" => self.designate(Set::Chinese),
            b"$(C" => self.designate(Set::Korean),
            b"$(D" => self.designate(Set::MoreJapanese),
            b"$)A" => self.designate_shifted(Set::Chinese),
            b"$)C" => self.designate_shifted(Set::Korean),
            b"$)G" | b"$)E" | b"$*H" => self.designate_shifted(Set::UnknownPair),
            b".A" => self.designate_single(WINDOWS_1252),
            b".F" => self.designate_single(ISO_8859_7),
            [b'N', letter] => {
                let upper = [letter | 0x80];
                match self.single {
                    Some(encoding) => out.push_str(&encoding.decode_without_bom_handling(&upper).0),
                    None => out.push(char::REPLACEMENT_CHARACTER),
                }
                self.held.clear();
            }
            b"$" | b"(" | b"." | b"N" | b"$(" | b"$)" | b"$*" => {}
            rest if rest.len() < LONGEST && rest.iter().all(|byte| matches!(byte, 0x20..=0x2f)) => {}
            _ => self.flush_held(out),
        }
    }

    fn designate(&mut self, set: Set) {
        self.plain = set;
        self.held.clear();
    }

    fn designate_shifted(&mut self, set: Set) {
        self.shifted = set;
        self.held.clear();
    }

    fn designate_single(&mut self, encoding: &'static Encoding) {
        self.single = Some(encoding);
        self.held.clear();
    }
}
