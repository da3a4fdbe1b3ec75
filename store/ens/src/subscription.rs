//! A session's ear on the bus.

use std::sync::Arc;

use mailstore::{AccountId, EventKind, MailboxId, StoreEvent};
use tokio::sync::Notify;

use crate::bus::Shared;

/// What of an account a subscription listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// Everything.
    Account,
    /// One mailbox, and the end of the account.
    Mailbox(MailboxId),
}

impl Watch {
    pub(crate) fn concerns(self, event: &StoreEvent) -> bool {
        match self {
            Self::Account => true,
            Self::Mailbox(id) => {
                event.mailbox == Some(id) || matches!(event.kind, EventKind::AccountDeleted | EventKind::Repaired)
            }
        }
    }
}

/// One listener. Dropping it ends the subscription.
pub struct Subscription {
    pub(crate) shared: Arc<Shared>,
    pub(crate) account: AccountId,
    pub(crate) bell: Arc<Notify>,
}

impl Subscription {
    /// Returns when something has happened since it last returned. Cancel-safe.
    pub async fn changed(&self) {
        self.bell.notified().await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shared.remove(&self.account, &self.bell);
    }
}
