//! Drain: how a service is told to finish what it has accepted and then stop.

use std::{future::Future, sync::Arc};

use tokio::sync::watch;

/// A handle on the program's one drain signal; every session holds a clone.
#[derive(Debug, Clone)]
pub struct Drain {
    signal: Arc<watch::Sender<bool>>,
    sessions: Arc<watch::Sender<()>>,
}

/// Held by a session for as long as it must be waited for. Dropping it says that the session is over.
#[derive(Debug)]
pub struct Busy(#[allow(dead_code)] watch::Receiver<()>);

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

impl Drain {
    /// A signal that has not been given.
    pub fn new() -> Self {
        Self { signal: Arc::new(watch::Sender::new(false)), sessions: Arc::new(watch::Sender::new(())) }
    }

    /// Gives the signal: no new connections; sessions end after the command, transaction or request in progress.
    pub fn start(&self) {
        self.signal.send_replace(true);
    }

    /// Whether the signal was given.
    pub fn is_draining(&self) -> bool {
        *self.signal.borrow()
    }

    /// Returns once the signal is given. Cancel-safe; for a `select!` beside reading the next command.
    pub fn started(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut receiver = self.signal.subscribe();
        async move {
            // The sender lives in every clone; if all are gone there is nobody left to serve either.
            let _ = receiver.wait_for(|draining| *draining).await;
        }
    }

    /// Registers a session that must be waited for.
    pub fn busy(&self) -> Busy {
        Busy(self.sessions.subscribe())
    }

    /// Returns when every [`Busy`] is gone.
    pub async fn finished(&self) {
        self.sessions.closed().await;
    }
}
