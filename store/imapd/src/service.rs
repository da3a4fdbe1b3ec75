//! What the daemon is made of, and the door for connections.

use std::sync::Arc;

use auth::Authenticator;
use daemon::{Conn, Drain, WorkPool};
use directory::QuotaPolicy;
use ens::{Bus, Reach};
use mailstore::Store;

use crate::columns::Columns;
use crate::session::Session;

/// Everything that the daemon works with.
pub struct ImapDeps {
    /// The message store; its observer is the bus.
    pub store: Store,
    /// Where sessions hear of changes.
    pub bus: Arc<Bus>,
    /// Whether the bus hears of every change, which IDLE needs (Guide §5.6.1).
    pub reach: Reach,
    /// Checks passwords.
    pub authenticator: Arc<Authenticator>,
    /// What users may hold.
    pub quota: QuotaPolicy,
    /// Settings.
    pub config: config::Imap,
    /// Where blocking store calls run.
    pub pool: WorkPool,
    /// For STARTTLS; `None` when TLS is off.
    pub tls: Option<tls::Acceptor>,
}

/// The IMAP service. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub(crate) deps: Arc<ImapDeps>,
    columns: Arc<Columns>,
}

impl Service {
    /// A service over `deps`.
    pub fn new(deps: ImapDeps) -> Self {
        Self { deps: Arc::new(deps), columns: Arc::default() }
    }

    /// Serves one connection until it ends, the client is idle for too long, or the drain starts and the command in progress is done.
    pub async fn serve(&self, conn: Conn, drain: Drain) {
        Session::new(Arc::clone(&self.deps), Arc::clone(&self.columns), conn, drain).run().await;
    }
}
