//! One part of a message as stored: what BODYSTRUCTURE says and where its bytes are (RFC 3501 §7.4.2).

use super::envelope::EnvelopeRef;
use super::reader::Reader;
use std::ops::Range;

/// Which of IMAP's four body shapes a part has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartKind {
    /// Neither of the others: media type, octets.
    Basic,
    /// text/…: has a line count.
    #[default]
    Text,
    /// multipart/…: has children.
    Multipart,
    /// message/rfc822 or message/global: has an envelope, one child (the message in it) and a line count.
    Message,
}

pub(super) const HAS_ID: u8 = 1;
pub(super) const HAS_DESCRIPTION: u8 = 2;
pub(super) const HAS_ENCODING: u8 = 4;
pub(super) const HAS_MD5: u8 = 8;
pub(super) const HAS_DISPOSITION: u8 = 16;
pub(super) const HAS_LANGUAGE: u8 = 32;
pub(super) const HAS_LOCATION: u8 = 64;

/// A borrowed part. Offsets count from the first byte of the whole message.
#[derive(Clone, Copy, Debug)]
pub struct PartRef<'a> {
    /// The shape.
    pub kind: PartKind,
    /// Media type as written, or the default.
    pub media_type: &'a [u8],
    /// Media subtype as written, or the default.
    pub subtype: &'a [u8],
    /// Content-Type parameters; a text part always has a charset (RFC 2045 §5.2).
    pub params: Params<'a>,
    /// Content-ID.
    pub id: Option<&'a [u8]>,
    /// Content-Description, unfolded.
    pub description: Option<&'a [u8]>,
    /// Content-Transfer-Encoding, `7bit` where absent.
    pub encoding: &'a [u8],
    /// Content-MD5.
    pub md5: Option<&'a [u8]>,
    /// Content-Disposition with its parameters.
    pub disposition: Option<DispositionRef<'a>>,
    /// Content-Language tags; empty is NIL.
    pub languages: Languages<'a>,
    /// Content-Location.
    pub location: Option<&'a [u8]>,
    /// Where the part's own header begins.
    pub header_start: u64,
    /// Where its body begins: behind the blank line.
    pub body_start: u64,
    /// Behind its last byte; the line break before a boundary belongs to the boundary.
    pub end: u64,
    /// Line feeds in the body.
    pub lines: u64,
    envelope: &'a [u8],
    children: &'a [u8],
}

impl Default for PartRef<'_> {
    fn default() -> Self {
        Self {
            kind: PartKind::Text,
            media_type: b"text",
            subtype: b"plain",
            params: Params::default(),
            id: None,
            description: None,
            encoding: b"7bit",
            md5: None,
            disposition: None,
            languages: Languages::default(),
            location: None,
            header_start: 0,
            body_start: 0,
            end: 0,
            lines: 0,
            envelope: &[],
            children: &[],
        }
    }
}

impl<'a> PartRef<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let mut r = Reader::new(reader.string()?);
        let kind = match r.byte()? {
            0 => PartKind::Basic,
            1 => PartKind::Text,
            2 => PartKind::Multipart,
            3 => PartKind::Message,
            _ => return None,
        };
        let header_start = r.number()?;
        let body_start = header_start.checked_add(r.number()?)?;
        let end = body_start.checked_add(r.number()?)?;
        let lines = r.number()?;
        let media_type = r.string()?;
        let subtype = r.string()?;
        let params = Params { reader: Reader::new(r.string()?) };
        let present = r.byte()?;
        let mut field = |bit| if present & bit != 0 { r.string().map(Some) } else { Some(None) };
        let id = field(HAS_ID)?;
        let description = field(HAS_DESCRIPTION)?;
        let encoding = field(HAS_ENCODING)?.unwrap_or(b"7bit");
        let md5 = field(HAS_MD5)?;
        let disposition = match field(HAS_DISPOSITION)? {
            None => None,
            Some(kind) => Some(DispositionRef {
                kind,
                params: Params { reader: Reader::new(field(HAS_DISPOSITION)?.unwrap_or_default()) },
            }),
        };
        let languages = Languages { reader: Reader::new(field(HAS_LANGUAGE)?.unwrap_or_default()) };
        let location = field(HAS_LOCATION)?;
        let envelope = if kind == PartKind::Message { r.string()? } else { &[] };
        Some(Self {
            kind,
            media_type,
            subtype,
            params,
            id,
            description,
            encoding,
            md5,
            disposition,
            languages,
            location,
            header_start,
            body_start,
            end,
            lines,
            envelope,
            children: r.rest(),
        })
    }

    /// Octets of the body, still in its transfer encoding.
    pub fn octets(&self) -> u64 {
        self.end - self.body_start
    }

    /// The part's own header with its blank line.
    pub fn header_range(&self) -> Range<u64> {
        self.header_start..self.body_start
    }

    /// The body.
    pub fn body_range(&self) -> Range<u64> {
        self.body_start..self.end
    }

    /// The parts below: of a multipart its parts, of an encapsulated message the one message in it.
    pub fn children(&self) -> Parts<'a> {
        Parts { reader: Reader::new(self.children) }
    }

    /// The envelope of an encapsulated message.
    pub fn envelope(&self) -> Option<EnvelopeRef<'a>> {
        (self.kind == PartKind::Message).then(|| EnvelopeRef::read(self.envelope))
    }

    /// Compares type and subtype, case aside.
    pub fn is(&self, media_type: &str, subtype: &str) -> bool {
        self.media_type.eq_ignore_ascii_case(media_type.as_bytes())
            && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }

    /// The value of a Content-Type parameter, case aside.
    pub fn param(&self, name: &str) -> Option<&'a [u8]> {
        self.params.get(name)
    }
}

/// Parts side by side.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = PartRef<'a>;

    fn next(&mut self) -> Option<PartRef<'a>> {
        PartRef::read(&mut self.reader)
    }
}

/// Name and value pairs; continued RFC 2231 values are joined, their `charset'lang'%XX` form kept under `name*`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Params<'a> {
    reader: Reader<'a>,
}

impl<'a> Params<'a> {
    /// No parameter at all: NIL in a BODYSTRUCTURE.
    pub fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }

    /// The first value of that name, case aside.
    pub fn get(mut self, name: &str) -> Option<&'a [u8]> {
        self.find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.reader.string()?, self.reader.string()?))
    }
}

/// Content-Disposition (RFC 2183).
#[derive(Clone, Copy, Debug)]
pub struct DispositionRef<'a> {
    /// `inline`, `attachment` or what else was written.
    pub kind: &'a [u8],
    /// Parameters such as filename.
    pub params: Params<'a>,
}

/// Content-Language tags.
#[derive(Clone, Copy, Debug, Default)]
pub struct Languages<'a> {
    reader: Reader<'a>,
}

impl Languages<'_> {
    /// No tag: NIL in a BODYSTRUCTURE.
    pub fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }
}

impl<'a> Iterator for Languages<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.reader.string()
    }
}
