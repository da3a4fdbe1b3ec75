//! From draft to message to the site's MTA; the only crate that names lettre.
//!
//! [`compose`] turns a [`Draft`] into a [`Composed`] message: header and texts in memory, attachments read from the spool
//! while the message is sent or stored, its size known to the byte before. [`Submitter::send`] gives it to the MTA or to
//! users of this site, with a result per recipient.

mod address;
mod compose;
mod draft;
mod error;
mod local;
mod send;
mod smtp;

pub use address::{Mailbox, parse_list};
pub use compose::{Bcc, ComposeOptions, Composed, compose};
pub use draft::{Attachment, Draft, Priority};
pub use error::{DraftError, Refusal, SendError};
pub use send::{RecipientResult, Sent, SubmitOptions, Submitter, Via};
pub use smtp::SmtpSecurity;
