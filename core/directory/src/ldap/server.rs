//! One LDAP server: its connections, and whether it answers (RFC 4511 §5).

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tracing::{info, warn};

use super::operation::{Answer, Operation};
use super::{LdapOptions, LdapSecurity};
use crate::DirectoryError;

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
    /// The server answers that what was asked for is impossible, in words for an administrator.
    Impossible(DirectoryError),
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
            code => match meaning(code, &told(&result.text)) {
                Some(error) => Fault::Impossible(error),
                None => Fault::Refused(text),
            },
        }
    }
}

/// What a result code (RFC 4511 §4.1.9, appendix A) means to whoever wanted to change something; `None` where it is the site's
/// trouble rather than the change's.
fn meaning(code: u32, told: &str) -> Option<DirectoryError> {
    let invalid = |what: &str| Some(DirectoryError::Invalid(format!("the LDAP server refuses it: {what}{told}")));
    match code {
        // insufficientAccessRights, strongerAuthRequired, confidentialityRequired
        50 => Some(DirectoryError::Forbidden(format!(
            "local.ugldapbinddn may not do this (insufficientAccessRights){told}; give it the right to, or name a DN that has it"
        ))),
        8 | 13 => Some(DirectoryError::Forbidden(format!(
            "the LDAP server wants an encrypted or stronger sign-in for this (result code {code}){told}; see local.ugldapsecurity"
        ))),
        32 => invalid("there is no entry at that place (noSuchObject)"),
        68 => invalid("there is an entry of that name (entryAlreadyExists)"),
        20 => invalid("the value is there already (attributeOrValueExists)"),
        16 => invalid("there is no such attribute in the entry (noSuchAttribute)"),
        17 => invalid("its schema does not know the attribute (undefinedAttributeType)"),
        19 => invalid("a rule of the server forbids the value (constraintViolation)"),
        21 => invalid("a value has letters that its attribute cannot hold (invalidAttributeSyntax)"),
        34 => invalid("the name of the entry is not well-formed (invalidDNSyntax)"),
        64 | 67 => invalid("the name of the entry and its attributes do not fit (namingViolation)"),
        65 => invalid("the entry would break its schema (objectClassViolation)"),
        66 => invalid("there are entries below it (notAllowedOnNonLeaf)"),
        69 => invalid("object classes cannot be changed so (objectClassModsProhibited)"),
        53 => invalid("the server is unwilling to perform it (unwillingToPerform)"),
        _ => None,
    }
}

/// The server's own words, if it has any: for an administrator, on one line.
fn told(text: &str) -> String {
    let text: String = text.chars().take(200).flat_map(char::escape_debug).collect();
    if text.is_empty() { String::new() } else { format!(": {text}") }
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
    away: watch::Sender<bool>,
    /// When it answered last, whatever the answer.
    answered: Mutex<Option<Instant>>,
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
            away: watch::Sender::new(false),
            answered: Mutex::default(),
            search: Connections::new(options.pool_size),
            bind: Connections::new(options.pool_size),
        }
    }

    pub(super) fn is_away(&self) -> bool {
        *self.away.borrow()
    }

    /// Ends when the server is away.
    pub(super) async fn is_gone(&self) {
        // The sender is this very server's, so that there is no other end of the wait.
        let _ = self.away.subscribe().wait_for(|away| *away).await;
    }

    /// Whether it has answered anybody `within` so long: it is not away then, however long somebody else waits.
    pub(super) fn answers(&self, within: Duration) -> bool {
        let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.is_some_and(|when| when.elapsed() < within)
    }

    fn note_answer<T>(&self, result: &Result<T, Fault>) {
        if !matches!(result, Err(Fault::Away(_))) {
            *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
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
                    self.note_answer(&result);
                    connections.put(connection);
                    return result;
                }
            }
        }
        let mut connection = self.connect(operation.purpose()).await?;
        let result = operation.run(&mut connection).await;
        self.note_answer(&result);
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
        if self.away.send_replace(true) {
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
        server.away.send_replace(false);
        info!("LDAP server {} answers again, after {:.1} s", server.name, start.elapsed().as_secs_f32());
        return;
    }
}
