//! Names of services in filters (reference §2.2).

use std::fmt;

/// A service that clients connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// IMAP.
    Imap,
    /// POP3.
    Pop,
    /// Webmail.
    Http,
    /// Local delivery.
    Lmtp,
    /// Message submission.
    Smtp,
}

impl Protocol {
    /// The name in settings and filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Pop => "pop",
            Self::Http => "http",
            Self::Lmtp => "lmtp",
            Self::Smtp => "smtp",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A service as a filter names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServiceName {
    All,
    /// `imap`: on both of its ports.
    Any(Protocol),
    /// `imaps`: under TLS only.
    Encrypted(Protocol),
    /// A service of the old server, or of another program that shares the directory.
    Other(String),
}

/// Services that filters may name although this program does not run them.
const FOREIGN: [&str; 3] = ["smime", "ens", "mmp"];

impl ServiceName {
    pub(crate) fn read(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "all" | "*" => Self::All,
            "imap" | "imap4" => Self::Any(Protocol::Imap),
            "imaps" => Self::Encrypted(Protocol::Imap),
            "pop" | "pop3" => Self::Any(Protocol::Pop),
            "pops" | "pop3s" => Self::Encrypted(Protocol::Pop),
            "http" => Self::Any(Protocol::Http),
            "https" => Self::Encrypted(Protocol::Http),
            "lmtp" => Self::Any(Protocol::Lmtp),
            "smtp" => Self::Any(Protocol::Smtp),
            "smtps" => Self::Encrypted(Protocol::Smtp),
            other => Self::Other(other.to_owned()),
        }
    }

    pub(crate) fn matches(&self, protocol: Protocol, tls: bool) -> bool {
        match self {
            Self::All => true,
            Self::Any(named) => *named == protocol,
            Self::Encrypted(named) => *named == protocol && tls,
            Self::Other(_) => false,
        }
    }

    /// A name that no service has: most likely a slip of the pen.
    pub(crate) fn unknown(&self) -> Option<&str> {
        match self {
            Self::Other(name) if !FOREIGN.contains(&name.as_str()) => Some(name),
            _ => None,
        }
    }
}
