//! What every handler can reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth::Authenticator;
use backends::{MailSession, Mailbox, Quota};
use directory::Directory;
use moka::sync::Cache;

use crate::live::Live;
use crate::request::Signed;
use crate::session::Kept;
use crate::tokens::Signer;
use crate::views::safe_html::CleanBody;

/// How a request came in; decides the cookie's name and attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTP.
    Plain,
    /// HTTPS.
    Tls,
}

/// The parts of the service, shared by all requests.
pub struct Parts {
    /// Settings; a refresh replaces them.
    pub config: Live<config::Http>,
    /// Sign-ins; a refresh replaces their rules.
    pub authenticator: Live<Arc<Authenticator>>,
    /// Users and addresses.
    pub directory: Arc<dyn Directory>,
    /// Connections to back ends.
    pub backends: backends::Pool,
    /// Attachments on their way out.
    pub spool: spool::Spool,
    /// The way to the MTA and to local mailboxes.
    pub submitter: Live<submission::Submitter>,
    /// Browser sessions.
    pub sessions: Kept,
    /// Link signatures.
    pub signer: Signer,
    /// Who may come in.
    pub guard: daemon::Guard,
    /// The TLS port's certificates; `None` without TLS.
    pub acceptor: Option<tls::Acceptor>,
    /// TLS to the MTA.
    pub mta: Live<tls::Connector>,
    /// The end of service.
    pub drain: daemon::Drain,
    /// Folder lists by session key, for a moment.
    pub folders: FolderCache,
    /// Cleaned message bodies, for the moment between the page and its frame.
    pub bodies: Cache<String, Arc<CleanBody>>,
}

/// Room for cleaned bodies, in bytes.
const BODIES: u64 = 32 << 20;

/// An empty cache of bodies.
pub fn bodies() -> Cache<String, Arc<CleanBody>> {
    Cache::builder()
        .max_capacity(BODIES)
        .weigher(|key: &String, body: &Arc<CleanBody>| {
            u32::try_from(key.len() + body.html.as_str().len()).unwrap_or(u32::MAX)
        })
        .time_to_live(Duration::from_secs(300))
        .build()
}

/// Handle for handlers.
#[derive(Clone)]
pub struct AppState {
    /// Everything that does not depend on the connection.
    pub parts: Arc<Parts>,
    /// How this request came in.
    pub transport: Transport,
}

impl std::ops::Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl AppState {
    /// The session that owns `key` has changed mailboxes: its next page shows that, whichever process makes it.
    pub async fn changed(&self, key: &str) {
        self.folders.forget(key);
        self.sessions.changed(key).await;
    }

    /// Whether browsers are asked for a certificate on the TLS port.
    pub fn asks_for_certificates(&self) -> bool {
        self.config.now().service.listen.ssl_port.is_some()
            && self.acceptor.as_ref().is_some_and(tls::Acceptor::asks_for_certificates)
    }

    /// Name of a cookie: `__Host-` over TLS, where browsers then insist on Secure, no Domain and Path=/.
    pub fn cookie(&self, suffix: &str) -> String {
        let base = &self.config.now().cookie_name;
        match self.transport {
            Transport::Tls => format!("__Host-{base}{suffix}"),
            Transport::Plain => format!("{base}{suffix}"),
        }
    }

    /// Attributes of our own cookies.
    pub fn cookie_attributes(&self) -> &'static str {
        match self.transport {
            Transport::Tls => "; Path=/; HttpOnly; SameSite=Strict; Secure",
            Transport::Plain => "; Path=/; HttpOnly; SameSite=Strict",
        }
    }
}

/// A user's folders and quota as last seen.
#[derive(Debug)]
pub struct FolderList {
    /// All mailboxes.
    pub mailboxes: Vec<Mailbox>,
    /// Room in INBOX's quota root.
    pub quota: Option<Quota>,
}

/// Folder lists, kept for a moment so that a page costs one round trip more rarely. Clones share them.
#[derive(Clone, Debug)]
pub struct FolderCache {
    /// `local.service.http.showunreadcounts`: without counts a list is one command, with them it may be one a folder.
    counts: Arc<AtomicBool>,
    lists: Cache<String, Arc<FolderList>>,
    quotas: Cache<String, Option<Quota>>,
}

impl Default for FolderCache {
    fn default() -> Self {
        Self {
            counts: Arc::new(AtomicBool::new(true)),
            lists: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_secs(2)).build(),
            quotas: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_secs(60)).build(),
        }
    }
}

impl FolderCache {
    /// The folders of a session.
    pub async fn of(&self, signed: &Signed) -> Result<Arc<FolderList>, backends::Error> {
        let key = &signed.who.key;
        if let Some(list) = self.lists.get(key) {
            return Ok(list);
        }
        let counts = self.counts.load(Ordering::Relaxed);
        let mailboxes =
            if counts { signed.mail.mailboxes().await? } else { signed.mail.mailboxes_without_counts().await? };
        let list = Arc::new(FolderList { mailboxes, quota: self.quota(key, &signed.mail).await });
        self.lists.insert(key.clone(), Arc::clone(&list));
        Ok(list)
    }

    async fn quota(&self, key: &str, mail: &MailSession) -> Option<Quota> {
        if let Some(quota) = self.quotas.get(key) {
            return quota;
        }
        // The bar is an extra: a server without QUOTA, or with trouble about it, still shows its mail.
        let quota = mail.quota("INBOX").await.ok().flatten();
        self.quotas.insert(key.to_owned(), quota.clone());
        quota
    }

    /// Whether folders have counts from now on.
    pub fn show_counts(&self, counts: bool) {
        self.counts.store(counts, Ordering::Relaxed);
    }

    /// What is kept for a session is old.
    pub fn forget(&self, key: &str) {
        self.lists.invalidate(key);
    }
}
