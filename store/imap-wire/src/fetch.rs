//! FETCH arguments: items, sections, partials, macros (RFC 3501 §6.4.5 and §9 `fetch-att`).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::partial::PartialRange;
use crate::print;
use crate::sequence::SequenceSet;

/// Which text of a part a section names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionText {
    /// HEADER
    Header,
    /// HEADER.FIELDS, the names in upper case.
    Fields(Vec<Vec<u8>>),
    /// HEADER.FIELDS.NOT, the names in upper case.
    FieldsNot(Vec<Vec<u8>>),
    /// TEXT
    Text,
    /// MIME
    Mime,
}

/// section: `[]`, `[HEADER]`, `[1.2.MIME]` …
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// The part path; empty for the message itself.
    pub part: Vec<u32>,
    /// The text of that part; `None` for all of it.
    pub text: Option<SectionText>,
}

/// Whether reading sets `\Seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// BODY[…] and BINARY[…] set the flag.
    Set,
    /// BODY.PEEK[…] and BINARY.PEEK[…] do not.
    Peek,
}

/// `<origin.count>`, or `<origin>` for all from there on, which the grammar does not have and other servers take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partial {
    /// First octet, from 0.
    pub origin: u64,
    /// Most octets, at least 1; `u64::MAX` for all.
    pub count: u64,
}

/// One thing to tell about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchItem {
    /// ENVELOPE
    Envelope,
    /// FLAGS
    Flags,
    /// INTERNALDATE
    InternalDate,
    /// RFC822
    Rfc822,
    /// RFC822.HEADER
    Rfc822Header,
    /// RFC822.SIZE
    Rfc822Size,
    /// RFC822.TEXT
    Rfc822Text,
    /// BODY
    Body,
    /// BODYSTRUCTURE
    BodyStructure,
    /// UID
    Uid,
    /// BODY[…] and BODY.PEEK[…]
    Section {
        /// Which section.
        section: Section,
        /// Whether `\Seen` is set.
        seen: Seen,
        /// A range of it.
        partial: Option<Partial>,
    },
    /// MODSEQ (RFC 7162)
    ModSeq,
    /// BINARY[…] and BINARY.PEEK[…] (RFC 3516)
    Binary {
        /// The part, or a text of it. RFC 3516 knows parts alone; other servers take what BODY takes.
        section: Section,
        /// Whether `\Seen` is set.
        seen: Seen,
        /// A range of the decoded octets.
        partial: Option<Partial>,
    },
    /// SAVEDATE (RFC 8514)
    SaveDate,
    /// EMAILID (RFC 8474)
    EmailId,
    /// THREADID (RFC 8474)
    ThreadId,
    /// XSENDER (reference §8): who had signed in to send the message.
    XSender,
    /// BINARY.SIZE[…] (RFC 3516)
    BinarySize(Section),
    /// PREVIEW (RFC 8970), with LAZY or without: a preview costs a look at the text's beginning, which is no undue delay.
    Preview,
}

impl FetchItem {
    /// True when answering sets `\Seen`.
    pub fn sets_seen(&self) -> bool {
        match self {
            Self::Rfc822 | Self::Rfc822Text => true,
            Self::Section { seen, .. } | Self::Binary { seen, .. } => *seen == Seen::Set,
            _ => false,
        }
    }
}

/// The arguments of FETCH and UID FETCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchArgs {
    /// Which messages.
    pub set: SequenceSet,
    /// What to tell, in the order asked.
    pub items: Vec<FetchItem>,
    /// CHANGEDSINCE (RFC 7162 §3.1.4).
    pub changed_since: Option<u64>,
    /// VANISHED: tell which messages of the set are gone too (RFC 7162 §3.2.6).
    pub vanished: bool,
    /// PARTIAL: only these of the set's messages (RFC 9394 §3.3).
    pub partial: Option<PartialRange>,
}

/// Most items of one FETCH.
const MAX_ITEMS: usize = 1000;
/// Deepest part path.
const MAX_PATH: usize = 200;

impl FetchArgs {
    /// Reads what follows the command's name and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let set = SequenceSet::parse(cursor)?;
        cursor.space()?;
        let items = match cursor.peek() {
            Some(b'(') => cursor.list(parse_item)?,
            _ => match parse_macro(cursor) {
                Some(items) => items,
                None => vec![parse_item(cursor)?],
            },
        };
        if items.len() > MAX_ITEMS {
            return Err(WireError::limit("Too many FETCH items"));
        }
        let mut args = Self { set, items, changed_since: None, vanished: false, partial: None };
        if cursor.eat(b' ') {
            cursor.list(|cursor| args.parse_modifier(cursor))?;
        }
        if args.vanished && args.changed_since.is_none() {
            return Err(WireError::bad("VANISHED needs CHANGEDSINCE"));
        }
        Ok(args)
    }

    fn parse_modifier(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        match cursor.keyword()?.as_str() {
            "CHANGEDSINCE" => {
                cursor.space()?;
                self.changed_since = Some(cursor.number64()?);
            }
            "VANISHED" => self.vanished = true,
            "PARTIAL" => {
                cursor.space()?;
                self.partial = Some(PartialRange::parse(cursor)?);
            }
            _ => return Err(WireError::bad("Unknown FETCH modifier")),
        }
        Ok(())
    }
}

fn parse_macro(cursor: &mut Cursor<'_>) -> Option<Vec<FetchItem>> {
    let fast = || vec![FetchItem::Flags, FetchItem::InternalDate, FetchItem::Rfc822Size];
    let mut items = fast();
    if cursor.eat_word("ALL") {
        items.push(FetchItem::Envelope);
    } else if cursor.eat_word("FULL") {
        items.extend([FetchItem::Envelope, FetchItem::Body]);
    } else if !cursor.eat_word("FAST") {
        return None;
    }
    Some(items)
}

pub(crate) fn parse_item(cursor: &mut Cursor<'_>) -> Result<FetchItem> {
    let name = cursor.run(|byte| byte.is_ascii_alphanumeric() || byte == b'.').to_ascii_uppercase();
    let section = cursor.peek() == Some(b'[');
    Ok(match (name.as_slice(), section) {
        (b"ENVELOPE", false) => FetchItem::Envelope,
        (b"FLAGS", false) => FetchItem::Flags,
        (b"INTERNALDATE", false) => FetchItem::InternalDate,
        (b"RFC822", false) => FetchItem::Rfc822,
        (b"RFC822.HEADER", false) => FetchItem::Rfc822Header,
        (b"RFC822.SIZE", false) => FetchItem::Rfc822Size,
        (b"RFC822.TEXT", false) => FetchItem::Rfc822Text,
        (b"BODYSTRUCTURE", false) => FetchItem::BodyStructure,
        (b"UID", false) => FetchItem::Uid,
        (b"SAVEDATE", false) => FetchItem::SaveDate,
        (b"EMAILID", false) => FetchItem::EmailId,
        (b"THREADID", false) => FetchItem::ThreadId,
        (b"XSENDER", false) => FetchItem::XSender,
        (b"MODSEQ", false) => FetchItem::ModSeq,
        (b"PREVIEW", false) => preview(cursor),
        (b"BODY", false) => FetchItem::Body,
        (b"BODY", true) => body_section(cursor, Seen::Set)?,
        (b"BODY.PEEK", true) => body_section(cursor, Seen::Peek)?,
        (b"BINARY", true) => binary(cursor, Seen::Set)?,
        (b"BINARY.PEEK", true) => binary(cursor, Seen::Peek)?,
        (b"BINARY.SIZE", true) => FetchItem::BinarySize(bracketed_section(cursor)?),
        _ => return Err(WireError::bad("Unknown FETCH item")),
    })
}

fn body_section(cursor: &mut Cursor<'_>, seen: Seen) -> Result<FetchItem> {
    let section = bracketed_section(cursor)?;
    let partial = parse_partial(cursor)?;
    Ok(FetchItem::Section { section, seen, partial })
}

fn binary(cursor: &mut Cursor<'_>, seen: Seen) -> Result<FetchItem> {
    let section = bracketed_section(cursor)?;
    let partial = parse_partial(cursor)?;
    Ok(FetchItem::Binary { section, seen, partial })
}

/// `PREVIEW [(LAZY …)]`. Another list behind it is not the item's own: FETCH modifiers look the same.
fn preview(cursor: &mut Cursor<'_>) -> FetchItem {
    let mut ahead = cursor.clone();
    if ahead.eat(b' ') && ahead.list(|cursor| cursor.eat_word("LAZY").then_some(()).ok_or(LAZY_ONLY)).is_ok() {
        *cursor = ahead;
    }
    FetchItem::Preview
}

const LAZY_ONLY: WireError = WireError::bad("Unknown PREVIEW modifier");

/// Writes `1.2`.
fn print_part(out: &mut Vec<u8>, part: &[u32]) {
    for (at, number) in part.iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        print::number(out, u64::from(*number));
    }
}

fn bracketed_section(cursor: &mut Cursor<'_>) -> Result<Section> {
    cursor.need(b'[', "Expected a section")?;
    let section = Section::parse(cursor)?;
    cursor.need(b']', "Invalid section")?;
    Ok(section)
}

fn parse_partial(cursor: &mut Cursor<'_>) -> Result<Option<Partial>> {
    if !cursor.eat(b'<') {
        return Ok(None);
    }
    // 64 bits since RFC 9051 §9.
    let origin = cursor.number64()?;
    if cursor.eat(b'>') {
        return Ok(Some(Partial { origin, count: u64::MAX }));
    }
    cursor.need(b'.', "Invalid partial range")?;
    let count = cursor.number64()?;
    if count == 0 {
        return Err(WireError::bad("Number must not be zero"));
    }
    cursor.need(b'>', "Invalid partial range")?;
    Ok(Some(Partial { origin, count }))
}

impl Section {
    /// section-spec, which may be empty, up to the `]`.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let mut section = Self::default();
        while cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            if section.part.len() == MAX_PATH {
                return Err(WireError::limit("Section is too deep"));
            }
            section.part.push(cursor.nz_number()?);
            if !cursor.eat(b'.') {
                return Ok(section);
            }
        }
        if section.part.is_empty() && cursor.peek() == Some(b']') {
            return Ok(section);
        }
        let name = cursor.run(|byte| byte.is_ascii_alphabetic() || byte == b'.').to_ascii_uppercase();
        section.text = Some(match name.as_slice() {
            b"HEADER" => SectionText::Header,
            b"HEADER.FIELDS" => SectionText::Fields(parse_header_list(cursor)?),
            b"HEADER.FIELDS.NOT" => SectionText::FieldsNot(parse_header_list(cursor)?),
            b"TEXT" => SectionText::Text,
            b"MIME" if !section.part.is_empty() => SectionText::Mime,
            _ => return Err(WireError::bad("Invalid section")),
        });
        Ok(section)
    }

    /// Writes the section as it stands between the brackets of a response.
    pub fn print(&self, out: &mut Vec<u8>) {
        print_part(out, &self.part);
        let Some(text) = &self.text else { return };
        if !self.part.is_empty() {
            out.push(b'.');
        }
        match text {
            SectionText::Header => out.extend_from_slice(b"HEADER"),
            SectionText::Text => out.extend_from_slice(b"TEXT"),
            SectionText::Mime => out.extend_from_slice(b"MIME"),
            SectionText::Fields(names) => print_fields(out, b"HEADER.FIELDS (", names),
            SectionText::FieldsNot(names) => print_fields(out, b"HEADER.FIELDS.NOT (", names),
        }
    }
}

fn parse_header_list(cursor: &mut Cursor<'_>) -> Result<Vec<Vec<u8>>> {
    cursor.space()?;
    cursor.list(|cursor| Ok(cursor.astring()?.to_ascii_uppercase()))
}

fn print_fields(out: &mut Vec<u8>, opening: &[u8], names: &[Vec<u8>]) {
    out.extend_from_slice(opening);
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        print::astring(out, name);
    }
    out.push(b')');
}
