//! Looking for text in a message: decoded headers, and bodies decoded from their transfer encoding and charset.

use std::sync::Arc;

use memchr::memmem::Finder;
use message::casemap::{self, Matcher};
use message::charset::CharsetDecoder;
use message::transfer::{self, TransferEncoding};
use message::{DigestRef, PartKind, PartRef, encoded_word};

use crate::fetch::message::slice;

/// A string to look for, folded once.
#[derive(Debug, Clone)]
pub(crate) struct Needle {
    text: Arc<str>,
    finder: Arc<Finder<'static>>,
}

/// Bodies are decoded in windows of this size.
const WINDOW: usize = 64 * 1024;

impl Needle {
    pub(crate) fn new(text: &str) -> Self {
        let finder = Finder::new(casemap::fold(text).as_bytes()).into_owned();
        Self { text: text.into(), finder: Arc::new(finder) }
    }

    /// Whether `text` holds it, by i;unicode-casemap.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.finder.find(super::program::folded(text).as_bytes()).is_some()
    }

    /// Whether a header value as it stands in a message holds it, decoded.
    pub(crate) fn is_in_value(&self, value: &[u8]) -> bool {
        // Most values are plain: there the octets are the text.
        if is_plain(value) { self.is_in_ascii(value.to_vec()) } else { self.is_in(&encoded_word::decode(value)) }
    }

    /// Whether ASCII text holds it; for ASCII the fold is upper case.
    pub(crate) fn is_in_ascii(&self, mut text: Vec<u8>) -> bool {
        text.make_ascii_uppercase();
        self.finder.find(&text).is_some()
    }

    /// Whether a text that is folded already holds it.
    pub(crate) fn is_in_folded(&self, folded: &str) -> bool {
        self.finder.find(folded.as_bytes()).is_some()
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// A header value as [`Needle::is_in_value`] looks at it.
pub(crate) fn folded_value(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if is_plain(value) => text.to_ascii_uppercase(),
        _ => super::program::folded(&encoded_word::decode(value)),
    }
}

/// Printable ASCII on one line that cannot hold an encoded word.
pub(crate) fn is_plain(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b' '..=b'~')) && memchr::memmem::find(value, b"=?").is_none()
}

/// An ASCII header block with its folded lines joined, when it has no encoded word; the general way is for the others.
fn unfolded_ascii(block: &[u8]) -> Option<Vec<u8>> {
    if !block.is_ascii() || memchr::memmem::find(block, b"=?").is_some() {
        return None;
    }
    let mut text = Vec::with_capacity(block.len());
    let mut rest = block;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let (line, after) = rest.split_at(end + 1);
        let folded = matches!(after.first(), Some(b' ' | b'\t'));
        text.extend_from_slice(if folded { without_break(line) } else { line });
        rest = after;
    }
    text.extend_from_slice(rest);
    Some(text)
}

fn without_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Charsets in which a run of ASCII octets may mean something else.
fn shifts_ascii(charset: &[u8]) -> bool {
    let charset = charset.to_ascii_lowercase();
    let named = |part: &str| memchr::memmem::find(&charset, part.as_bytes()).is_some();
    ["utf-7", "utf7", "utf-16", "utf16", "utf-32", "utf32", "ucs", "2022", "hz"].into_iter().any(named)
}

/// A message's octets with the digest that says what they are.
pub(crate) struct Content<'a> {
    pub(crate) octets: &'a [u8],
    pub(crate) digest: DigestRef<'a>,
}

impl Content<'_> {
    /// HEADER: a field of that name holds the string; an empty string asks for the field alone.
    pub(crate) fn header_holds(&self, name: &[u8], needle: &Needle) -> bool {
        let block = slice(self.octets, &self.digest.root().header_range());
        message::headers(block)
            .filter(|field| field.name.eq_ignore_ascii_case(name))
            .any(|field| needle.is_empty() || needle.is_in_value(field.value))
    }

    /// TEXT: the header or the body.
    pub(crate) fn text_holds(&self, needle: &Needle) -> bool {
        let root = self.digest.root();
        needle.is_empty() || self.block_holds(&root, needle) || self.part_holds(&root, needle)
    }

    /// BODY: every text below the header.
    pub(crate) fn body_holds(&self, needle: &Needle) -> bool {
        needle.is_empty() || self.part_holds(&self.digest.root(), needle)
    }

    /// Whether a part's own header holds it, field by field, names included.
    fn block_holds(&self, part: &PartRef<'_>, needle: &Needle) -> bool {
        let block = slice(self.octets, &part.header_range());
        if let Some(text) = unfolded_ascii(block) {
            return needle.is_in_ascii(text);
        }
        message::headers(block).any(|field| {
            let name = String::from_utf8_lossy(field.name);
            needle.is_in(&format!("{name}: {}", encoded_word::decode(field.value)))
        })
    }

    /// As deep as the digest's depth limit.
    fn part_holds(&self, part: &PartRef<'_>, needle: &Needle) -> bool {
        match part.kind {
            PartKind::Multipart | PartKind::Message => {
                part.children().any(|child| self.block_holds(&child, needle) || self.part_holds(&child, needle))
            }
            PartKind::Text => self.body_text_holds(part, needle),
            // Pictures and programs hold no text that anybody would look for.
            PartKind::Basic => false,
        }
    }

    fn body_text_holds(&self, part: &PartRef<'_>, needle: &Needle) -> bool {
        let octets = slice(self.octets, &part.body_range());
        let encoding = TransferEncoding::from_name(part.encoding);
        let charset = part.param("charset");
        let plain = encoding == TransferEncoding::Identity && !charset.is_some_and(shifts_ascii);
        if plain && octets.len() <= WINDOW && octets.is_ascii() {
            return needle.is_in_ascii(octets.to_vec());
        }
        let mut charset = CharsetDecoder::new(charset);
        let mut transfer = transfer::Decoder::new(encoding);
        let mut matcher = Matcher::new(&needle.text);
        let (mut decoded, mut text) = (Vec::new(), String::new());
        for window in octets.chunks(WINDOW) {
            decoded.clear();
            text.clear();
            transfer.push(window, &mut decoded);
            charset.push(&decoded, &mut text);
            if matcher.push(&text) {
                return true;
            }
        }
        decoded.clear();
        text.clear();
        transfer.finish(&mut decoded);
        charset.push(&decoded, &mut text);
        charset.finish(&mut text);
        matcher.push(&text)
    }
}
