//! One message's FETCH response (RFC 3501 §7.4.2).

use std::ops::Range;

use imap_wire::date::{DateTime, print_date_time};
use imap_wire::fetch::{FetchItem, Partial, Section, SectionText};
use imap_wire::print::{self, Detail};
use mailstore::InternalDate;
use mailstore::ObjectId;
use message::{DigestRef, FieldChoice};

use super::binary::{Decoding, Part8, UnknownCte};
use super::plan::section_text;

/// What a message is made of, as far as it is asked for.
pub(crate) struct Source<'a> {
    pub(crate) size: u64,
    pub(crate) internal_date: InternalDate,
    pub(crate) save_date: i64,
    pub(crate) email_id: ObjectId,
    pub(crate) thread_id: Option<ObjectId>,
    pub(crate) digest: DigestRef<'a>,
    /// The content; empty when the plan does not ask for it.
    pub(crate) body: &'a [u8],
}

/// What is left to do for an item.
#[derive(Debug)]
pub(crate) enum Rendered {
    Whole,
    /// The head of a literal is written; these octets of the content follow.
    Octets(Range<u64>),
    /// The head of a literal is written; what this decodes follows.
    Decoded(Box<Decoding>),
    /// The part is in a transfer encoding that nobody knows; nothing that was written counts (RFC 3516 §4.3).
    UnknownCte,
}

impl Source<'_> {
    /// Writes one item that is answered from the message.
    pub(crate) fn item(&self, out: &mut Vec<u8>, item: &FetchItem) -> Rendered {
        match item {
            FetchItem::Envelope => {
                out.extend_from_slice(b"ENVELOPE ");
                print::envelope(out, &self.digest.envelope());
            }
            FetchItem::InternalDate => {
                out.extend_from_slice(b"INTERNALDATE ");
                let InternalDate { seconds, zone } = self.internal_date;
                print_date_time(out, DateTime { seconds, zone });
            }
            FetchItem::SaveDate => {
                out.extend_from_slice(b"SAVEDATE ");
                print_date_time(out, DateTime { seconds: self.save_date, zone: 0 });
            }
            FetchItem::EmailId => out.extend_from_slice(format!("EMAILID ({})", self.email_id).as_bytes()),
            FetchItem::ThreadId => match self.thread_id {
                Some(id) => out.extend_from_slice(format!("THREADID ({id})").as_bytes()),
                // A message whose row is damaged.
                None => out.extend_from_slice(b"THREADID NIL"),
            },
            FetchItem::Rfc822Size => {
                out.extend_from_slice(b"RFC822.SIZE ");
                print::number(out, self.size);
            }
            FetchItem::Body => {
                out.extend_from_slice(b"BODY ");
                print::body_structure(out, &self.digest.root(), Detail::Basic);
            }
            FetchItem::BodyStructure => {
                out.extend_from_slice(b"BODYSTRUCTURE ");
                print::body_structure(out, &self.digest.root(), Detail::Extended);
            }
            FetchItem::Rfc822 => return self.octets(out, b"RFC822 ", Some(0..self.size)),
            FetchItem::Rfc822Header => {
                let range = self.digest.section(&[], message::SectionText::Header);
                return self.octets(out, b"RFC822.HEADER ", range);
            }
            FetchItem::Rfc822Text => {
                let range = self.digest.section(&[], message::SectionText::Text);
                return self.octets(out, b"RFC822.TEXT ", range);
            }
            FetchItem::Section { section, partial, .. } => return self.section(out, b"BODY[", section, *partial),
            FetchItem::Binary { section, partial, .. } => return self.binary(out, section, *partial),
            FetchItem::BinarySize(section) => return self.binary_size(out, section),
            FetchItem::XSender => {
                out.extend_from_slice(b"XSENDER ");
                let header = slice(self.body, &self.digest.root().header_range());
                print::nstring(out, message::trace::authenticated_sender(header).as_deref());
            }
            FetchItem::Preview => {
                out.extend_from_slice(b"PREVIEW ");
                print::string(out, message::preview::preview(self.body, &self.digest).as_bytes());
            }
            // These are the view's.
            FetchItem::Flags | FetchItem::Uid | FetchItem::ModSeq => {}
        }
        Rendered::Whole
    }

    fn octets(&self, out: &mut Vec<u8>, name: &[u8], range: Option<Range<u64>>) -> Rendered {
        out.extend_from_slice(name);
        let Some(range) = range else {
            out.extend_from_slice(b"NIL");
            return Rendered::Whole;
        };
        print::literal_head(out, range.end - range.start);
        Rendered::Octets(range)
    }

    /// RFC 3516 §4.3: a literal8 only where there is a NUL.
    fn binary(&self, out: &mut Vec<u8>, section: &Section, partial: Option<Partial>) -> Rendered {
        let Some(part) = self.encoded_part(section) else { return self.section(out, b"BINARY[", section, partial) };
        let found = match Part8::find(&self.digest, &part) {
            Ok(found) => found,
            Err(UnknownCte) => return Rendered::UnknownCte,
        };
        out.extend_from_slice(b"BINARY[");
        section.print(out);
        out.push(b']');
        if let Some(partial) = partial {
            out.push(b'<');
            print::number(out, partial.origin);
            out.push(b'>');
        }
        out.push(b' ');
        let Some(found) = found else {
            out.extend_from_slice(b"NIL");
            return Rendered::Whole;
        };
        let decoding = found.measure(self.body, partial);
        if decoding.has_nul() {
            out.push(b'~');
        }
        print::literal_head(out, decoding.octets());
        Rendered::Decoded(Box::new(decoding))
    }

    fn binary_size(&self, out: &mut Vec<u8>, section: &Section) -> Rendered {
        let octets = match self.encoded_part(section).map(|part| Part8::find(&self.digest, &part)) {
            Some(Err(UnknownCte)) => return Rendered::UnknownCte,
            Some(Ok(found)) => found.map_or(0, |part| part.measure(self.body, None).octets()),
            None => match self.fields(section) {
                Some(fields) => fields.len() as u64,
                None => self.range(section).map_or(0, |range| range.end - range.start),
            },
        };
        out.extend_from_slice(b"BINARY.SIZE[");
        section.print(out);
        out.extend_from_slice(b"] ");
        print::number(out, octets);
        Rendered::Whole
    }

    /// The part whose encoding a section is in. Header fields have none, nor has what consists of parts.
    fn encoded_part(&self, section: &Section) -> Option<Vec<u32>> {
        match &section.text {
            None => Some(section.part.clone()),
            Some(SectionText::Text) => {
                // The text of a message without parts is its part 1 (RFC 3501 §6.4.5).
                let only: Vec<u32> = section.part.iter().copied().chain([1]).collect();
                let range = self.range(section)?;
                self.digest.part(&only).filter(|part| part.body_range() == range).map(|_| only)
            }
            Some(_) => None,
        }
    }

    fn range(&self, section: &Section) -> Option<Range<u64>> {
        self.digest.section(&section.part, section_text(section.text.as_ref()))
    }

    /// Header fields, where a section picks some.
    fn fields(&self, section: &Section) -> Option<Vec<u8>> {
        let (names, choice) = match &section.text {
            Some(SectionText::Fields(names)) => (names, FieldChoice::Only),
            Some(SectionText::FieldsNot(names)) => (names, FieldChoice::Except),
            _ => return None,
        };
        let range = self.range(section)?;
        Some(message::section::header_fields(slice(self.body, &range), names, choice))
    }

    fn section(&self, out: &mut Vec<u8>, name: &[u8], section: &Section, partial: Option<Partial>) -> Rendered {
        out.extend_from_slice(name);
        section.print(out);
        out.push(b']');
        if let Some(partial) = partial {
            out.push(b'<');
            print::number(out, partial.origin);
            out.push(b'>');
        }
        out.push(b' ');
        let Some(range) = self.range(section) else {
            out.extend_from_slice(b"NIL");
            return Rendered::Whole;
        };
        let Some(fields) = self.fields(section) else {
            let range = within(range, partial);
            print::literal_head(out, range.end - range.start);
            return Rendered::Octets(range);
        };
        let part = within(0..fields.len() as u64, partial);
        print::literal_head(out, part.end - part.start);
        let start = out.len();
        out.extend_from_slice(slice(&fields, &part));
        print::mask_nul(&mut out[start..]);
        Rendered::Whole
    }
}

/// The octets of `range` that a partial fetch asks for; none when it begins behind the end (RFC 3501 §6.4.5).
fn within(range: Range<u64>, partial: Option<Partial>) -> Range<u64> {
    let Some(partial) = partial else { return range };
    let start = range.start.saturating_add(partial.origin).min(range.end);
    start..start.saturating_add(partial.count).min(range.end)
}

/// `range` of `octets`; less where they end before, which only a damaged message does.
pub(crate) fn slice<'a>(octets: &'a [u8], range: &Range<u64>) -> &'a [u8] {
    let clamp = |at: u64| usize::try_from(at).map_or(octets.len(), |at| at.min(octets.len()));
    let (start, end) = (clamp(range.start), clamp(range.end));
    octets.get(start..end).unwrap_or_default()
}
