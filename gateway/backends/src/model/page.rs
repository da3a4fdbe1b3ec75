//! Pages of a mailbox and the messages on them.

use std::sync::Arc;

use super::{Envelope, Flags, Part};

/// What never changes about a message; shared with the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The envelope.
    pub envelope: Envelope,
    /// The part tree.
    pub structure: Part,
    /// INTERNALDATE, seconds since 1970.
    pub received: i64,
    /// RFC822.SIZE in bytes.
    pub size: u64,
    /// First words of the text, where the server has PREVIEW (RFC 8970).
    pub preview: Option<String>,
}

impl Summary {
    pub(crate) fn weight(&self) -> usize {
        self.envelope.weight() + self.structure.weight() + self.preview.as_ref().map_or(0, String::len) + 64
    }
}

/// One line of a message list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// UID.
    pub uid: u32,
    /// Flags now.
    pub flags: Flags,
    /// The rest.
    pub summary: Arc<Summary>,
}

/// A page of a mailbox in arrival order, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Name of the mailbox.
    pub mailbox: String,
    /// UIDVALIDITY that the UIDs belong to.
    pub uid_validity: u32,
    /// Messages in the mailbox.
    pub total: u32,
    /// Number of this page, from 1; never past the last page.
    pub number: u32,
    /// Number of pages, at least 1.
    pub pages: u32,
    /// Rows a page.
    pub per_page: u32,
    /// Newest first.
    pub rows: Vec<Row>,
}

/// A message to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Name of the mailbox.
    pub mailbox: String,
    /// UIDVALIDITY that the UID belongs to.
    pub uid_validity: u32,
    /// UID.
    pub uid: u32,
    /// Flags now.
    pub flags: Flags,
    /// Envelope, part tree, size, date.
    pub summary: Arc<Summary>,
    /// UID of the next newer message, if any.
    pub newer: Option<u32>,
    /// UID of the next older message, if any.
    pub older: Option<u32>,
}
