//! What a FETCH asks, sorted by what answering it costs.

use imap_wire::command::Numbers;
use imap_wire::fetch::{FetchItem, SectionText};

use crate::sync::Dialect;

/// The items of a FETCH in the order of the answer.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) items: Vec<FetchItem>,
    /// The view alone answers everything: flags, UIDs, MODSEQs.
    pub(crate) view_only: bool,
    /// Octets of the message itself are asked for.
    pub(crate) content: bool,
    pub(crate) dialect: Dialect,
}

impl Plan {
    /// A client that knows MODSEQ is told of it with every FLAGS (RFC 7162 §3.2).
    pub(crate) fn new(mut items: Vec<FetchItem>, numbers: Numbers, dialect: Dialect) -> Self {
        // UID commands answer with the UID whether it is asked for or not (RFC 3501 §6.4.8); UIDFETCH begins with it.
        if numbers == Numbers::Uid && !dialect.uid_only && !items.contains(&FetchItem::Uid) {
            items.insert(0, FetchItem::Uid);
        }
        if dialect.condstore && items.contains(&FetchItem::Flags) && !items.contains(&FetchItem::ModSeq) {
            items.push(FetchItem::ModSeq);
        }
        let mut once: Vec<FetchItem> = Vec::with_capacity(items.len());
        for item in items {
            if !once.contains(&item) {
                once.push(item);
            }
        }
        let view_only = once.iter().all(|item| matches!(item, FetchItem::Flags | FetchItem::Uid | FetchItem::ModSeq));
        let content = once.iter().any(needs_content);
        Self { items: once, view_only, content, dialect }
    }
}

fn needs_content(item: &FetchItem) -> bool {
    use FetchItem as F;
    match item {
        F::Rfc822 | F::Rfc822Header | F::Rfc822Text | F::Section { .. } | F::Binary { .. } | F::BinarySize(_) => true,
        F::Preview | F::XSender => true,
        F::Envelope | F::Flags | F::InternalDate | F::Rfc822Size | F::Body | F::BodyStructure | F::Uid | F::ModSeq => {
            false
        }
        F::SaveDate | F::EmailId | F::ThreadId => false,
    }
}

/// A section as the reader of messages has it.
pub(crate) fn section_text(text: Option<&SectionText>) -> message::SectionText {
    match text {
        None => message::SectionText::Whole,
        Some(SectionText::Header | SectionText::Fields(_) | SectionText::FieldsNot(_)) => message::SectionText::Header,
        Some(SectionText::Text) => message::SectionText::Text,
        Some(SectionText::Mime) => message::SectionText::Mime,
    }
}
