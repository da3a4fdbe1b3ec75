//! What is known of a message without reading it again: ENVELOPE, BODYSTRUCTURE and where parts lie (RFC 3501 §7.4.2).
//!
//! A digest is a compact byte string with a version in front. Reading one allocates nothing: every
//! view borrows from the bytes, and only what is asked for is decoded.

mod encode;
mod envelope;
mod part;
mod reader;

pub use envelope::{AddressList, EnvelopeRef};
pub use part::{DispositionRef, Languages, Params, PartKind, PartRef, Parts};

use crate::{Limits, SentDate, downgrade, scan};
use reader::Reader;

/// The version this code writes. To be raised when [`downgrade`] makes other surrogates, because their size is noted.
pub const VERSION: u8 = 2;
/// The one before, still read: it did not note the size of the surrogate.
const WITHOUT_SURROGATE: u8 = 1;

/// The digest of one message, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    bytes: Vec<u8>,
}

impl Digest {
    /// Scans `message` once, in time linear in its length. Every byte string has a digest.
    pub fn of(message: &[u8], limits: &Limits) -> Self {
        let tree = scan::scan(message, limits);
        let mut edits = Vec::new();
        for part in &tree {
            let encoding = part.content.encoding.as_deref().unwrap_or(b"7bit");
            let is_global = part.kind == PartKind::Message
                && downgrade::is_global(&part.content.media_type, &part.content.subtype, encoding);
            downgrade::edit_header(message, &downgrade::Header { place: part.header.clone(), is_global }, &mut edits);
        }
        Self { bytes: encode::encode(message, &tree, &edits) }
    }

    /// The bytes to store.
    pub fn encode(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// The bytes to store, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A borrowed view. `None` never happens for a digest made by [`Digest::of`].
    pub fn view(&self) -> Option<DigestRef<'_>> {
        DigestRef::decode(&self.bytes).ok()
    }
}

/// Why stored bytes are no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Written by a version that is not known: make a new digest from the message.
    #[error("digest of version {0}, expected {VERSION}")]
    Version(u8),
    /// The bytes end too early or name a place outside of themselves.
    #[error("damaged digest")]
    Damaged,
}

/// What a digest knows of the form that readers get who know ASCII headers only, see [`downgrade`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surrogate {
    /// The message itself will do.
    NotNeeded,
    /// Its octets with CRLF behind each line.
    Octets(u64),
    /// Nothing: the digest is of an earlier version. The message's headers tell.
    Unknown,
}

impl Surrogate {
    fn read(number: u64) -> Self {
        number.checked_sub(1).map_or(Self::NotNeeded, Self::Octets)
    }
}

/// A borrowed view of a digest.
#[derive(Clone, Copy, Debug)]
pub struct DigestRef<'a> {
    size: u64,
    missing_line_ends: u64,
    surrogate: Surrogate,
    sent: Option<SentDate>,
    references: Option<&'a [u8]>,
    envelope: &'a [u8],
    root: &'a [u8],
}

impl<'a> DigestRef<'a> {
    /// Reads the fixed front and finds the envelope and the parts; these are decoded when asked for.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DigestError> {
        match bytes.split_first() {
            Some((&version @ (VERSION | WITHOUT_SURROGATE), rest)) => {
                Self::read(version, rest).ok_or(DigestError::Damaged)
            }
            Some((&other, _)) => Err(DigestError::Version(other)),
            None => Err(DigestError::Damaged),
        }
    }

    fn read(version: u8, bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let size = reader.number()?;
        let missing_line_ends = reader.number()?;
        let surrogate =
            if version == WITHOUT_SURROGATE { Surrogate::Unknown } else { Surrogate::read(reader.number()?) };
        let sent = match reader.byte()? {
            0 => None,
            _ => Some(SentDate { epoch: reader.signed()?, offset_minutes: i16::try_from(reader.signed()?).ok()? }),
        };
        let references = reader.nstring()?;
        let envelope = reader.string()?;
        let root = reader.rest();
        // A digest without a readable root part would be of no use to anyone.
        PartRef::read(&mut Reader::new(root))?;
        Some(Self { size, missing_line_ends, surrogate, sent, references, envelope, root })
    }

    /// Octets of the whole message.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Octets of the whole message with CRLF behind each line, the last one too: what POP announces and sends.
    pub fn crlf_size(&self) -> u64 {
        self.size.saturating_add(self.missing_line_ends)
    }

    /// What is known of the message's ASCII form (RFC 6856 §2.1).
    pub fn surrogate(&self) -> Surrogate {
        self.surrogate
    }

    /// The Date field as a moment, where it can be understood.
    pub fn sent(&self) -> Option<SentDate> {
        self.sent
    }

    /// The References field, unfolded: what threading needs beside the envelope (RFC 5256).
    pub fn references(&self) -> Option<&'a [u8]> {
        self.references
    }

    /// The envelope of the message.
    pub fn envelope(&self) -> EnvelopeRef<'a> {
        EnvelopeRef::read(self.envelope)
    }

    /// The part that is the message itself; its children are the parts 1, 2, …
    pub fn root(&self) -> PartRef<'a> {
        PartRef::read(&mut Reader::new(self.root)).unwrap_or_default()
    }
}
