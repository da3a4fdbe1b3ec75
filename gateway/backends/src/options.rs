//! What the pool is told: limits and times, how back ends are reached, and whose mail a session is about.

use std::{net::IpAddr, time::Duration};

/// Limits and times of a [`Pool`](crate::Pool).
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Time for the TCP connection, the TLS handshake and the greeting, each.
    pub connect_timeout: Duration,
    /// Longest silence of a server in the middle of a command.
    pub reply_timeout: Duration,
    /// A kept connection is closed after so long without use (`service.http.resourcetimeout`).
    pub idle_close: Duration,
    /// Bytes of envelopes and body structures kept in memory.
    pub cache_bytes: u64,
    /// Pause between two NOOPs of a watching connection, only where the server has no IDLE.
    pub noop_pause: Duration,
    /// Name this gateway gives itself in ID.
    pub product: String,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            reply_timeout: Duration::from_secs(60),
            idle_close: Duration::from_secs(300),
            cache_bytes: 64 << 20,
            noop_pause: Duration::from_secs(120),
            product: "Heliograph".to_owned(),
        }
    }
}

/// Whose mail, where, and for whom it is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// The user's `mailHost`; `None` is this site's default back end.
    pub host: Option<String>,
    /// The authorization identity at the back end: the user's name in the store.
    pub user: String,
    /// Address of the browser, passed on as ID `x-originating-ip` so that the back end can throttle it and not us.
    pub client: Option<IpAddr>,
}

impl Account {
    /// The account of `user` on `host`.
    pub fn new(host: Option<&str>, user: &str) -> Self {
        Self { host: host.map(str::to_owned), user: user.to_owned(), client: None }
    }

    /// The same, asked for by a browser at `client`.
    pub fn for_client(mut self, client: IpAddr) -> Self {
        self.client = Some(client);
        self
    }
}
