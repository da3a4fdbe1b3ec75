//! The bounds that come before any work on a message.

/// How much of a message is looked at. What lies beyond a limit stays in the message, byte for byte,
/// but adds nothing to its digest: no limit makes a message unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one header block whose fields are read; later fields of that block are passed over.
    pub header_bytes: usize,
    /// Parts in one message; the rest of the message belongs to the part that was open then.
    pub parts: usize,
    /// Nesting of multiparts and encapsulated messages; deeper ones are not opened.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header_bytes: 10 << 20, parts: 10_000, depth: 100 }
    }
}
