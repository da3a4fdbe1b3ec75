//! Connections per live browser session: made when needed, kept while used, closed when idle or at sign-out.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak},
    time::Duration,
};

use config::{BackEnd, Proxy};

use crate::{
    Account, Error, MailSession, PoolOptions, cache::SummaryCache, connect::Opener, connection::Connection,
    session::State,
};

/// What all sessions share. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) options: PoolOptions,
    pub(crate) cache: SummaryCache,
    opener: Opener,
    proxy: RwLock<Proxy>,
    sessions: Mutex<Sessions>,
    /// [`PoolOptions::idle_close`], which a refresh may change.
    idle_close: RwLock<Duration>,
}

#[derive(Default)]
struct Sessions {
    by_key: HashMap<String, Arc<State>>,
    sweeping: bool,
}

impl Pool {
    /// A pool that reaches back ends as `proxy` says. Without `connector`, back ends that want TLS are unavailable.
    pub fn new(options: PoolOptions, proxy: Proxy, connector: Option<tls::Connector>) -> Self {
        Self {
            shared: Arc::new(Shared {
                cache: SummaryCache::new(options.cache_bytes),
                opener: Opener::new(options.clone(), connector),
                idle_close: RwLock::new(options.idle_close),
                options,
                proxy: RwLock::new(proxy),
                sessions: Mutex::default(),
            }),
        }
    }

    /// Takes changed settings; open connections stay as they are.
    pub fn set_proxy(&self, proxy: Proxy) {
        *self.shared.proxy.write().unwrap_or_else(PoisonError::into_inner) = proxy;
        self.shared.opener.forget();
    }

    /// Another time after which connections are closed.
    pub fn set_idle_close(&self, idle_close: Duration) {
        *self.shared.idle_close.write().unwrap_or_else(PoisonError::into_inner) = idle_close;
    }

    /// Takes other trusted certificates for back ends that want TLS; open connections stay as they are.
    pub fn set_connector(&self, connector: Option<tls::Connector>) {
        self.shared.opener.set_connector(connector);
    }

    /// The mail session of the browser session `key` (an opaque secret-free name, for instance a hash of its id).
    /// The same key gives the same kept connection, until `account` is another one. No I/O happens here.
    pub fn session(&self, key: &str, account: &Account) -> MailSession {
        let mut sessions = self.shared.sessions();
        if !sessions.sweeping
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            sessions.sweeping = true;
            runtime.spawn(sweep(Arc::downgrade(&self.shared)));
        }
        let state = match sessions.by_key.get(key) {
            Some(state) if state.account == *account => Arc::clone(state),
            _ => {
                let state = Arc::new(State::new(account.clone()));
                sessions.by_key.insert(key.to_owned(), Arc::clone(&state));
                state
            }
        };
        MailSession::new(Arc::clone(&self.shared), state)
    }

    /// A session that nobody else has: its connection closes when the last clone is dropped.
    pub fn one_off(&self, account: &Account) -> MailSession {
        MailSession::new(Arc::clone(&self.shared), Arc::new(State::new(account.clone())))
    }

    /// Closes the connection of a browser session: sign-out, or its end.
    pub async fn close(&self, key: &str) {
        let state = self.shared.sessions().by_key.remove(key);
        if let Some(state) = state {
            state.close().await;
        }
    }

    /// Closes all connections: the daemon stops.
    pub async fn close_all(&self) {
        let all: Vec<Arc<State>> = self.shared.sessions().by_key.drain().map(|(_, state)| state).collect();
        for state in all {
            state.close().await;
        }
    }

    /// Number of kept sessions, with or without an open connection.
    pub fn sessions(&self) -> usize {
        self.shared.sessions().by_key.len()
    }
}

impl Shared {
    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle_close(&self) -> Duration {
        *self.idle_close.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn back_end(&self, account: &Account) -> BackEnd {
        self.proxy.read().unwrap_or_else(PoisonError::into_inner).back_end(account.host.as_deref())
    }

    pub(crate) async fn open(&self, account: &Account) -> Result<Connection, Error> {
        self.opener.open(&self.back_end(account), account).await
    }
}

/// Closes what has not been used for `idle_close` and forgets sessions without a connection.
async fn sweep(shared: Weak<Shared>) {
    loop {
        let Some(pause) = shared.upgrade().map(|shared| shared.idle_close() / 4) else { return };
        tokio::time::sleep(pause.clamp(Duration::from_millis(100), Duration::from_secs(30))).await;
        let Some(shared) = shared.upgrade() else { return };
        let all: Vec<(String, Arc<State>)> =
            shared.sessions().by_key.iter().map(|(key, state)| (key.clone(), Arc::clone(state))).collect();
        for (key, state) in all {
            if state.close_idle(shared.idle_close()).await {
                let mut sessions = shared.sessions();
                // Two holders: the map and `state` here. More means that a request is using it.
                if sessions
                    .by_key
                    .get(&key)
                    .is_some_and(|kept| Arc::ptr_eq(kept, &state) && Arc::strong_count(kept) == 2)
                {
                    sessions.by_key.remove(&key);
                }
            }
        }
    }
}
