//! Where a section of a message lies: BODY[…] of RFC 3501 §6.4.5.

use crate::digest::{DigestRef, PartKind, PartRef};
use crate::header::headers;
use std::ops::Range;

/// What of a part is wanted, behind its part numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionText {
    /// Nothing said: the whole message, or the body of the part.
    Whole,
    /// `HEADER` (also the source of `HEADER.FIELDS`): the header of the message or encapsulated message.
    Header,
    /// `TEXT`: the body of the message or encapsulated message.
    Text,
    /// `MIME`: the part's own header.
    Mime,
}

/// Whether `HEADER.FIELDS` or `HEADER.FIELDS.NOT` is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldChoice {
    /// Only the named fields.
    Only,
    /// All but the named fields.
    Except,
}

impl<'a> DigestRef<'a> {
    /// The part with these numbers. Part 1 of a message that is no multipart is its body.
    pub fn part(&self, path: &[u32]) -> Option<PartRef<'a>> {
        let mut numbers = path.iter();
        let mut part = step_into_message(self.root(), *numbers.next()?)?;
        for &number in numbers {
            part = match part.kind {
                PartKind::Multipart => child(&part, number)?,
                PartKind::Message => step_into_message(part.children().next()?, number)?,
                PartKind::Basic | PartKind::Text => return None,
            };
        }
        Some(part)
    }

    /// The byte range of a section in the whole message; `None` where the message has no such section.
    pub fn section(&self, path: &[u32], text: SectionText) -> Option<Range<u64>> {
        let message = if path.is_empty() {
            self.root()
        } else {
            let part = self.part(path)?;
            match text {
                SectionText::Whole => return Some(part.body_range()),
                SectionText::Mime => return Some(part.header_range()),
                SectionText::Header | SectionText::Text if part.kind != PartKind::Message => return None,
                SectionText::Header | SectionText::Text => part.children().next()?,
            }
        };
        match text {
            SectionText::Whole => Some(0..self.size()),
            SectionText::Header => Some(message.header_range()),
            SectionText::Text => Some(message.body_range()),
            SectionText::Mime => None,
        }
    }
}

fn child<'a>(part: &PartRef<'a>, number: u32) -> Option<PartRef<'a>> {
    part.children().nth(usize::try_from(number.checked_sub(1)?).ok()?)
}

fn step_into_message<'a>(root: PartRef<'a>, number: u32) -> Option<PartRef<'a>> {
    match root.kind {
        PartKind::Multipart => child(&root, number),
        _ => (number == 1).then_some(root),
    }
}

/// The chosen fields of a header block, each as it stands there, and the blank line behind them. Only a
/// message that has no blank line gets none (RFC 3501 §6.4.5).
pub fn header_fields<N: AsRef<[u8]>>(header: &[u8], names: &[N], choice: FieldChoice) -> Vec<u8> {
    let mut chosen = Vec::new();
    for field in headers(header) {
        let named = names.iter().any(|name| name.as_ref().eq_ignore_ascii_case(field.name));
        if named == (choice == FieldChoice::Only) {
            chosen.extend_from_slice(field.raw);
        }
    }
    if matches!(header, b"\n" | b"\r\n") || header.ends_with(b"\n\n") || header.ends_with(b"\n\r\n") {
        chosen.extend_from_slice(b"\r\n");
    }
    chosen
}
