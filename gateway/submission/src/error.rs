//! Why a draft is no message yet, and why a message was not sent.

use std::{io, sync::Arc};

/// A draft that cannot become a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// Something in an address field is no address.
    #[error("not an address: {0:?}")]
    BadAddress(String),
    /// A header field would hold CR, LF or NUL.
    #[error("line ends in {0}")]
    LineEnd(&'static str),
    /// A header field holds a word that no line can hold.
    #[error("a word is too long for a header line: {0:?}")]
    TooLong(String),
    /// An attachment is not in the spool any more.
    #[error("attachment {0:?} is not in the spool")]
    NoSuchFile(String),
}

impl DraftError {
    /// A sentence for the user.
    pub fn user_text(&self) -> String {
        match self {
            Self::BadAddress(text) => format!("“{text}” is not a mail address."),
            Self::TooLong(start) => format!("A name or address is too long to be sent: “{start}…”."),
            Self::LineEnd(field) => format!("The {field} may not hold line ends."),
            Self::NoSuchFile(name) => format!("The attachment “{name}” is not there any more. Please attach it again."),
        }
    }
}

/// A recipient that was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The address.
    pub address: String,
    /// The MTA's reply code with its enhanced code, such as `550 5.1.1`; empty if there was none.
    pub code: String,
    /// The MTA's words.
    pub text: String,
    /// Whether trying again later may help.
    pub temporary: bool,
}

/// Nothing was sent to anybody.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Larger than `service.http.maxmessagesize`, or than the MTA takes.
    #[error("the message has {size} bytes, {limit} are allowed")]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
        /// Bytes of the encoded message.
        size: u64,
    },
    /// There is nobody to send it to.
    #[error("no recipients")]
    NoRecipients,
    /// An address that no protocol could carry.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// Some recipients are refused; so that the user can correct them, the others did not get it either.
    #[error("refused: {}", .0.iter().map(|r| format!("{} ({} {})", r.address, r.code, r.text)).collect::<Vec<_>>().join(", "))]
    Refused(Vec<Refusal>),
    /// The MTA refuses the sender.
    #[error("the MTA refuses the sender: {code} {text}")]
    Sender {
        /// Its reply code.
        code: String,
        /// Its words.
        text: String,
    },
    /// The MTA refuses the message.
    #[error("the MTA refuses the message: {code} {text}")]
    Message {
        /// Its reply code.
        code: String,
        /// Its words.
        text: String,
    },
    /// The MTA cannot be reached, or hung up.
    #[error("MTA {host}: {what}{}", .source.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default())]
    Unavailable {
        /// `smtphost:smtpport`.
        host: String,
        /// What was being done.
        what: &'static str,
        /// The cause.
        #[source]
        source: Option<Arc<io::Error>>,
    },
    /// An attachment could not be read.
    #[error("reading the message: {0}")]
    Source(#[source] Arc<io::Error>),
    /// The directory does not answer.
    #[error("looking up recipients: {0}")]
    Directory(String),
}

impl SendError {
    /// What to tell the user: recipients with the MTA's reasons, sizes; no host names.
    pub fn user_text(&self) -> String {
        match self {
            Self::TooLarge { limit, size } => {
                format!("The message is too large: it has {size} bytes, {limit} bytes are allowed.")
            }
            Self::NoRecipients => "Please name at least one recipient.".to_owned(),
            Self::Draft(error) => error.user_text(),
            Self::Refused(refusals) => {
                let reasons: Vec<String> = refusals
                    .iter()
                    .map(|refusal| {
                        let words = format!("{} {}", refusal.code, refusal.text);
                        format!("{}: {}", refusal.address, words.trim())
                    })
                    .collect();
                format!("The message was not sent. These recipients were refused: {}", reasons.join("; "))
            }
            Self::Sender { code, text } => format!("The mail server refuses you as sender: {}", format!("{code} {text}").trim()),
            Self::Message { code, text } => format!("The mail server refuses the message: {}", format!("{code} {text}").trim()),
            Self::Unavailable { .. } | Self::Directory(_) => {
                "The message was not sent: the outgoing mail server does not answer. It is kept as it is; please try again later.".to_owned()
            }
            Self::Source(_) => "An attachment could not be read. Please attach it again.".to_owned(),
        }
    }
}
