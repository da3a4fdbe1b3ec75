//! Tagged responses, and how failures of the store and of the wire become one (RFC 3501 §7.1, RFC 5530).

use std::borrow::Cow;
use std::io;

use imap_wire::error::{Refusal, WireError};
use imap_wire::print;
use mailstore::{ErrorKind, StoreError};

use crate::language::Language;

/// OK, NO, BAD or PREAUTH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    No,
    Bad,
    /// Only in a greeting (RFC 3501 §7.1.4).
    Preauth,
}

/// What a command ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: Status,
    /// The response code without its brackets.
    pub(crate) code: Option<Cow<'static, str>>,
    pub(crate) text: Cow<'static, str>,
}

/// Why a session ends.
#[derive(Debug)]
pub(crate) enum Hangup {
    /// The client closed the connection.
    Closed,
    /// The connection broke.
    Io(io::Error),
    /// No end: the command has sent its tagged response itself (STARTTLS).
    Answered,
    /// LOGOUT: BYE is said already.
    LoggedOut,
    /// The command is answered, and then the server ends it with `* BYE text`.
    Refused(Reply, &'static str),
    /// The server ends it with `* BYE text`.
    Bye(&'static str),
}

impl From<io::Error> for Hangup {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What a command's handler returns.
pub(crate) type Handled = Result<Reply, Hangup>;

impl Reply {
    pub(crate) fn ok(text: impl Into<Cow<'static, str>>) -> Self {
        Self { status: Status::Ok, code: None, text: text.into() }
    }

    pub(crate) fn no(text: impl Into<Cow<'static, str>>) -> Self {
        Self { status: Status::No, code: None, text: text.into() }
    }

    pub(crate) fn bad(text: impl Into<Cow<'static, str>>) -> Self {
        Self { status: Status::Bad, code: None, text: text.into() }
    }

    /// The same with a response code.
    pub(crate) fn code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Writes the response line. `None` as the tag makes it untagged.
    pub(crate) fn print(&self, out: &mut Vec<u8>, language: Language, tag: Option<&str>) {
        out.extend_from_slice(tag.unwrap_or("*").as_bytes());
        out.extend_from_slice(match self.status {
            Status::Ok => b" OK ",
            Status::No => b" NO ",
            Status::Bad => b" BAD ",
            Status::Preauth => b" PREAUTH ",
        });
        if let Some(code) = &self.code {
            out.push(b'[');
            out.extend_from_slice(code.as_bytes());
            out.extend_from_slice(b"] ");
        }
        print::text(out, &language.say(&self.text));
        out.extend_from_slice(b"\r\n");
    }
}

impl From<&WireError> for Reply {
    fn from(error: &WireError) -> Self {
        match error.refusal {
            Refusal::Bad => Self::bad(error.text),
            Refusal::Cannot => Self::no(error.text).code("CANNOT"),
            Refusal::Limit => Self::no(error.text).code("LIMIT"),
            Refusal::BadCharset => Self::no(error.text).code("BADCHARSET (US-ASCII UTF-8)"),
            Refusal::No => Self::no(error.text),
        }
    }
}

/// What a failed store call means for a client. The error itself goes to the log, once, when it is the server's fault.
pub(crate) fn store_failure(error: &StoreError) -> Reply {
    match error.kind() {
        ErrorKind::NotFound => Reply::no("Mailbox does not exist").code("NONEXISTENT"),
        ErrorKind::Gone => Reply::no("Mailbox was deleted").code("NONEXISTENT"),
        ErrorKind::AlreadyExists => Reply::no("Mailbox already exists").code("ALREADYEXISTS"),
        ErrorKind::NotSelectable => Reply::no("Mailbox holds no messages").code("CANNOT"),
        ErrorKind::HasChildren => Reply::no("Mailbox has mailboxes below it").code("HASCHILDREN"),
        ErrorKind::NoPermission => Reply::no("You have no right to do that").code("NOPERM"),
        ErrorKind::OverQuota => Reply::no("Quota exceeded").code("OVERQUOTA"),
        ErrorKind::Invalid => Reply::no("Not possible with this name").code("CANNOT"),
        ErrorKind::Limit => Reply::no("Too many mailboxes, messages or keywords").code("LIMIT"),
        ErrorKind::TooLarge => Reply::no("Message is too large").code("TOOBIG"),
        ErrorKind::Busy => {
            tracing::warn!(%error, "store is busy");
            Reply::no("Mailbox is busy, try again").code("INUSE")
        }
        ErrorKind::Corrupt => {
            tracing::error!(error = error as &dyn std::error::Error, "store is damaged");
            Reply::no("Mail is damaged, the administrator was told").code("CORRUPTION")
        }
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "store call failed");
            Reply::no("Mail store failed, try again later").code("UNAVAILABLE")
        }
    }
}

/// The same where the mailbox is a destination: the client may create it (RFC 3501 §7.1 TRYCREATE).
pub(crate) fn destination_failure(error: &StoreError) -> Reply {
    match error.kind() {
        ErrorKind::NotFound => Reply::no("Mailbox does not exist").code("TRYCREATE"),
        _ => store_failure(error),
    }
}
