//! What the parser says when a command cannot be read: a text that a client may see.

/// Which tagged response tells the client about the error (RFC 3501 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The command is not IMAP: `BAD`.
    Bad,
    /// The command is IMAP, but names something that cannot exist: `NO [CANNOT]`.
    Cannot,
    /// The command is IMAP, but a limit of this server stands in its way: `NO [LIMIT]`.
    Limit,
    /// The search charset is unknown: `NO [BADCHARSET]`.
    BadCharset,
    /// A compound mechanism or extension is unknown: `NO`.
    No,
}

/// An error in a command. The text is short, safe to show and says what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct WireError {
    /// The response that carries the text.
    pub refusal: Refusal,
    /// What is wrong, in a few words; printable ASCII.
    pub text: &'static str,
}

impl WireError {
    /// A syntax error: `BAD text`.
    pub const fn bad(text: &'static str) -> Self {
        Self { refusal: Refusal::Bad, text }
    }

    /// A well-formed command that names something impossible: `NO [CANNOT] text`.
    pub const fn cannot(text: &'static str) -> Self {
        Self { refusal: Refusal::Cannot, text }
    }

    /// A well-formed command beyond a limit: `NO [LIMIT] text`.
    pub const fn limit(text: &'static str) -> Self {
        Self { refusal: Refusal::Limit, text }
    }
}

/// What every parser of this crate returns.
pub type Result<T> = std::result::Result<T, WireError>;
