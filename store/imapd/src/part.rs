//! The octets that an URL names (RFC 5092): found in the store, handed out as a range of a content.

use std::ops::Range;

use imap_wire::fetch::SectionText;
use imap_wire::url::MessageUrl;
use mailstore::{Account, Body, ErrorKind, MailboxName, StoreError};
use message::{Digest, DigestRef, FieldChoice, Limits};

use crate::fetch::message::slice;
use crate::fetch::plan::section_text;

/// Octets of a message.
pub(crate) struct Part {
    body: Body,
    /// Header fields, where the URL picks some; otherwise they are in the body.
    fields: Option<Vec<u8>>,
    range: Range<u64>,
    digest: Vec<u8>,
}

impl Part {
    /// Finds what an URL names in a mailbox. `None` when there is no such thing, or it may not be read.
    pub(crate) fn find(account: &Account, url: &MessageUrl, name: &MailboxName) -> Result<Option<Self>, StoreError> {
        match Self::read(account, url, name) {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::Gone | ErrorKind::NotSelectable | ErrorKind::NoPermission
                ) =>
            {
                Ok(None)
            }
            found => found,
        }
    }

    fn read(account: &Account, url: &MessageUrl, name: &MailboxName) -> Result<Option<Self>, StoreError> {
        let mailbox = account.open(name)?;
        if url.uid_validity.is_some_and(|wanted| wanted != mailbox.uid_validity()) {
            return Ok(None);
        }
        let body = mailbox.body(url.uid)?;
        let digest = match mailbox.rows(&[url.uid])?.pop() {
            Some(row) if DigestRef::decode(&row.digest).is_ok() => row.digest.to_vec(),
            _ => Digest::of(&body, &Limits::default()).into_bytes(),
        };
        let Ok(view) = DigestRef::decode(&digest) else { return Ok(None) };
        let Some(range) = view.section(&url.section.part, section_text(url.section.text.as_ref())) else {
            return Ok(None);
        };
        let fields = match &url.section.text {
            Some(SectionText::Fields(names)) => Some((names, FieldChoice::Only)),
            Some(SectionText::FieldsNot(names)) => Some((names, FieldChoice::Except)),
            _ => None,
        };
        let fields = fields.map(|(names, choice)| message::section::header_fields(slice(&body, &range), names, choice));
        let whole = fields.as_ref().map_or(range, |fields| 0..fields.len() as u64);
        let range = match url.partial {
            Some((origin, count)) => {
                let start = whole.start.saturating_add(origin).min(whole.end);
                start..count.map_or(whole.end, |count| start.saturating_add(count).min(whole.end))
            }
            None => whole,
        };
        Ok(Some(Self { body, fields, range, digest }))
    }

    /// The octets.
    pub(crate) fn octets(&self) -> &[u8] {
        slice(self.fields.as_deref().unwrap_or(&self.body), &self.range)
    }

    /// The whole message.
    pub(crate) fn message(&self) -> &[u8] {
        &self.body
    }

    /// Its digest.
    pub(crate) fn digest(&self) -> Option<DigestRef<'_>> {
        DigestRef::decode(&self.digest).ok()
    }
}
