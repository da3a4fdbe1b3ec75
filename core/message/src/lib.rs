//! Reading RFC 5322 and MIME: headers, structure, sections, encoded words. No I/O; returns for every byte string.
//!
//! A message is scanned once, at delivery, into a [`Digest`]: what IMAP's ENVELOPE and BODYSTRUCTURE
//! say and where every part lies. Everything later works from the digest and byte ranges. The other
//! modules turn header fields and part bodies into text that a person can read.

pub mod address;
pub mod casemap;
pub mod charset;
pub mod composed;
pub mod content;
pub mod date;
pub mod digest;
pub mod display;
pub mod downgrade;
pub mod encoded_word;
pub mod flowed;
pub mod header;
mod limits;
pub mod message_id;
pub mod preview;
mod scan;
pub mod search;
pub mod section;
mod token;
pub mod trace;
pub mod transfer;

pub use address::{Address, AddressKind};
pub use date::SentDate;
pub use digest::{
    AddressList, Digest, DigestError, DigestRef, DispositionRef, EnvelopeRef, Languages, Params, PartKind, PartRef,
    Parts, Surrogate,
};
pub use header::{Header, Headers, headers};
pub use limits::Limits;
pub use section::{FieldChoice, SectionText};
pub use transfer::TransferEncoding;
