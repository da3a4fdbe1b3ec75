//! The LMTP daemon (RFC 2033): durable delivery into the message store.
//!
//! One task per connection runs a [`Service`]; [`session`] is the dialogue, [`data`] the end of a message and its faults, [`intake`] where the
//! bytes go, [`delivery`] what happens to them. A recipient's reply is sent only when that recipient's copy is on disk.
//!
//! What is stored is the message as it came, byte for byte, behind three delivery headers: `Return-Path`, `Delivered-To` and
//! `Received`.

mod address;
mod command;
mod data;
mod delivery;
mod input;
mod intake;
mod quota;
mod recipient;
mod reply;
mod session;
mod trace;

use std::sync::Arc;

use daemon::{Conn, Drain, WorkPool};
use directory::{Directory, QuotaPolicy, StatusEditor};
use mailstore::Store;

/// What the daemon is made from.
#[derive(Clone)]
pub struct LmtpDeps {
    /// Who has which address.
    pub directory: Arc<dyn Directory>,
    /// Where mail goes.
    pub store: Store,
    /// Settings.
    pub config: config::Lmtp,
    /// Quotas of users whose entry says nothing.
    pub quota: QuotaPolicy,
    /// Who is told of users over quota; `None` for nobody (`store.overquotastatus`).
    pub statuses: Option<Arc<dyn StatusEditor>>,
    /// Where store calls run.
    pub pool: WorkPool,
}

/// The LMTP service; clones share everything.
#[derive(Clone)]
pub struct Service {
    deps: Arc<LmtpDeps>,
}

impl Service {
    /// A service; nothing is opened yet.
    pub fn new(deps: LmtpDeps) -> Service {
        Service { deps: Arc::new(deps) }
    }

    /// Talks to one client until it leaves, idles too long or the drain starts. A transaction that has begun is brought to its end
    /// first.
    pub async fn serve(&self, conn: Conn, drain: Drain) {
        session::Session::new(Arc::clone(&self.deps), conn, drain).run().await;
    }
}
