//! Building the message: header and texts in memory, attachments as references to the spool (RFC 5322, RFC 2045–2049, RFC 3676).

mod fold;
mod header;
mod reader;
mod tree;

use spool::SessionSpool;
use tokio::io::AsyncRead;

use crate::{Draft, DraftError};
use reader::Segment;

/// Whether the Bcc field is part of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bcc {
    /// What others get.
    Strip,
    /// What is kept in Drafts and Sent.
    Keep,
}

/// What the message is made with.
#[derive(Clone, Debug)]
pub struct ComposeOptions<'a> {
    /// Right side of the Message-ID: the domain of the sender or this host's name.
    pub id_domain: &'a str,
    /// Where the attachments are.
    pub spool: &'a SessionSpool,
}

/// A message whose bytes can be had any number of times, the same each time.
#[derive(Clone, Debug)]
pub struct Composed {
    message_id: String,
    header: Vec<u8>,
    bcc: Vec<u8>,
    body: Vec<Segment>,
    spool: SessionSpool,
}

/// Makes the message. No attachment is read here.
pub fn compose(draft: &Draft, options: &ComposeOptions<'_>) -> Result<Composed, DraftError> {
    let message_id = header::message_id(draft, options.id_domain);
    let (mut header, bcc) = header::top(draft, &message_id)?;
    let (content_header, body) = tree::body(draft)?;
    header.extend(content_header);
    let (header, bcc) = (fold::folded(&header)?, fold::folded(&bcc)?);
    Ok(Composed { message_id, header, bcc, body, spool: options.spool.clone() })
}

impl Composed {
    /// Its Message-ID with angle brackets.
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// Bytes that [`Self::reader`] gives.
    pub fn size(&self, bcc: Bcc) -> u64 {
        let body: u64 = self.body.iter().map(Segment::size).sum();
        let hidden = if bcc == Bcc::Keep { self.bcc.len() } else { 0 };
        (self.header.len() + hidden) as u64 + body
    }

    /// The bytes, every line ended by CRLF. Attachments are read as they are needed; an attachment that is gone or has
    /// changed is an error of the reader.
    pub fn reader(&self, bcc: Bcc) -> impl AsyncRead + Send + Unpin + 'static {
        let mut first = Vec::new();
        if bcc == Bcc::Keep {
            first.extend_from_slice(&self.bcc);
        }
        first.extend_from_slice(&self.header);
        reader::reader(first, self.body.clone(), self.spool.clone())
    }
}
