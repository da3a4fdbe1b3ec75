//! The one door for sign-ins: password, status and authorization identity, in that order (Guide §5.3; reference §7.6).

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use directory::{AccountStatus, Directory, LoginName, User};
use tracing::{info, warn};

use crate::cache::SignInCache;
use crate::{AuthError, AuthErrorKind, LoginNames, prepared};

/// The settings behind sign-ins.
#[derive(Clone, Debug)]
pub struct AuthOptions {
    /// How long a successful sign-in is remembered (`service.authcachettl`); zero = never.
    pub cache_ttl: Duration,
    /// How many are remembered (`service.authcachesize`); 0 = none.
    pub cache_size: usize,
    /// `service.loginseparator`: each character separates the user from the domain.
    pub login_separators: String,
    /// `service.defaultdomain`; empty = none.
    pub default_domain: String,
    /// `store.admins`, split at blanks: login names of store administrators, who may act for any user.
    pub admins: Vec<String>,
}

impl Default for AuthOptions {
    fn default() -> Self {
        AuthOptions {
            cache_ttl: Duration::from_secs(900),
            cache_size: 10_000,
            login_separators: "@".to_owned(),
            default_domain: String::new(),
            admins: Vec::new(),
        }
    }
}

impl From<&config::SignIn> for AuthOptions {
    fn from(settings: &config::SignIn) -> Self {
        AuthOptions {
            cache_ttl: settings.cache_ttl,
            cache_size: settings.cache_size,
            login_separators: settings.login_separators.clone(),
            default_domain: settings.default_domain.clone(),
            admins: settings.admins.clone(),
        }
    }
}

/// The service that somebody signs in to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// IMAP.
    Imap,
    /// POP3.
    Pop,
    /// Webmail.
    Http,
    /// Message submission.
    Smtp,
}

impl Service {
    /// The name that logs and access rules use.
    pub fn as_str(self) -> &'static str {
        match self {
            Service::Imap => "imap",
            Service::Pop => "pop",
            Service::Http => "http",
            Service::Smtp => "smtp",
        }
    }
}

/// Where a sign-in comes from.
#[derive(Clone, Copy, Debug)]
pub struct AuthContext {
    /// The asked service.
    pub service: Service,
    /// Address of the client; `None` for sockets without one.
    pub peer: Option<SocketAddr>,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

/// Who signed in, and for whom.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The authorization identity: whose mail it is.
    pub user: Arc<User>,
    /// Store id of who gave the password; differs from the user's when an administrator acts for somebody.
    pub authenticated: String,
    /// Whether who gave the password is a store administrator.
    pub is_admin: bool,
}

/// Checks sign-ins against the directory.
pub struct Authenticator {
    directory: Arc<dyn Directory>,
    names: LoginNames,
    /// Administrators as split login names, lower case.
    admins: Vec<LoginName>,
    cache: Option<SignInCache>,
}

impl Authenticator {
    /// An authenticator over `directory`; share it (`Arc`) among all services of the process.
    pub fn new(directory: Arc<dyn Directory>, options: AuthOptions) -> Authenticator {
        let names = LoginNames::new(&options.login_separators, &options.default_domain);
        let admins = options.admins.iter().map(|admin| names.split(&admin.to_lowercase())).collect();
        Authenticator { directory, names, admins, cache: SignInCache::new(options.cache_ttl, options.cache_size) }
    }

    /// The directory behind it.
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    /// How login names are read.
    pub fn login_names(&self) -> &LoginNames {
        &self.names
    }

    /// Whether `user` is a store administrator.
    pub fn is_admin(&self, user: &User) -> bool {
        let uid = user.uid.to_lowercase();
        self.admins
            .iter()
            .any(|admin| admin.user == uid && admin.domain.as_deref().is_none_or(|domain| domain == user.domain))
    }

    /// Signs somebody in. `authorization` is whom to act for: empty or the same user for one's own mail, else
    /// administrators only. Refusals are logged here, once.
    pub async fn password(
        &self,
        login: &str,
        password: &str,
        authorization: Option<&str>,
        context: AuthContext,
    ) -> Result<Identity, AuthError> {
        let result = self.sign_in(login, password, authorization).await;
        match &result {
            Ok(identity) => {
                info!(target: "account", "login: {} {}{} user {} {}", Peer(context), context.service.as_str(),
                if context.tls { "+tls" } else { "" }, Quoted(&identity.authenticated), ActsFor(identity))
            }
            Err(error) => {
                warn!(target: "account", "badlogin: {} plaintext {} authentication failure: {}", Peer(context), Quoted(login), error.reason())
            }
        }
        result
    }

    async fn sign_in(&self, login: &str, password: &str, authorization: Option<&str>) -> Result<Identity, AuthError> {
        if [login, password, authorization.unwrap_or("")].iter().any(|text| text.len() > crate::sasl::MAX_FIELD) {
            return Err(AuthError::new(AuthErrorKind::Malformed, "name or password too long"));
        }
        let login = self.names.split(&prepared(login)?);
        let password = prepared(password)?;
        if login.user.is_empty() || password.is_empty() {
            // An empty password must never reach a directory: LDAP servers take it for an anonymous bind.
            return Err(AuthError::new(AuthErrorKind::Failed, "empty name or password"));
        }
        let user = self.check(&login, &password).await?;
        check_status(&user)?;
        let is_admin = self.is_admin(&user);
        let authenticated = user.store_id.clone();
        let user = match authorization.filter(|identity| !identity.is_empty()) {
            None => user,
            Some(wanted) => self.authorize(user, is_admin, wanted).await?,
        };
        Ok(Identity { user, authenticated, is_admin })
    }

    /// The user whose name and password these are.
    async fn check(&self, login: &LoginName, password: &str) -> Result<Arc<User>, AuthError> {
        let generation = self.directory.generation().await;
        let remembered = self.cache.as_ref().map(|cache| (cache, cache.key(login, password)));
        if let Some((cache, key)) = &remembered
            && let Some(user) = cache.get(key, generation)
        {
            return Ok(user);
        }
        let found = match self.directory.find_login(login).await {
            Ok(found) => found.ok_or("no such user"),
            Err(directory::DirectoryError::Ambiguous(_)) => Err("login name fits several users"),
            Err(error) => return Err(AuthError::new(AuthErrorKind::Unavailable, error.to_string())),
        };
        let right = self
            .directory
            .verify(found.as_deref().ok(), password)
            .await
            .map_err(|error| AuthError::new(AuthErrorKind::Unavailable, error.to_string()))?;
        let user = found.map_err(|reason| AuthError::new(AuthErrorKind::Failed, reason))?;
        if !right {
            return Err(AuthError::new(AuthErrorKind::Failed, "wrong password"));
        }
        if let Some((cache, key)) = remembered {
            cache.put(key, Arc::clone(&user), generation);
        }
        Ok(user)
    }

    /// The user named as authorization identity, if `user` may act for that one.
    async fn authorize(&self, user: Arc<User>, is_admin: bool, wanted: &str) -> Result<Arc<User>, AuthError> {
        let name = self.names.split(&prepared(wanted)?);
        let found = self.directory.find_login(&name).await;
        // An administrator's own question may be answered; anybody else learns the same whether the name exists or not.
        match found {
            Ok(Some(other)) if other.store_id == user.store_id => Ok(user),
            _ if !is_admin => Err(AuthError::new(
                AuthErrorKind::NotAuthorized,
                format!("not a store administrator, asked to act for {}", Quoted(wanted)),
            )),
            Ok(Some(other)) => {
                check_status(&other)?;
                Ok(other)
            }
            Ok(None) => Err(AuthError::new(
                AuthErrorKind::NotAuthorized,
                format!("authorization identity {} does not exist", Quoted(wanted)),
            )),
            Err(directory::DirectoryError::Ambiguous(_)) => Err(AuthError::new(
                AuthErrorKind::NotAuthorized,
                format!("authorization identity {} fits several users", Quoted(wanted)),
            )),
            Err(error) => Err(AuthError::new(AuthErrorKind::Unavailable, error.to_string())),
        }
    }
}

fn check_status(user: &User) -> Result<(), AuthError> {
    let kind = match user.status {
        AccountStatus::Active | AccountStatus::OverQuota => return Ok(()),
        AccountStatus::Inactive => AuthErrorKind::Inactive,
        AccountStatus::Hold => AuthErrorKind::Hold,
        AccountStatus::Disabled => AuthErrorKind::Disabled,
        AccountStatus::Deleted => AuthErrorKind::Deleted,
    };
    Err(AuthError::new(kind, format!("account disabled ({})", user.status.as_str())))
}

/// `[address:port]`, as the old log lines have it.
struct Peer(AuthContext);

impl fmt::Display for Peer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.peer {
            Some(peer) => write!(out, "[{}:{}]", peer.ip(), peer.port()),
            None => out.write_str("[local]"),
        }
    }
}

/// User text that cannot forge a log line: control characters, blanks and quotes escaped, cut at 128 characters.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("\"\"");
        }
        for letter in self.0.chars().take(128) {
            match letter {
                ' ' => out.write_str("\\x20")?,
                // What looks like a line break or reorders text is escaped as well.
                letter
                    if letter.is_control()
                        || letter.is_whitespace()
                        || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
                {
                    write!(out, "{}", letter.escape_unicode())?;
                }
                letter => write!(out, "{letter}")?,
            }
        }
        Ok(())
    }
}

struct ActsFor<'a>(&'a Identity);

impl fmt::Display for ActsFor<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.user.store_id == self.0.authenticated {
            return Ok(());
        }
        write!(out, "acts for {}", Quoted(&self.0.user.store_id))
    }
}
