//! Responses: `+OK` and `-ERR` with the codes of RFC 2449 §8, RFC 3206 and RFC 6856 §5, and how failures of the store become one.

use std::borrow::Cow;
use std::fmt;

use mailstore::{ErrorKind, StoreError};

/// The first line of a response. `Display` is the whole line with its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    good: bool,
    /// Without its brackets.
    code: Option<&'static str>,
    text: Cow<'static, str>,
}

impl Reply {
    pub(crate) fn ok(text: impl Into<Cow<'static, str>>) -> Self {
        Self { good: true, code: None, text: text.into() }
    }

    pub(crate) const fn err(text: &'static str) -> Self {
        Self { good: false, code: None, text: Cow::Borrowed(text) }
    }

    /// The same with a response code.
    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Its response code.
    pub(crate) fn take_code(self) -> Option<&'static str> {
        self.code
    }

    pub(crate) fn is_good(&self) -> bool {
        self.good
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.good { "+OK" } else { "-ERR" })?;
        if let Some(code) = self.code {
            write!(out, " [{code}]")?;
        }
        write!(out, " {}\r\n", self.text)
    }
}

/// There is no such message, or it is marked as deleted.
pub(crate) const NO_SUCH_MESSAGE: Reply = Reply::err("No such message");

/// What a failed store call means for a client. The error itself goes to the log, once, when it is the server's fault.
pub(crate) fn store_failure(error: &StoreError) -> Reply {
    match error.kind() {
        ErrorKind::NotFound => Reply::err("Message was removed by another session"),
        ErrorKind::Gone => Reply::err("Mailbox was deleted").code("SYS/PERM"),
        ErrorKind::Busy => {
            tracing::warn!(%error, "store is busy");
            Reply::err("Mailbox is busy, try again later").code("SYS/TEMP")
        }
        ErrorKind::Corrupt => {
            tracing::error!(error = error as &dyn std::error::Error, "store is damaged");
            Reply::err("Mail is damaged, the administrator was told").code("SYS/PERM")
        }
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "store call failed");
            Reply::err("Mail store failed, try again later").code("SYS/TEMP")
        }
    }
}
