//! Delivery: one durable copy a recipient, in the folder asked for or in INBOX.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;

use daemon::WorkPool;
use directory::QuotaPolicy;
use logs::Quoted;
use mailstore::{Account, Content, ErrorKind, Incoming, MailboxName, NewMessage, Store, StoreError};
use tokio::task::JoinHandle;
use tracing::{debug, error, info};

use crate::intake::{self, Taken};
use crate::quota::{self, Grace};
use crate::recipient::Recipient;
use crate::reply::{self, Reply};

/// Copies of one transaction that are written at the same time; one client must not take the whole pool.
const AT_ONCE: usize = 16;

/// One recipient with all that its delivery needs.
#[derive(Clone)]
pub(crate) struct Target {
    store: Store,
    quota: QuotaPolicy,
    grace: Grace,
    recipient: Arc<Recipient>,
    /// Delivery headers of this recipient's copy.
    pub(crate) headers: Arc<str>,
    /// Transaction identifier.
    id: Arc<str>,
}

/// What all targets of a transaction share.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) store: Store,
    pub(crate) quota: QuotaPolicy,
    pub(crate) grace: Grace,
    pub(crate) id: Arc<str>,
}

/// The bytes that further copies are made from.
#[derive(Clone)]
enum Source {
    Held(Arc<Vec<u8>>),
    /// A finished copy, of which the first bytes are another recipient's headers.
    Stored {
        content: Content,
        headers: usize,
    },
}

impl Target {
    pub(crate) fn new(common: &Common, recipient: Recipient, headers: String) -> Target {
        Target {
            store: common.store.clone(),
            quota: common.quota,
            grace: common.grace,
            id: Arc::clone(&common.id),
            recipient: Arc::new(recipient),
            headers: headers.into(),
        }
    }

    pub(crate) fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// The recipient's account, with the limits of the directory.
    pub(crate) fn account(&self) -> Result<Account, StoreError> {
        quota::account(&self.store, self.quota, &self.recipient.user)
    }

    /// Where a large message is streamed to. Near the account if that can be opened; the other recipients must not suffer if not.
    pub(crate) fn incoming(&self) -> Result<Incoming, StoreError> {
        match self.account() {
            Ok(account) => account.incoming(None),
            Err(_) => self.store.incoming(None),
        }
    }

    /// Writes this recipient's copy of `source` and delivers it.
    fn deliver_copy(&self, source: &Source) -> Reply {
        let deliver = || self.copy(source).map(|(account, content)| self.deliver(&account, &content));
        // The account was deleted or moved meanwhile: a new handle finds it where it is now, or makes it afresh.
        let done = match deliver() {
            Ok(Err(Gone)) => deliver(),
            Err(error) if error.kind() == ErrorKind::Gone => deliver(),
            done => done,
        };
        match done {
            Ok(reply) => reply.unwrap_or(reply::TRY_LATER),
            Err(error) => self.refused(&error),
        }
    }

    fn copy(&self, source: &Source) -> Result<(Account, Content), StoreError> {
        let body;
        let bytes = match source {
            Source::Held(bytes) => bytes.as_slice(),
            Source::Stored { content, headers } => {
                body = content.body()?;
                body.get(*headers..).unwrap_or_default()
            }
        };
        let account = self.account()?;
        let mut incoming = account.incoming(Some((self.headers.len() + bytes.len()) as u64))?;
        self.write(&mut incoming, bytes)?;
        Ok((account, incoming.finish()?))
    }

    fn write(&self, incoming: &mut Incoming, bytes: &[u8]) -> Result<(), StoreError> {
        let failed = |source| StoreError::Io { what: "writing an incoming message".to_owned(), source };
        incoming.write_all(self.headers.as_bytes()).and_then(|()| incoming.write_all(bytes)).map_err(failed)
    }

    /// Puts a finished copy into the mailbox. It is durable when this returns a good reply.
    fn deliver(&self, account: &Account, content: &Content) -> Result<Reply, Gone> {
        let size = content.size();
        let append = |name: &MailboxName| account.deliver(name, vec![NewMessage::new(content.clone())]);
        let inbox = MailboxName::inbox();
        let asked = self.recipient.folder.as_ref().unwrap_or(&inbox);
        let (done, name) = match append(asked) {
            Err(error)
                if !asked.is_inbox() && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotSelectable) =>
            {
                (append(&inbox), &inbox)
            }
            done => (done, asked),
        };
        match done {
            Ok(appended) => {
                let uid = appended.uids.first().copied().unwrap_or_default();
                debug!(
                    category = "Store",
                    "append: {}:{}:{size}:{} uid={uid}",
                    Quoted(&self.recipient.user.store_id),
                    Quoted(name.as_str()),
                    self.id
                );
                Ok(reply::SAVED)
            }
            Err(error) if error.kind() == ErrorKind::Gone => Err(Gone),
            Err(error) if error.kind() == ErrorKind::OverQuota => {
                info!(category = "Store", "over quota: {}:{} {error}", Quoted(&self.recipient.user.store_id), self.id);
                Ok(self.grace.refusal(account))
            }
            Err(error) => Ok(self.refused(&error)),
        }
    }

    fn refused(&self, error: &StoreError) -> Reply {
        if error.kind() == ErrorKind::Gone {
            debug!(category = "Store", "gone twice: {}:{}", Quoted(&self.recipient.user.store_id), self.id);
            return reply::TRY_LATER;
        }
        intake::refusal(error)
    }
}

/// The account's handle is at its end.
struct Gone;

/// Delivers to all targets; the replies are in their order.
pub(crate) async fn deliver_all(pool: &WorkPool, taken: Taken, targets: &[Target]) -> Vec<Reply> {
    let Some((first, others)) = targets.split_first() else { return Vec::new() };
    let mut replies = Vec::with_capacity(targets.len());
    let source = match taken {
        Taken::Held(bytes) => {
            let source = Source::Held(Arc::new(bytes));
            if others.is_empty() {
                // The usual case: one recipient, one hop to the pool.
                let target = first.clone();
                return vec![pool.run(move || target.deliver_copy(&source)).await];
            }
            return deliver_copies(pool, source, targets).await;
        }
        Taken::Streamed { incoming, headers } => {
            let target = first.clone();
            let finished = pool.run(move || {
                let content = incoming.finish()?;
                // A faulty account is its own recipient's misfortune only.
                let deliver = || target.account().map(|account| target.deliver(&account, &content));
                let done = match deliver() {
                    Ok(Err(Gone)) => deliver(),
                    done => done,
                };
                let reply = match done {
                    Ok(reply) => reply.unwrap_or(reply::TRY_LATER),
                    Err(error) => target.refused(&error),
                };
                Ok::<_, StoreError>((reply, content))
            });
            match finished.await {
                Ok((reply, content)) => {
                    replies.push(reply);
                    Source::Stored { content, headers: usize::try_from(headers).unwrap_or(usize::MAX) }
                }
                Err(error) => return vec![intake::refusal(&error); targets.len()],
            }
        }
    };
    replies.extend(deliver_copies(pool, source, others).await);
    replies
}

async fn deliver_copies(pool: &WorkPool, source: Source, targets: &[Target]) -> Vec<Reply> {
    let mut replies = Vec::with_capacity(targets.len());
    let mut running: VecDeque<JoinHandle<Reply>> = VecDeque::new();
    for target in targets {
        if running.len() == AT_ONCE {
            replies.extend(oldest(&mut running).await);
        }
        let (pool, target, source) = (pool.clone(), target.clone(), source.clone());
        running.push_back(tokio::spawn(async move { pool.run(move || target.deliver_copy(&source)).await }));
    }
    while let Some(reply) = oldest(&mut running).await {
        replies.push(reply);
    }
    replies
}

async fn oldest(running: &mut VecDeque<JoinHandle<Reply>>) -> Option<Reply> {
    let result = running.pop_front()?.await;
    Some(result.unwrap_or_else(|error| {
        error!("a delivery ended early: {error}");
        reply::TRY_LATER
    }))
}
