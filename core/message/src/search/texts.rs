//! The texts of a message, decoded and folded, one after the other.

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

use super::needle::Needle;
use crate::address::{MISSING_DOMAIN, MISSING_MAILBOX, SYNTAX_ERROR};
use crate::charset::CharsetDecoder;
use crate::transfer::{self, TransferEncoding};
use crate::{AddressList, DigestRef, PartKind, PartRef, casemap, display, encoded_word, flowed, headers};

/// Bodies are decoded in windows of this size.
const WINDOW: usize = 64 * 1024;
/// Flowed text up to this many octets is looked at as its reader sees it, too.
const MOST_FLOWED: usize = 1 << 20;

/// A text or a window of one, folded; UTF-8.
#[derive(Debug, Clone, Copy)]
pub enum Piece<'a> {
    /// A whole text.
    Whole(&'a [u8]),
    /// The first window of a text.
    First(&'a [u8]),
    /// What comes behind the window before.
    Next(&'a [u8]),
}

/// Is shown one piece after the other until it breaks.
pub type Visit<'v> = dyn FnMut(Piece<'_>) -> ControlFlow<()> + 'v;

/// A message's octets with the digest that says what they are.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// The whole message.
    pub octets: &'a [u8],
    /// Its digest.
    pub digest: DigestRef<'a>,
}

/// What is looked at below a message's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// The texts of the parts.
    Bodies,
    /// Their headers too.
    Headers,
}

impl Texts<'_> {
    /// HEADER: a field of that name holds the string; an empty string asks for the field alone.
    pub fn header_holds(&self, name: &[u8], needle: &Needle) -> bool {
        headers(self.root_header())
            .filter(|field| field.name.eq_ignore_ascii_case(name))
            .any(|field| needle.is_empty() || needle.is_in_folded(&folded_value(field.value)))
    }

    /// TEXT: the header or the body.
    pub fn text_holds(&self, needle: &Needle) -> bool {
        let root = self.digest.root();
        needle.is_empty()
            || needle.is_among(|visit| self.block(&root, visit))
            || needle.is_among(|visit| self.below(&root, Depth::Headers, visit))
    }

    /// BODY: every text below the header, the headers of parts aside (RFC 9051 §6.4.4).
    pub fn body_holds(&self, needle: &Needle) -> bool {
        needle.is_empty() || needle.is_among(|visit| self.below(&self.digest.root(), Depth::Bodies, visit))
    }

    /// Every text that a search of the header or the envelope looks in, as a whole or inside a longer one; some twice.
    pub fn each_of_header(&self, visit: &mut Visit<'_>) -> ControlFlow<()> {
        self.block(&self.digest.root(), visit)?;
        // A value that is plain stands in the field, or the block, as it does here.
        for field in headers(self.root_header()).filter(|field| !is_plain(field.value)) {
            visit(Piece::Whole(&folded_value(field.value)))?;
        }
        let envelope = self.digest.envelope();
        for value in [envelope.subject, envelope.message_id, envelope.in_reply_to].into_iter().flatten() {
            visit(Piece::Whole(&folded_value(value)))?;
        }
        for list in [envelope.from, envelope.to, envelope.cc, envelope.bcc] {
            visit(Piece::Whole(&folded_addresses(list)))?;
        }
        ControlFlow::Continue(())
    }

    /// Every text below the header.
    pub fn each_of_body(&self, visit: &mut Visit<'_>) -> ControlFlow<()> {
        self.below(&self.digest.root(), Depth::Headers, visit)
    }

    fn root_header(&self) -> &[u8] {
        self.slice(&self.digest.root().header_range())
    }

    /// A part of the octets, shorter where a digest and its content do not fit.
    fn slice(&self, range: &Range<u64>) -> &[u8] {
        let at = |octet: u64| usize::try_from(octet).unwrap_or(usize::MAX).min(self.octets.len());
        self.octets.get(at(range.start)..at(range.end)).unwrap_or_default()
    }

    /// A part's own header, field by field, names included; one text where it is plain.
    fn block(&self, part: &PartRef<'_>, visit: &mut Visit<'_>) -> ControlFlow<()> {
        let block = self.slice(&part.header_range());
        if let Some(mut text) = unfolded_ascii(block) {
            text.make_ascii_uppercase();
            return visit(Piece::Whole(&text));
        }
        for field in headers(block) {
            let name = String::from_utf8_lossy(field.name);
            let text = casemap::fold(&format!("{name}: {}", encoded_word::decode(field.value)));
            visit(Piece::Whole(text.as_bytes()))?;
        }
        ControlFlow::Continue(())
    }

    /// As deep as the digest's depth limit.
    fn below(&self, part: &PartRef<'_>, depth: Depth, visit: &mut Visit<'_>) -> ControlFlow<()> {
        match part.kind {
            PartKind::Multipart | PartKind::Message => {
                for child in part.children() {
                    if depth == Depth::Headers {
                        self.block(&child, visit)?;
                    }
                    self.below(&child, depth, visit)?;
                }
                ControlFlow::Continue(())
            }
            PartKind::Text => self.body_text(part, visit),
            // Pictures and programs hold no text that anybody would look for.
            PartKind::Basic => ControlFlow::Continue(()),
        }
    }

    fn body_text(&self, part: &PartRef<'_>, visit: &mut Visit<'_>) -> ControlFlow<()> {
        let octets = self.slice(&part.body_range());
        let encoding = TransferEncoding::from_name(part.encoding);
        let charset = part.param("charset");
        let flows = part.param("format").is_some_and(|format| format.eq_ignore_ascii_case(b"flowed"));
        if flows && octets.len() <= MOST_FLOWED {
            let text = crate::charset::decode(&transfer::decode(encoding, octets), charset);
            let delsp = part.param("delsp").is_some_and(|delsp| delsp.eq_ignore_ascii_case(b"yes"));
            // RFC 3676 §4.2: the break of a flowed line is no part of the text that its writer meant.
            for line in flowed::decode(&text, delsp) {
                visit(Piece::Whole(casemap::fold(&line.text).as_bytes()))?;
            }
        }
        let plain = encoding == TransferEncoding::Identity && !charset.is_some_and(shifts_ascii);
        if plain && octets.len() <= WINDOW && octets.is_ascii() {
            return visit(Piece::Whole(&octets.to_ascii_uppercase()));
        }
        let mut charset = CharsetDecoder::new(charset);
        let mut transfer = transfer::Decoder::new(encoding);
        let (mut decoded, mut text, mut folded) = (Vec::new(), String::new(), String::new());
        let mut first = true;
        let mut show = |text: &str| {
            folded.clear();
            casemap::fold_into(text, &mut folded);
            let window = folded.as_bytes();
            visit(if std::mem::take(&mut first) { Piece::First(window) } else { Piece::Next(window) })
        };
        for window in octets.chunks(WINDOW) {
            decoded.clear();
            text.clear();
            transfer.push(window, &mut decoded);
            charset.push(&decoded, &mut text);
            show(&text)?;
        }
        decoded.clear();
        text.clear();
        transfer.finish(&mut decoded);
        charset.push(&decoded, &mut text);
        charset.finish(&mut text);
        show(&text)
    }
}

/// A header value as it is compared: on one line, decoded, folded.
pub fn folded_value(value: &[u8]) -> Vec<u8> {
    // Most values are plain: there the octets are the text, and upper case is the fold.
    if is_plain(value) { value.to_ascii_uppercase() } else { casemap::fold(&encoded_word::decode(value)).into_bytes() }
}

/// Addresses as they are compared: as a person would write them, `Name <local@domain>, …`, group names included.
pub fn folded_addresses(list: AddressList<'_>) -> Vec<u8> {
    if list.is_empty() {
        return Vec::new();
    }
    if let Some(mut plain) = plain_addresses(list) {
        plain.make_ascii_uppercase();
        return plain;
    }
    let mut text = String::new();
    for address in list {
        if !text.is_empty() {
            text.push_str(", ");
        }
        match display::address(&address) {
            Some(shown) if shown.name.is_empty() => text.push_str(&shown.address),
            Some(shown) => {
                text.push_str(&shown.name);
                text.push_str(" <");
                text.push_str(&shown.address);
                text.push('>');
            }
            None => {
                text.push_str(&address.mailbox.map(encoded_word::decode).unwrap_or_default());
                text.push(':');
            }
        }
    }
    casemap::fold(&text).into_bytes()
}

/// The same text where every part of it is plain, which saves decoding.
fn plain_addresses(list: AddressList<'_>) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for address in list {
        let (local, host) = (address.mailbox?, address.host?);
        let name = address.name.unwrap_or_default();
        let atom = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(byte);
        // What the reader puts where a part is missing is no text of the message.
        if local == MISSING_MAILBOX || host == MISSING_DOMAIN || host == SYNTAX_ERROR {
            return None;
        }
        if !local.iter().all(atom) || local.is_empty() || !is_plain(local) || !is_plain(host) || !is_plain(name) {
            return None;
        }
        if !text.is_empty() {
            text.extend_from_slice(b", ");
        }
        let (open, shut): (&[u8], &[u8]) = if name.is_empty() { (b"", b"") } else { (b" <", b">") };
        for part in [name, open, local, b"@", host, shut] {
            text.extend_from_slice(part);
        }
    }
    Some(text)
}

/// Printable ASCII on one line that cannot hold an encoded word.
pub fn is_plain(value: &[u8]) -> bool {
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
    let charset: Cow<'_, [u8]> = charset.to_ascii_lowercase().into();
    let named = |part: &str| memchr::memmem::find(&charset, part.as_bytes()).is_some();
    ["utf-7", "utf7", "utf-16", "utf16", "utf-32", "utf32", "ucs", "2022", "hz"].into_iter().any(named)
}
