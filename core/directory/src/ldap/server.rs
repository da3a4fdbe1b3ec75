//! One LDAP server: its connections, and whether it answers (RFC 4511 §5).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::{info, warn};

use super::operation::{Answer, Operation};
use super::{LdapOptions, LdapSecurity};

/// What a connection is for. A bind changes who a connection is, so the two are never mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Searches and edits, as the configured DN.
    Search,
    /// Checking passwords by binding as users.
    Bind,
}

/// Why an operation failed at a server.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server does not answer or says that it cannot: the next one is asked.
    Away(String),
    /// The server answers with a refusal, which others would give too.
    Refused(String),
}

impl From<LdapError> for Fault {
    fn from(error: LdapError) -> Fault {
        match error {
            LdapError::FilterParsing | LdapError::DecodingUTF8 | LdapError::AddNoValues => {
                Fault::Refused(error.to_string())
            }
            error => Fault::Away(error.to_string()),
        }
    }
}

impl Fault {
    /// A result other than success.
    pub(super) fn of(result: &LdapResult) -> Fault {
        let text = result.to_string();
        match result.rc {
            // busy, unavailable, other: the server's own trouble.
            51 | 52 | 80 => Fault::Away(text),
            10 => Fault::Refused(format!(
                "a referral to {}, which is not followed; name a server that holds the entries, and takes changes, in local.ugldaphost",
                result.refs.join(" ").escape_default()
            )),
            _ => Fault::Refused(text),
        }
    }
}

/// Success, or the fault.
pub(super) fn success(result: &LdapResult) -> Result<(), Fault> {
    if result.rc == 0 { Ok(()) } else { Err(Fault::of(result)) }
}

/// A server and its idle connections.
pub(super) struct Server {
    /// `host:port`, for the log.
    pub(super) name: String,
    url: String,
    settings: LdapConnSettings,
    bind_dn: String,
    bind_password: String,
    limit: Duration,
    away: AtomicBool,
    search: Connections,
    bind: Connections,
}

struct Connections {
    permits: Semaphore,
    idle: Mutex<Vec<Ldap>>,
}

impl Connections {
    fn new(size: usize) -> Connections {
        Connections { permits: Semaphore::new(size.max(1)), idle: Mutex::new(Vec::new()) }
    }

    fn take(&self) -> Option<Ldap> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(mut connection) = idle.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    fn put(&self, connection: Ldap) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    fn clear(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// First and longest pause between attempts to reach a server that is away.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

impl Server {
    pub(super) fn new(host: &str, port: u16, options: &LdapOptions) -> Server {
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let settings = LdapConnSettings::new();
        let (scheme, settings) = match &options.security {
            LdapSecurity::Plain => ("ldap", settings),
            LdapSecurity::StartTls(trust) => ("ldap", settings.set_starttls(true).set_config(trust.client_config())),
            LdapSecurity::Ldaps(trust) => ("ldaps", settings.set_config(trust.client_config())),
        };
        Server {
            name: format!("{bracketed}:{port}"),
            url: format!("{scheme}://{bracketed}:{port}"),
            settings,
            bind_dn: options.bind_dn.clone(),
            bind_password: options.bind_password.clone(),
            limit: options.time_limit,
            away: AtomicBool::new(false),
            search: Connections::new(options.pool_size),
            bind: Connections::new(options.pool_size),
        }
    }

    pub(super) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    fn connections(&self, purpose: Purpose) -> &Connections {
        match purpose {
            Purpose::Search => &self.search,
            Purpose::Bind => &self.bind,
        }
    }

    /// The permits of a purpose: as many operations run at once as the pool is large.
    pub(super) fn permits(&self, purpose: Purpose) -> &Semaphore {
        &self.connections(purpose).permits
    }

    /// Runs one operation on a connection. One that had been idle may have been closed by the server meanwhile: then a fresh
    /// one gets the operation once more.
    pub(super) async fn run(&self, operation: &Operation<'_>) -> Result<Answer, Fault> {
        let connections = self.connections(operation.purpose());
        if let Some(mut connection) = connections.take() {
            match operation.run(&mut connection).await {
                Err(Fault::Away(_)) => {}
                result => {
                    connections.put(connection);
                    return result;
                }
            }
        }
        let mut connection = self.connect(operation.purpose()).await?;
        let result = operation.run(&mut connection).await;
        if !matches!(result, Err(Fault::Away(_))) {
            connections.put(connection);
        }
        result
    }

    async fn connect(&self, purpose: Purpose) -> Result<Ldap, Fault> {
        let (connection, mut ldap) = LdapConnAsync::with_settings(self.settings.clone(), &self.url).await?;
        // Ends with the last handle, or with the connection: the operation under way learns of that by itself.
        tokio::spawn(async move { drop(connection.drive().await) });
        if purpose == Purpose::Search && !self.bind_dn.is_empty() {
            let result = ldap.simple_bind(&self.bind_dn, &self.bind_password).await?;
            if result.rc != 0 {
                return Err(Fault::Away(format!("the bind as local.ugldapbinddn failed: {result}")));
            }
        }
        Ok(ldap)
    }

    /// Notes that the server is away, says so once, and looks out for its return.
    pub(super) fn went_away(self: &Arc<Self>, reason: &str) {
        if self.away.swap(true, Ordering::Relaxed) {
            return;
        }
        warn!("LDAP server {} is away: {reason}", self.name);
        self.search.clear();
        self.bind.clear();
        tokio::spawn(look_out(Arc::downgrade(self)));
    }
}

/// Tries to reach a server until it answers, in growing intervals; logins never wait for that.
async fn look_out(server: Weak<Server>) {
    let start = Instant::now();
    let mut pause = PAUSES.0;
    loop {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
        let Some(server) = server.upgrade() else { return };
        let Ok(Ok(connection)) = timeout(server.limit, server.connect(Purpose::Search)).await else { continue };
        server.search.put(connection);
        server.away.store(false, Ordering::Relaxed);
        info!("LDAP server {} answers again, after {:.1} s", server.name, start.elapsed().as_secs_f32());
        return;
    }
}
