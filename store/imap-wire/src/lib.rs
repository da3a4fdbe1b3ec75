//! The IMAP grammar: parse commands and print responses. No I/O; never panics.
//!
//! The same word names the grammar here and the behaviour in `imapd`: `fetch.rs` and `fetch.rs`.
//! [`frame::Splitter`] cuts the byte stream into commands, [`command::Request::parse`] reads one, and
//! [`print`] writes responses into a `Vec<u8>`. Everything returns for every byte string.

pub mod acl;
pub mod annotatemore;
pub mod append;
mod beginning;
pub mod command;
pub mod cursor;
pub mod date;
pub mod error;
pub mod esearch;
pub mod fetch;
pub mod flag;
pub mod frame;
pub mod list;
pub mod mailbox;
pub mod metadata;
pub mod notify;
pub mod partial;
pub mod print;
pub mod qresync;
pub mod search;
pub mod sequence;
pub mod sort;
pub mod status;
pub mod store;
pub mod uidbatches;
pub mod url;
pub mod urlauth;

pub use command::{Command, Request};
pub use cursor::Names;
pub use error::{Refusal, WireError};
pub use partial::PartialRange;
pub use sequence::SequenceSet;
