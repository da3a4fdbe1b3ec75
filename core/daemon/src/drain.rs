//! Drain: how a service is told to finish what it has accepted and then stop.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::watch;

use crate::session;

/// A handle on the program's one drain signal; every session holds a clone.
#[derive(Debug, Clone)]
pub struct Drain {
    signal: Arc<watch::Sender<bool>>,
    relieved: Arc<AtomicBool>,
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
        Self {
            signal: Arc::new(watch::Sender::new(false)),
            relieved: Arc::default(),
            sessions: Arc::new(watch::Sender::new(())),
        }
    }

    /// Gives the signal: no new connections; sessions end after the command, transaction or request in progress.
    pub fn start(&self) {
        self.signal.send_replace(true);
    }

    /// Gives the signal in a process in whose place another one serves already: there is time to let clients go where nothing of theirs is lost.
    pub fn relieve(&self) {
        self.relieved.store(true, Ordering::Release);
        self.start();
    }

    /// Whether another process serves already.
    pub fn is_relieved(&self) -> bool {
        self.relieved.load(Ordering::Acquire)
    }

    /// Whether the signal was given, to all or to the session of this task.
    pub fn is_draining(&self) -> bool {
        *self.signal.borrow() || session::current().is_some_and(|session| session.is_ended())
    }

    /// What the client of a session that ends is told.
    pub fn farewell(&self) -> &'static str {
        if *self.signal.borrow() { "Server is shutting down" } else { "Disconnected by the administrator" }
    }

    /// Returns once the signal is given, to all or to the session of this task. Cancel-safe; for a `select!` beside reading the next command.
    pub fn started(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut receiver = self.signal.subscribe();
        let session = session::current();
        async move {
            let alone = async {
                match &session {
                    Some(session) => session.ended().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // The sender lives in every clone; if all are gone there is nobody left to serve either.
                _ = receiver.wait_for(|draining| *draining) => {}
                () = alone => {}
            }
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
