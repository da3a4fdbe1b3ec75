//! The one door for sign-ins: password, status and authorization identity, in that order (Guide §5.3; reference §7.6).

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use directory::{AccountStatus, Directory, DirectoryError, LoginName, User};
use logs::Quoted;
use sha2::{Digest, Sha256};

use access::{Lookup, Rules};
use config::LoginThrottle;

use crate::admission::{self, Admission};
use crate::cache::SignInCache;
use crate::scram::{ClientFirst, Exchange};
use crate::sign_in_log::log;
use crate::{AuthError, AuthErrorKind, BareNames, CertificateMap, LoginNames, prepared};

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
    /// `sasl.default.ldap.searchfordomain`: where names without a domain are looked for.
    pub bare_names: BareNames,
    /// `store.admins`, split at blanks: store ids of store administrators, who may act for any user.
    pub admins: Vec<String>,
    /// `store.serviceadmingroupdn`: DN of a group whose members are store administrators too.
    pub admin_group: Option<String>,
    /// Something that only this site knows and all its processes: the salts that SCRAM shows for users whom nobody is are made of
    /// it. `None`: of nothing that outlives the process.
    pub scram_secret: Option<String>,
    /// `service.http.proxydomainallowed`: from where everybody may sign in to HTTP for anybody else; no filter = from nowhere.
    pub http_proxies: Rules,
}

impl Default for AuthOptions {
    fn default() -> Self {
        AuthOptions {
            cache_ttl: Duration::from_secs(900),
            cache_size: 10_000,
            login_separators: "@".to_owned(),
            default_domain: String::new(),
            bare_names: BareNames::default(),
            admins: Vec::new(),
            admin_group: None,
            scram_secret: None,
            http_proxies: Rules::default(),
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
            bare_names: match settings.search_for_domain {
                true => BareNames::DefaultDomain,
                false => BareNames::WholeDirectory,
            },
            admins: settings.admins.clone(),
            admin_group: settings.admin_group.clone(),
            scram_secret: settings.site_secret.clone(),
            http_proxies: settings.http_proxies.clone(),
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
    /// The address that the client connected to, where that is known.
    pub local: Option<SocketAddr>,
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
    /// Administrators as split store ids, lower case.
    admins: Vec<LoginName>,
    admin_group: Option<String>,
    cache: Option<SignInCache>,
    admission: Arc<Admission>,
    certificates: Arc<RwLock<Arc<CertificateMap>>>,
    /// Makes the salts of users without a verifier.
    scram_secret: [u8; 32],
    http_proxies: Rules,
}

impl Authenticator {
    /// An authenticator over `directory`; share it (`Arc`) among all services of the process.
    pub fn new(directory: Arc<dyn Directory>, options: AuthOptions) -> Authenticator {
        let names =
            LoginNames::new(&options.login_separators, &options.default_domain).with_bare_names(options.bare_names);
        let admins = options.admins.iter().map(|admin| names.split_store_id(&admin.to_lowercase())).collect();
        let cache = SignInCache::new(options.cache_ttl, options.cache_size);
        let (certificates, admission) = (Arc::default(), Arc::new(Admission::new()));
        let scram_secret = match &options.scram_secret {
            Some(secret) => Sha256::digest(format!("SCRAM salts of nobody {secret}")).into(),
            None => rand::random(),
        };
        let AuthOptions { admin_group, http_proxies, .. } = options;
        Authenticator {
            directory,
            names,
            admins,
            admin_group,
            cache,
            admission,
            certificates,
            scram_secret,
            http_proxies,
        }
    }

    /// One with other rules, which goes on counting wrong passwords where this one is and shares its map of certificates.
    #[must_use]
    pub fn renewed(&self, options: AuthOptions) -> Self {
        Self {
            admission: Arc::clone(&self.admission),
            certificates: Arc::clone(&self.certificates),
            scram_secret: self.scram_secret,
            ..Self::new(Arc::clone(&self.directory), options)
        }
    }

    /// The directory behind it.
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    /// Takes another certmap.conf; an empty one maps by mail address.
    pub fn set_certificate_map(&self, map: CertificateMap) {
        *self.certificates.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(map);
    }

    pub(crate) fn certificate_map(&self) -> Arc<CertificateMap> {
        Arc::clone(&self.certificates.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How login names are read.
    pub fn login_names(&self) -> &LoginNames {
        &self.names
    }

    /// Whether `user` is a store administrator: named by `store.admins`, or a member of the administrators' group.
    pub async fn is_admin(&self, user: &User) -> Result<bool, AuthError> {
        let uid = user.uid.to_lowercase();
        let named =
            |admin: &LoginName| admin.user == uid && admin.domain.as_deref().is_none_or(|domain| domain == user.domain);
        match &self.admin_group {
            _ if self.admins.iter().any(named) => Ok(true),
            Some(group) => self.directory.is_member(group, user).await.map_err(|error| look_up_failed(&error)),
            None => Ok(false),
        }
    }

    /// The user with this login name. Store administrators are found by their user id whatever other people type to sign in:
    /// a site that searches by telephone number keeps its proxy administrator.
    pub async fn find(&self, login: &LoginName) -> Result<Option<Arc<User>>, DirectoryError> {
        let store_id = self.names.split_store_id(&login.typed.to_lowercase());
        if self.admins.iter().any(|admin| admin.user == store_id.user && admin.domain == store_id.domain) {
            return self.directory.find_uid(&store_id.user, store_id.domain.as_deref()).await;
        }
        self.directory.find_login(login).await
    }

    /// Who `identity` becomes when it acts for `wanted` (PROXYAUTH): store administrators may act for everybody, domain
    /// administrators for their domains' users. Refusals are logged here, once.
    pub async fn act_for(
        &self,
        identity: &Identity,
        wanted: &str,
        context: AuthContext,
    ) -> Result<Identity, AuthError> {
        let result = if identity.is_admin || identity.authenticated == identity.user.store_id {
            self.authorize(Arc::clone(&identity.user), identity.is_admin, wanted, context).await
        } else {
            // Acting for somebody lends the mail, not the rights to act for yet others.
            Err(AuthError::new(AuthErrorKind::NotAuthorized, "acts for somebody already"))
        };
        let result = result.map(|user| Identity { user, ..identity.clone() });
        log(&result, &identity.authenticated, "plaintext", context);
        result
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
        self.guarded(login, "plaintext", context, Box::pin(self.sign_in(login, password, authorization, context))).await
    }

    /// One sign-in from beginning to end, however it is proved: waits where wrong proofs came before, does `work`, looks whether the
    /// service may be used, and logs what became of it. Every way to sign in that could be guessed goes through here.
    pub async fn guarded(
        &self,
        login: &str,
        mechanism: &'static str,
        context: AuthContext,
        work: impl Future<Output = Result<Identity, AuthError>>,
    ) -> Result<Identity, AuthError> {
        // Boxed here and by the callers: a session lasts for hours, its sign-in for a moment.
        let result = Box::pin(async {
            let name = self.names.split(login);
            let canonical = format!("{}@{}", name.user.to_lowercase(), name.domain.unwrap_or_default());
            let ticket = self.admission.turn(&canonical, context).await?;
            let mut result = work.await;
            if let Ok(identity) = &result
                && let Err(denied) = self.admission.service(identity, context).await
            {
                result = Err(denied);
            }
            if let Some(ticket) = ticket {
                ticket.settle(admission::outcome(&result), Instant::now());
            }
            result
        })
        .await;
        log(&result, login, mechanism, context);
        result
    }

    /// Notes in the log that a sign-in could not even be read: its name or message is not well-formed, or too long. Nothing is
    /// counted against anybody: no password was looked at.
    pub fn unreadable(&self, error: &AuthError, mechanism: &'static str, context: AuthContext) {
        log(&Err(error.clone()), error.claimed_name(), mechanism, context);
    }

    /// Takes changed settings of the throttle, and who finds out names for the rules of users and domains.
    pub fn set_admission(&self, throttle: LoginThrottle, names: Arc<dyn Lookup>) {
        self.admission.set(throttle, names);
    }

    /// Answers a client's first SCRAM message. Unknown users get a challenge like everybody (RFC 5802 §9 would let them be told).
    /// Refusals are logged here, once.
    pub async fn scram(&self, first: ClientFirst, context: AuthContext) -> Result<Exchange, AuthError> {
        let claimed = first.login.clone();
        let begun = self.challenge(first).await;
        if let Err(error) = &begun {
            log(&Err(error.clone()), &claimed, MECHANISM_OF_SCRAM, context);
        }
        begun
    }

    async fn challenge(&self, first: ClientFirst) -> Result<Exchange, AuthError> {
        let login = self.names.split(&prepared(&first.login)?);
        let found = match self.find(&login).await {
            Ok(found) => found,
            Err(DirectoryError::Ambiguous(_)) => None,
            Err(error) => return Err(look_up_failed(&error)),
        };
        let verifiers = match &found {
            Some(user) => self.directory.scram_verifiers(user).await.map_err(|error| look_up_failed(&error))?,
            None => Vec::new(),
        };
        let verifier = verifiers.into_iter().find(|verifier| verifier.mechanism == crate::scram::SCRAM);
        Ok(Exchange::begin(first, verifier, &self.scram_secret))
    }

    /// Checks the client's last SCRAM message. Returns who signed in and what the server says last. Refusals are logged here, once.
    pub async fn scram_finish(
        &self,
        exchange: &Exchange,
        message: &[u8],
        context: AuthContext,
    ) -> Result<(Identity, String), AuthError> {
        let first = exchange.first();
        let mut proof = String::new();
        let work = async {
            proof = exchange.finish(message)?;
            let login = self.names.split(&prepared(&first.login)?);
            let found = self.find(&login).await.map_err(|error| look_up_failed(&error))?;
            let user = found.ok_or_else(|| AuthError::new(AuthErrorKind::Failed, "user is gone"))?;
            self.admit(user, first.authorization.as_deref(), context).await
        };
        let result = self.guarded(&first.login, MECHANISM_OF_SCRAM, context, work).await;
        result.map(|identity| (identity, proof))
    }

    async fn sign_in(
        &self,
        login: &str,
        password: &str,
        authorization: Option<&str>,
        context: AuthContext,
    ) -> Result<Identity, AuthError> {
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
        self.admit(user, authorization, context).await
    }

    /// What follows once it is known who somebody is: the account's status, then whom to act for.
    pub(crate) async fn admit(
        &self,
        user: Arc<User>,
        authorization: Option<&str>,
        context: AuthContext,
    ) -> Result<Identity, AuthError> {
        check_status(&user)?;
        let is_admin = self.is_admin(&user).await?;
        let authenticated = user.store_id.clone();
        let user = match authorization.filter(|identity| !identity.is_empty()) {
            None => user,
            Some(wanted) => self.authorize(user, is_admin, wanted, context).await?,
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
        let found = match self.find(login).await {
            Ok(found) => found.ok_or("no such user"),
            Err(DirectoryError::Ambiguous(_)) => Err("login name fits several users"),
            Err(error) => return Err(look_up_failed(&error)),
        };
        let right =
            self.directory.verify(found.as_deref().ok(), password).await.map_err(|error| look_up_failed(&error))?;
        let user = found.map_err(|reason| AuthError::new(AuthErrorKind::Failed, reason))?;
        if !right {
            return Err(AuthError::new(AuthErrorKind::Failed, "wrong password"));
        }
        if let Some((cache, key)) = remembered {
            cache.put(key, Arc::clone(&user), generation);
        }
        Ok(user)
    }

    /// The user named as authorization identity (a store id, else a login name), if `user` may act for that one.
    async fn authorize(
        &self,
        user: Arc<User>,
        is_admin: bool,
        wanted: &str,
        context: AuthContext,
    ) -> Result<Arc<User>, AuthError> {
        let prepared = prepared(wanted)?;
        let store_id = self.names.split_store_id(&prepared);
        let mut found = self.directory.find_uid(&store_id.user, store_id.domain.as_deref()).await;
        if let Ok(None) = found {
            found = self.find(&self.names.split(&prepared)).await;
        }
        // An administrator's own question may be answered; anybody else learns the same whether the name exists or not.
        let denied = |reason: String| Err(AuthError::new(AuthErrorKind::NotAuthorized, reason));
        match found {
            Ok(Some(other)) if other.store_id == user.store_id => return Ok(user),
            Err(error) if !matches!(error, DirectoryError::Ambiguous(_)) => return Err(look_up_failed(&error)),
            _ => {}
        }
        // Who comes from a portal's host may act for everybody in the webmail, and there alone (reference §2.4).
        let is_admin = is_admin || self.admission.is_portal(&self.http_proxies, context).await;
        let domains = match is_admin {
            true => Vec::new(),
            false => self.directory.administered_domains(&user).await.map_err(|error| look_up_failed(&error))?,
        };
        match found {
            Ok(Some(other)) if is_admin || domains.contains(&other.domain) => {
                check_status(&other)?;
                Ok(other)
            }
            _ if !is_admin => denied(format!("not an administrator, asked to act for {}", Quoted(wanted))),
            Err(_) => denied(format!("authorization identity {} fits several users", Quoted(wanted))),
            Ok(_) => denied(format!("authorization identity {} does not exist", Quoted(wanted))),
        }
    }
}

/// How SCRAM is named in the log, with and without channel binding.
const MECHANISM_OF_SCRAM: &str = crate::scram::SCRAM;

/// The directory has said in the log that it is away, once; everything else is told with the sign-in.
pub(crate) fn look_up_failed(error: &DirectoryError) -> AuthError {
    AuthError::new(AuthErrorKind::Unavailable, error.to_string())
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
