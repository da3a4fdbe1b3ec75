//! What can go wrong between the gateway and a back-end server: a kind that may be shown, and details for the log.

use std::{io, sync::Arc};

/// Why a sign-in to a back end was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The proxy credentials are wrong, or may not act for this user.
    Credentials,
    /// The server cannot check them now (RFC 5530 UNAVAILABLE).
    Temporary,
    /// The server offers no way of signing in that works with proxy credentials.
    NoMechanism,
}

/// An operation on a back end that did not work. [`Error::user_text`] is what a user may see;
/// `Display` names hosts and replies and is for the log alone.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Options without which nobody can be signed in at this back end.
    #[error("proxy credentials for back end {host} are missing: set {}", options.join(" and "))]
    MissingCredentials {
        /// The back end.
        host: String,
        /// Names of the missing options, in both forms.
        options: Vec<String>,
    },
    /// The server cannot be reached, or the connection broke.
    #[error("back end {host}: {what}{}", caused_by(.source))]
    Unavailable {
        /// The back end.
        host: String,
        /// What was being done.
        what: &'static str,
        /// The cause, if the system named one.
        #[source]
        source: Option<Arc<io::Error>>,
    },
    /// TLS to the server is switched off or its certificate is not trusted: a mistake in the settings, or an attack.
    #[error("back end {host}: {what}{}", caused_by(.source))]
    Untrusted {
        /// The back end.
        host: String,
        /// What is wrong.
        what: &'static str,
        /// The TLS library's words.
        #[source]
        source: Option<Arc<io::Error>>,
    },
    /// The server refuses the proxy sign-in.
    #[error("back end {host} refuses the sign-in of {admin} for {user}: {text}")]
    Denied {
        /// The back end.
        host: String,
        /// The user whose mail was wanted.
        user: String,
        /// The proxy administrator.
        admin: String,
        /// The kind of refusal.
        denial: Denial,
        /// The server's words.
        text: String,
    },
    /// No such mailbox, or it cannot be opened.
    #[error("no such mailbox: {0}")]
    NoSuchMailbox(String),
    /// A mailbox of that name is there already.
    #[error("mailbox exists: {0}")]
    AlreadyExists(String),
    /// The message is not there any more.
    #[error("message {uid} is gone")]
    NoSuchMessage {
        /// The UID asked for.
        uid: u32,
    },
    /// The message has no such part.
    #[error("no part {0}")]
    NoSuchPart(String),
    /// UIDVALIDITY is another one than when the page was made: its UIDs mean nothing now.
    #[error("UIDVALIDITY of {mailbox} changed from {expected} to {found}")]
    Gone {
        /// The mailbox.
        mailbox: String,
        /// What the caller knew.
        expected: u32,
        /// What the server says.
        found: u32,
    },
    /// The mailbox's owner has no room left.
    #[error("over quota: {0}")]
    OverQuota(String),
    /// The server takes no message of that size.
    #[error("too large for the server: {0}")]
    TooLarge(String),
    /// The user may not do that there.
    #[error("no permission: {0}")]
    NoPermission(String),
    /// Text that cannot be said in IMAP (NUL, CR, LF) or is not what it should be.
    #[error("invalid {0}")]
    Invalid(&'static str),
    /// The server says NO for another reason.
    #[error("the server says no: {0}")]
    No(String),
    /// The server answers what the protocol does not allow.
    #[error("back end {host} breaks the protocol: {what}")]
    Protocol {
        /// The back end.
        host: String,
        /// What was wrong.
        what: String,
    },
    /// The data to append could not be read.
    #[error("reading the message to store: {0}")]
    Source(#[source] Arc<io::Error>),
}

fn caused_by(source: &Option<Arc<io::Error>>) -> String {
    source.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default()
}

/// What the user is told when the server cannot be used at all: the log has the reason (Guide §5.7.1).
const UNAVAILABLE: &str = "Mail server unavailable. Administrator, check server log for details.";

impl Error {
    /// A sentence for the user: no host names, no options, no server internals.
    pub fn user_text(&self) -> &'static str {
        match self {
            Self::MissingCredentials { .. } | Self::Untrusted { .. } | Self::Denied { .. } | Self::Protocol { .. } => {
                UNAVAILABLE
            }
            Self::Unavailable { .. } => "The mail server does not answer. Please try again in a moment.",
            Self::NoSuchMailbox(_) => "There is no such folder.",
            Self::AlreadyExists(_) => "There is a folder of that name already.",
            Self::NoSuchMessage { .. } => "This message is not here any more.",
            Self::NoSuchPart(_) => "This message has no such attachment.",
            Self::Gone { .. } => "This folder has been replaced. Please open it again.",
            Self::OverQuota(_) => "The mailbox is full. Delete some messages first.",
            Self::TooLarge(_) => "The message is too large for the mail server.",
            Self::NoPermission(_) => "You may not do that in this folder.",
            Self::Invalid(_) => "That name or text cannot be used.",
            Self::No(_) => "The mail server refused to do that.",
            Self::Source(_) => "The message could not be read from the spool.",
        }
    }

    /// Whether the service is at fault, so that a page should say 503 and the log should have it.
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::MissingCredentials { .. }
                | Self::Untrusted { .. }
                | Self::Unavailable { .. }
                | Self::Denied { .. }
                | Self::Protocol { .. }
        )
    }
}
