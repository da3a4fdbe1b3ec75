//! Delivery to users of this site: straight into the INBOX on their back end, as a delivery agent does it (`service.http.localdelivery`).

use std::{io::Cursor, sync::Arc};

use backends::{Account, Error, MailSession, NewMessage, Pool};
use directory::{AccountStatus, Directory, User};
use lettre::message::header::{Date, Header};
use tokio::io::AsyncReadExt;

use crate::{Bcc, Composed, Mailbox, Refusal, SendError};

/// A user of this site who gets the message.
pub(crate) struct Local {
    /// The addresses by which this user was named.
    pub(crate) addresses: Vec<String>,
    user: Arc<User>,
    session: MailSession,
}

/// Recipients divided by the way they get the message.
#[derive(Default)]
pub(crate) struct Divided {
    pub(crate) local: Vec<Local>,
    pub(crate) remote: Vec<Mailbox>,
    /// Those among `remote` whose domain is ours, although the directory does not know them: the MTA may have aliases.
    pub(crate) unknown: Vec<String>,
}

fn refusal(address: &str, code: &str, text: &str, temporary: bool) -> Refusal {
    Refusal { address: address.to_owned(), code: code.to_owned(), text: text.to_owned(), temporary }
}

/// The refusal that the MTA would give too.
pub(crate) fn unknown_user(address: &str) -> Refusal {
    refusal(address, "550 5.1.1", "there is no such user here", false)
}

/// Looks all recipients up. Users who may not get mail are refused.
pub(crate) async fn divide(
    directory: &dyn Directory,
    pool: &Pool,
    recipients: &[Mailbox],
) -> Result<Divided, SendError> {
    let mut divided = Divided::default();
    let mut refusals = Vec::new();
    let failed = |error: directory::DirectoryError| SendError::Directory(error.to_string());
    for mailbox in recipients {
        if !directory.is_local_domain(&mailbox.domain()).await.map_err(failed)? {
            divided.remote.push(mailbox.clone());
            continue;
        }
        let Some(user) = directory.find_address(&mailbox.address).await.map_err(failed)? else {
            divided.unknown.push(mailbox.address.clone());
            divided.remote.push(mailbox.clone());
            continue;
        };
        match user.status {
            AccountStatus::Active | AccountStatus::OverQuota => {}
            AccountStatus::Inactive | AccountStatus::Hold => {
                refusals.push(refusal(&mailbox.address, "450 4.2.1", "this mailbox takes no mail for now", true));
                continue;
            }
            AccountStatus::Deleted | AccountStatus::Disabled => {
                refusals.push(refusal(&mailbox.address, "550 5.2.1", "this mailbox takes no mail", false));
                continue;
            }
        }
        match divided.local.iter_mut().find(|local| local.user.dn == user.dn) {
            Some(local) => local.addresses.push(mailbox.address.clone()),
            None => {
                let account = Account::new(user.mail_host.as_deref(), &user.store_id);
                let session = pool.one_off(&account);
                divided.local.push(Local { addresses: vec![mailbox.address.clone()], user, session });
            }
        }
    }
    if refusals.is_empty() { Ok(divided) } else { Err(SendError::Refused(refusals)) }
}

impl Local {
    /// Opens the connection: who cannot be reached is found out before anybody has got anything.
    pub(crate) async fn reach(&self) -> Result<(), Vec<Refusal>> {
        self.session.open().await.map_err(|error| self.refusals(&error))
    }

    /// Stores the message with the header fields of a delivery agent (RFC 5321 §4.4).
    pub(crate) async fn deliver(
        &self,
        from: &Mailbox,
        composed: &Composed,
        hostname: &str,
    ) -> Result<(), Vec<Refusal>> {
        let now = Date::now().display();
        let host: String = hostname.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
        let (to, id) = (&self.addresses[0], composed.message_id());
        let trace = format!(
            "Return-Path: <{}>\r\nDelivered-To: {to}\r\nReceived: by {host} (Heliograph webmail) with HTTP\r\n id {};\r\n {}\r\n",
            from.address,
            id.trim_matches(['<', '>']),
            now_text(&now),
        );
        let message = NewMessage { size: trace.len() as u64 + composed.size(Bcc::Strip), ..NewMessage::default() };
        let source = Cursor::new(trace.into_bytes()).chain(composed.reader(Bcc::Strip));
        let stored = self.session.append("INBOX", &message, source).await;
        self.session.close().await;
        stored.map(|_| ()).map_err(|error| self.refusals(&error))
    }

    fn refusals(&self, error: &Error) -> Vec<Refusal> {
        let (code, text, temporary) = match error {
            Error::OverQuota(_) => ("452 4.2.2", "the mailbox is full", true),
            Error::TooLarge(_) => ("552 5.3.4", "the message is too large for this mailbox", false),
            _ => ("451 4.3.0", "the mailbox cannot be reached now", true),
        };
        tracing::warn!(%error, user = %self.user.store_id, "local delivery failed");
        self.addresses.iter().map(|address| refusal(address, code, text, temporary)).collect()
    }
}

fn now_text(value: &lettre::message::header::HeaderValue) -> String {
    // The field's text without its name.
    let mut headers = lettre::message::header::Headers::new();
    headers.insert_raw(value.clone());
    headers.get_raw("Date").unwrap_or_default().to_owned()
}
