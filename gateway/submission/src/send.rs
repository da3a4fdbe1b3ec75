//! Sending: to the MTA, and to users of this site straight into their mailboxes.

use std::{sync::Arc, time::Duration};

use backends::Pool;
use directory::Directory;

use crate::{Bcc, Composed, Mailbox, Refusal, SendError, SmtpSecurity, local, smtp::Transaction};

/// How messages leave (`service.http.smtphost`, `smtpport`, `maxmessagesize`, `localdelivery`).
#[derive(Clone, Debug)]
pub struct SubmitOptions {
    /// The MTA's host.
    pub smtp_host: String,
    /// The MTA's port.
    pub smtp_port: u16,
    /// This host's name, for EHLO and Received.
    pub hello_name: String,
    /// Largest encoded message in bytes.
    pub max_message_size: u64,
    /// Deliver to this site's own users by IMAP.
    pub local_delivery: bool,
    /// TLS and sign-in on the way to the MTA.
    pub security: SmtpSecurity,
    /// Longest wait for one answer of the MTA. RFC 5321 §4.5.3.2 wants minutes.
    pub timeout: Duration,
}

/// The way a recipient gets the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// By the MTA.
    Smtp,
    /// Stored in the INBOX on the user's back end.
    Local,
}

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientResult {
    /// The address.
    pub address: String,
    /// How.
    pub via: Via,
    /// Accepted, or why not.
    pub result: Result<(), Refusal>,
}

/// The message went out to at least one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// A result for every recipient. A failure here came after others had been served already.
    pub recipients: Vec<RecipientResult>,
}

impl Sent {
    /// Recipients that did not get it.
    pub fn failures(&self) -> impl Iterator<Item = &Refusal> {
        self.recipients.iter().filter_map(|recipient| recipient.result.as_ref().err())
    }
}

/// Sends composed messages. Cheap to clone.
#[derive(Clone)]
pub struct Submitter {
    options: Arc<SubmitOptions>,
    directory: Arc<dyn Directory>,
    pool: Pool,
}

impl Submitter {
    /// `directory` tells who is at home here; `pool` reaches their back ends.
    pub fn new(options: SubmitOptions, directory: Arc<dyn Directory>, pool: Pool) -> Self {
        Self { options: Arc::new(options), directory, pool }
    }

    /// What it was made with.
    pub fn options(&self) -> &SubmitOptions {
        &self.options
    }

    /// Whether a message of this encoded size may go out.
    pub fn check_size(&self, size: u64) -> Result<(), SendError> {
        let limit = self.options.max_message_size;
        if size > limit { Err(SendError::TooLarge { limit, size }) } else { Ok(()) }
    }

    /// Sends to all recipients, or, if some are refused, to none of them.
    ///
    /// Order: the MTA's word on every recipient, then the local mailboxes, then the message to the MTA. What fails after
    /// somebody has got the message cannot be taken back and is reported in [`Sent`].
    pub async fn send(&self, from: &Mailbox, recipients: &[Mailbox], composed: &Composed) -> Result<Sent, SendError> {
        if recipients.is_empty() {
            return Err(SendError::NoRecipients);
        }
        let size = composed.size(Bcc::Strip);
        self.check_size(size)?;
        let divided = if self.options.local_delivery {
            local::divide(&*self.directory, &self.pool, recipients).await?
        } else {
            local::Divided { remote: recipients.to_vec(), ..local::Divided::default() }
        };
        let mut refusals = Vec::new();
        for user in &divided.local {
            refusals.extend(user.reach().await.err().unwrap_or_default());
        }
        let mut transaction = None;
        if !divided.remote.is_empty() {
            match Transaction::begin(&self.options, from, &divided.remote, size).await {
                Ok(begun) => transaction = Some(begun),
                Err(SendError::Refused(more)) => refusals.extend(more),
                // Without an MTA, nobody else can know these: say that instead of "try later".
                Err(SendError::Unavailable { .. }) if !divided.unknown.is_empty() => {
                    refusals.extend(divided.unknown.iter().map(|address| local::unknown_user(address)));
                }
                Err(other) => return Err(other),
            }
        }
        if !refusals.is_empty() {
            if let Some(mut transaction) = transaction {
                transaction.quit().await;
            }
            return Err(SendError::Refused(refusals));
        }

        let mut results = Vec::new();
        for user in &divided.local {
            match user.deliver(from, composed, &self.options.hello_name).await {
                Ok(()) => results.extend(user.addresses.iter().map(|address| accepted(address, Via::Local))),
                Err(failed) if results.is_empty() => {
                    if let Some(mut transaction) = transaction {
                        transaction.quit().await;
                    }
                    return Err(SendError::Refused(failed));
                }
                Err(failed) => results.extend(failed.into_iter().map(|refusal| RecipientResult {
                    address: refusal.address.clone(),
                    via: Via::Local,
                    result: Err(refusal),
                })),
            }
        }
        if let Some(transaction) = transaction {
            match transaction.send(composed.reader(Bcc::Strip)).await {
                Ok(()) => results.extend(divided.remote.iter().map(|mailbox| accepted(&mailbox.address, Via::Smtp))),
                Err(error) if results.is_empty() => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "the MTA did not take a message that local users have got already");
                    results.extend(divided.remote.iter().map(|mailbox| failed(&mailbox.address, &error)));
                }
            }
        }
        Ok(Sent { recipients: results })
    }
}

fn accepted(address: &str, via: Via) -> RecipientResult {
    RecipientResult { address: address.to_owned(), via, result: Ok(()) }
}

fn failed(address: &str, error: &SendError) -> RecipientResult {
    let (code, text) = match error {
        SendError::Message { code, text } => (code.clone(), text.clone()),
        _ => (String::new(), "the outgoing mail server does not answer".to_owned()),
    };
    let refusal = Refusal { address: address.to_owned(), temporary: !code.starts_with('5'), code, text };
    RecipientResult { address: address.to_owned(), via: Via::Smtp, result: Err(refusal) }
}
