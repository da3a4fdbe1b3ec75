//! The POP daemon: RFC 1939 and its extensions over the message store.
//!
//! [`Service::serve`] is one session, one task. `session.rs` is the dialogue and its states, `sign_in.rs` the way from AUTHORIZATION to
//! TRANSACTION, `maildrop.rs` what a session sees and marks, `retrieve.rs` and `stuffing.rs` how a message goes out. The maildrop is the
//! account's INBOX as it was at sign-in: what arrives later is not shown, what IMAP removes meanwhile answers `-ERR`.
//!
//! Two decisions that RFC 1939 leaves open:
//! - A message's unique-id is `UIDVALIDITY.UID` of INBOX: the same over restarts, and on another host wherever a move keeps those two, which it
//!   has to for IMAP anyway.
//! - RETR sets `\Seen`, at QUIT and in one commit, as Debian's Dovecot does by default; TOP does not. A session that is cut off leaves no trace.

mod capability;
mod command;
mod input;
mod language;
mod link;
mod listing;
mod maildrop;
mod reply;
mod retrieve;
mod session;
mod sign_in;
mod stuffing;

use std::sync::Arc;

use auth::Authenticator;
use daemon::{Conn, Drain, WorkPool};
use mailstore::Store;

/// Everything that the daemon works with.
pub struct PopDeps {
    /// The message store.
    pub store: Store,
    /// Checks passwords.
    pub authenticator: Arc<Authenticator>,
    /// Settings.
    pub config: config::Pop,
    /// Where blocking store calls run.
    pub pool: WorkPool,
    /// For STLS; `None` when TLS is off.
    pub tls: Option<tls::Acceptor>,
}

/// The POP service. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    deps: Arc<PopDeps>,
}

impl Service {
    /// What a client beyond `maxsessions` is told before it is turned away.
    pub const REFUSAL: &'static str = "-ERR [SYS/TEMP] Too many connections, try again later\r\n";

    /// A service over `deps`.
    pub fn new(deps: PopDeps) -> Self {
        Self { deps: Arc::new(deps) }
    }

    /// Serves one connection until the client quits, leaves or is idle for too long. When the drain starts, a client that has not signed in is
    /// sent away, and one that has may finish as long as it does not pause.
    pub async fn serve(&self, conn: Conn, drain: Drain) {
        session::Session::new(Arc::clone(&self.deps), conn, drain).run().await;
    }
}
