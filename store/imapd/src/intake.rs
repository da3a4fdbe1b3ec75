//! A message on its way into the store, put together of literals and of parts of other messages; used on the blocking pool only.

use std::io::{self, Write};

use imap_wire::url::MessageUrl;
use mailstore::{Account, Content, Incoming, MailboxName, StoreError};

use message::DigestRef;

use crate::fetch::message::slice;
use crate::part::Part;
use crate::reply::{Reply, store_failure};
use crate::unbinary::{Unbinary, unbinary};

/// See the module.
pub(crate) struct Intake {
    account: Account,
    incoming: Option<Incoming>,
    /// Octets that are expected, at least.
    expected: u64,
    /// A NUL came, which only a literal8 may hold.
    nul: bool,
}

impl Intake {
    pub(crate) fn new(account: Account, expected: u64) -> Self {
        Self { account, incoming: None, expected, nul: false }
    }

    fn incoming(&mut self) -> Result<&mut Incoming, StoreError> {
        if self.incoming.is_none() {
            self.incoming = Some(self.account.incoming(Some(self.expected))?);
        }
        // Set just above.
        self.incoming.as_mut().ok_or_else(|| StoreError::Invalid("no message is being taken in".into()))
    }

    /// Takes the next octets.
    pub(crate) fn write(&mut self, octets: &[u8]) -> Result<(), Reply> {
        self.nul |= memchr::memchr(0, octets).is_some();
        let incoming = self.incoming().map_err(|error| store_failure(&error))?;
        incoming.write_all(octets).map_err(|error| not_taken(&error))
    }

    /// Takes what an URL names (RFC 4469 §3).
    pub(crate) fn write_part(
        &mut self,
        url: &MessageUrl,
        account: &Account,
        name: &MailboxName,
    ) -> Result<bool, Reply> {
        match Part::find(account, url, name) {
            Ok(Some(part)) => self.write(part.octets()).map(|()| true),
            Ok(None) => Ok(false),
            Err(error) => Err(store_failure(&error)),
        }
    }

    /// Octets so far.
    pub(crate) fn len(&self) -> u64 {
        self.incoming.as_ref().map_or(0, Incoming::len)
    }

    /// The message is complete.
    pub(crate) fn finish(mut self, headers: Headers) -> Result<Content, Reply> {
        self.incoming().map_err(|error| store_failure(&error))?;
        let Some(incoming) = self.incoming else {
            return Err(Reply::no("Mail store failed, try again later").code("UNAVAILABLE"));
        };
        let content = incoming.finish().map_err(|error| store_failure(&error))?;
        if headers == Headers::Ascii && has_utf8_headers(&content).map_err(|error| store_failure(&error))? {
            return Err(Reply::no("Headers in UTF-8 are for clients that have enabled UTF8=ACCEPT").code("CANNOT"));
        }
        if !self.nul {
            return Ok(content);
        }
        // RFC 3516 §4.4: stored in an encoding that every client can read.
        let body = content.body().map_err(|error| store_failure(&error))?;
        let mut encoded =
            self.account.incoming(Some(body.len() as u64 / 3 * 4)).map_err(|error| store_failure(&error))?;
        match unbinary(&body, content.digest(), &mut encoded).map_err(|error| not_taken(&error))? {
            Unbinary::Done => encoded.finish().map_err(|error| store_failure(&error)),
            Unbinary::Impossible => {
                Err(Reply::no("A NUL stands outside of any part that could be encoded").code("UNKNOWN-CTE"))
            }
        }
    }
}

/// What header fields may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headers {
    Ascii,
    /// The client has enabled UTF8=ACCEPT or IMAP4rev2.
    Utf8,
}

/// RFC 6855 §4: internationalized headers are for clients that know them. Octets above 127 that are not UTF-8 are an old mailer's
/// mistake, which people move from server to server; those are let be.
fn has_utf8_headers(content: &Content) -> Result<bool, StoreError> {
    let body = content.body()?;
    let Ok(digest) = DigestRef::decode(content.digest()) else { return Ok(false) };
    let header = slice(&body, &digest.root().header_range());
    Ok(!header.is_ascii() && std::str::from_utf8(header).is_ok())
}

fn not_taken(error: &io::Error) -> Reply {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Reply::no("Message is too large").code("TOOBIG"),
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "taking a message in failed");
            Reply::no("Mail store failed, try again later").code("UNAVAILABLE")
        }
    }
}
