//! A field written anew: ASCII words, encoded words, lines of 76 octets at most where blanks allow it (RFC 2047 §2, §5; RFC 5322 §2.2.3).

use crate::transfer::Base64Encoder;

/// Longest line with an encoded word (RFC 2047 §2).
const LINE: usize = 76;
/// `=?UTF-8?Q?` and `?=`.
const FRAME: usize = 12;
/// The longest character as an encoded word has it.
const CHARACTER: usize = 12;
/// A longer name may stand alone on its line.
const LONG_NAME: usize = 40;
/// Less room than this on a line is left empty.
const WORTHWHILE: usize = 30;

/// See the module.
pub(super) struct Folded {
    out: Vec<u8>,
    column: usize,
    /// Octets of the name and its colon: there is no break behind a name of a usual length, which many a reader takes for the field's end.
    name: usize,
    /// Octets that are kept free on each line.
    reserved: usize,
}

impl Folded {
    /// Begins a field of this name.
    pub(super) fn new(name: &[u8]) -> Self {
        let mut out = name.to_vec();
        out.push(b':');
        let column = out.len();
        Self { out, column, name: column, reserved: 0 }
    }

    /// Whether no line with an encoded word is too long, which a field with few blanks may force.
    pub(super) fn fits(&self) -> bool {
        self.out.split(|byte| *byte == b'\n').all(|line| {
            line.strip_suffix(b"\r").unwrap_or(line).len() <= LINE
                || !line.windows(FRAME - 2).any(|part| part == b"=?UTF-8?Q?" || part == b"=?UTF-8?B?")
        })
    }

    /// The field with its line break.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(b"\r\n");
        self.out
    }

    /// From now on leaves so many octets of each line free, for what will follow without a blank before it.
    pub(super) fn reserve(&mut self, octets: usize) {
        self.reserved = octets;
    }

    /// Adds text that is not to be broken, behind `gap`, which is blanks or nothing.
    pub(super) fn put(&mut self, gap: &str, text: &[u8]) {
        if self.column + gap.len() + text.len() > LINE - self.reserved {
            self.fold(gap);
        }
        self.raw(gap.as_bytes());
        self.raw(text);
    }

    /// Adds `text` as encoded words behind `gap`.
    pub(super) fn encode(&mut self, gap: &str, text: &str) {
        let mut gap = gap;
        let mut rest = text;
        while !rest.is_empty() {
            // No more is asked for than a worthwhile beginning: a long text must not be measured anew for each of its words.
            let need = match rest.len() {
                ..WORTHWHILE => quoted_size(rest).min(base64_size(rest)),
                _ => WORTHWHILE,
            };
            if LINE.saturating_sub(self.column + gap.len() + FRAME + self.reserved) < need.min(WORTHWHILE) {
                self.fold(gap);
            }
            self.raw(gap.as_bytes());
            let room = LINE.saturating_sub(self.column + FRAME + self.reserved).max(need.min(CHARACTER));
            let (word, taken) = word(rest, room);
            self.raw(&word);
            rest = &rest[taken..];
            gap = " ";
        }
    }

    /// A line break, where blanks follow and something that is no blank comes before.
    fn fold(&mut self, gap: &str) {
        let has_words = self.out.len() > self.name || self.name > LONG_NAME;
        if !gap.is_empty() && has_words && self.column > 1 {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
    }

    fn raw(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.column += text.len();
    }
}

/// One encoded word of as much of `text` as fits into `room` octets, and how many octets of `text` that is: one character at least, and no part of one
/// (RFC 2047 §5).
fn word(text: &str, room: usize) -> (Vec<u8>, usize) {
    let fits = |size: &dyn Fn(&str) -> usize| {
        let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
        // Both sizes rise with the text; no encoded word holds more octets than it has room for.
        let ends: Vec<usize> = ends.take_while(|end| *end <= room.max(4)).collect();
        let count = ends.partition_point(|&end| size(&text[..end]) <= room);
        count.checked_sub(1).map_or(0, |last| ends[last])
    };
    let one = text.chars().next().map_or(0, char::len_utf8);
    let (quoted, based) = (fits(&quoted_size), fits(&base64_size).max(one));
    // Of two that hold as much the one that a person can read, unless there is little in it to be read.
    let readable = quoted_size(&text[..quoted]) <= 2 * base64_size(&text[..quoted]);
    if quoted > based || (quoted == based && readable) {
        let mut word = b"=?UTF-8?Q?".to_vec();
        quoted_text(&text[..quoted], &mut word);
        word.extend_from_slice(b"?=");
        (word, quoted)
    } else {
        let mut word = b"=?UTF-8?B?".to_vec();
        let mut encoder = Base64Encoder::new();
        encoder.push(&text.as_bytes()[..based], &mut word);
        encoder.finish(&mut word);
        // The encoder ends its line, which is shorter than the lines of a body.
        word.truncate(word.trim_ascii_end().len());
        word.extend_from_slice(b"?=");
        (word, based)
    }
}

fn base64_size(text: &str) -> usize {
    text.len().div_ceil(3) * 4
}

/// What an encoded word in a phrase may hold as it is (RFC 2047 §5 (3)).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!*+-/".contains(&byte)
}

fn quoted_size(text: &str) -> usize {
    text.bytes().map(|byte| if is_plain(byte) || byte == b' ' { 1 } else { 3 }).sum()
}

fn quoted_text(text: &str, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b' ' => out.push(b'_'),
            plain if is_plain(plain) => out.push(plain),
            other => out.extend_from_slice(&[b'=', DIGITS[usize::from(other >> 4)], DIGITS[usize::from(other & 15)]]),
        }
    }
}
