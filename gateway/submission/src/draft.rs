//! A message being written, as the compose screen has it.

use std::time::SystemTime;

use spool::SpoolFile;

use crate::Mailbox;

/// How urgent the sender finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// More than usual.
    High,
    /// As usual: no header field.
    #[default]
    Normal,
    /// Less than usual.
    Low,
}

/// A file that goes along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The file in the session's spool.
    pub file: SpoolFile,
    /// `Content-ID` (without angle brackets) by which the HTML text shows it; `None` is an attachment.
    pub inline: Option<String>,
}

impl From<SpoolFile> for Attachment {
    fn from(file: SpoolFile) -> Self {
        Self { file, inline: None }
    }
}

/// A draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The author.
    pub from: Mailbox,
    /// Who really sends it, if that is not the author (RFC 5322 §3.6.2).
    pub sender: Option<Mailbox>,
    /// Where answers go, if not to the author.
    pub reply_to: Vec<Mailbox>,
    /// Recipients.
    pub to: Vec<Mailbox>,
    /// Recipients of a copy.
    pub cc: Vec<Mailbox>,
    /// Recipients that the others do not see.
    pub bcc: Vec<Mailbox>,
    /// Subject.
    pub subject: String,
    /// Text, lines divided by LF or CRLF; sent as format=flowed.
    pub text: String,
    /// The same as HTML, already sanitised.
    pub html: Option<String>,
    /// `Message-ID` of the message that is answered, with angle brackets. What is none is left out.
    pub in_reply_to: Option<String>,
    /// `References` of the answer, oldest first. What is none is left out.
    pub references: Vec<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Urgency.
    pub priority: Priority,
    /// Ask for a receipt when it is read (RFC 8098).
    pub receipt: bool,
    /// Keep this `Message-ID` (with angle brackets) from one saving of the draft to the next; `None` makes one.
    pub message_id: Option<String>,
    /// `Date`; `None` is now.
    pub date: Option<SystemTime>,
}

impl Draft {
    /// Who is answerable to the MTA: the envelope's sender.
    pub fn sent_by(&self) -> &Mailbox {
        self.sender.as_ref().unwrap_or(&self.from)
    }

    /// All recipients in order, each address once.
    pub fn recipients(&self) -> Vec<Mailbox> {
        let mut seen = std::collections::HashSet::new();
        let all = self.to.iter().chain(&self.cc).chain(&self.bcc);
        all.filter(|mailbox| seen.insert(mailbox.address.to_lowercase())).cloned().collect()
    }
}
