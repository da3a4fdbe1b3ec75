//! Services whose settings `refresh` renews: a new one takes the connections from then on, sessions keep what they began with.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use access::{Lookup, Protocol};
use auth::{AuthOptions, Authenticator};
use backends::Pool;
use config::{Access, Effect, Http, Imap, Lmtp, LoginThrottle, Pop, Proxy, Settings, SignIn, Store as StoreConfig};
use daemon::{Guard, Names, WorkPool, control::Refreshed};
use directory::QuotaPolicy;
use logs::Logs;

use super::{OpenSite, certificates, housekeeping::Housekeeper, site::quota_policy};

/// A service that can be replaced while connections come.
#[derive(Clone)]
pub struct Live<S>(Arc<RwLock<S>>);

impl<S: Clone> Live<S> {
    pub fn new(service: S) -> Self {
        Self(Arc::new(RwLock::new(service)))
    }

    /// The one of this moment.
    pub fn now(&self) -> S {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, service: S) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = service;
    }
}

/// A live mail service with what it keeps over a refresh: the pool of blocking threads.
pub struct Mail<S> {
    pub live: Live<S>,
    pub pool: WorkPool,
}

/// Everything that a refresh reaches.
#[derive(Default)]
pub struct Running {
    pub imap: Option<Mail<imapd::Service>>,
    pub pop: Option<Mail<popd::Service>>,
    pub lmtp: Option<Mail<lmtpd::Service>>,
    pub http: Option<mshttpd::Service>,
    /// The sign-in rules in force, once a refresh has looked at them.
    pub sign_in: Mutex<Option<(SignIn, Arc<Authenticator>)>>,
    /// The webmail's back ends, and the IMAP port when the command line moved it.
    pub backends: Option<(Pool, Option<u16>)>,
    /// Who runs the store's tasks.
    pub housekeeper: Option<Housekeeper>,
    guards: Vec<(Protocol, Guard)>,
}

impl Running {
    /// A guard for a service, whom a refresh reaches too.
    pub fn guard(&mut self, site: &OpenSite, protocol: Protocol, access: &Access) -> Guard {
        let guard = Guard::new(protocol, access.clone(), Arc::clone(&site.names));
        self.guards.push((protocol, guard.clone()));
        guard
    }

    /// Reads settings and certificates again. What is damaged stays as it was: a bad file must not end the service.
    pub fn refresh(&self, site: &OpenSite, logs: &Logs) -> Refreshed {
        match Settings::load(site.settings.root()) {
            Ok(settings) => {
                logs.refresh(&config::Log::read(&settings));
                certificates::refresh(site, &settings);
                self.take(site, &settings);
                if let Some(housekeeper) = &self.housekeeper {
                    housekeeper.refresh();
                }
                tracing::info!("refresh: settings read again");
                let waiting: Vec<String> = settings
                    .changed_since(&site.settings)
                    .into_iter()
                    .filter(|entry| entry.key.effect == Effect::Restart && entry.key.without_effect.is_none())
                    .map(|entry| entry.name)
                    .collect();
                if !waiting.is_empty() {
                    tracing::warn!("refresh: changed, but obeyed only after a restart: {}", waiting.join(", "));
                }
                Refreshed { waiting, ..Refreshed::default() }
            }
            Err(error) => {
                tracing::error!(%error, "refresh: settings kept as they were");
                Refreshed { problem: Some(error.to_string()), ..Refreshed::default() }
            }
        }
    }

    /// The sign-in rules of `new`. Unchanged ones stay, with the passwords that they remember; the default domain is also
    /// the directory's, and waits for a restart.
    fn rules(&self, site: &OpenSite, new: SignIn) -> Arc<Authenticator> {
        let mut current = self.sign_in.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, rules) =
            current.get_or_insert_with(|| (SignIn::read(&site.settings), Arc::clone(&site.authenticator)));
        let new = SignIn { default_domain: known.default_domain.clone(), ..new };
        if *known != new {
            *rules = Arc::new(rules.renewed(AuthOptions::from(&new)));
            *known = new;
        }
        Arc::clone(rules)
    }

    fn take(&self, site: &OpenSite, settings: &Settings) {
        let quota = quota_policy(&StoreConfig::read(settings));
        let names: Arc<dyn Lookup> = Arc::new(Names::new(&config::Names::read(settings)));
        for (protocol, guard) in &self.guards {
            let access = match protocol {
                Protocol::Imap => Imap::read(settings).service.access,
                Protocol::Pop => Pop::read(settings).service.access,
                Protocol::Http => Http::read(settings).service.access,
                Protocol::Lmtp => Lmtp::read(settings).access,
                // Nothing listens for it here.
                Protocol::Smtp => continue,
            };
            guard.replace(access, Arc::clone(&names));
        }
        if let Some(ldap) = config::Directory::read(settings).ldap {
            site.directory.set_trace(ldap.trace);
        }
        site.authenticator.set_admission(LoginThrottle::read(settings), names);
        let rules = self.rules(site, SignIn::read(settings));
        if let Some(Mail { live, pool }) = &self.imap {
            live.replace(imap(site, Imap::read(settings), quota, pool, &rules));
        }
        if let Some(Mail { live, pool }) = &self.pop {
            live.replace(pop(site, Pop::read(settings), pool, &rules));
        }
        if let Some(Mail { live, pool }) = &self.lmtp {
            live.replace(lmtp(site, Lmtp::read(settings), quota, pool));
        }
        if let Some(service) = &self.http {
            let config = Http::read(settings);
            match super::http::mta(&config) {
                Ok(mta) => service.trust_mta(mta),
                Err(error) => tracing::error!("refresh: trust in the MTA kept as it was: {error:#}"),
            }
            service.refresh(config, Arc::clone(&rules));
        }
        if let Some((backends, port)) = &self.backends {
            let proxy = Proxy::read(settings);
            match super::http::connector(&proxy) {
                Ok(connector) => backends.set_connector(connector),
                Err(error) => tracing::error!("refresh: trusted back ends kept as they were: {error:#}"),
            }
            backends.set_proxy(match port {
                Some(port) => proxy.with_port(*port),
                None => proxy,
            });
        }
    }
}

pub fn imap(
    site: &OpenSite,
    config: Imap,
    quota: QuotaPolicy,
    pool: &WorkPool,
    rules: &Arc<Authenticator>,
) -> imapd::Service {
    imapd::Service::new(imapd::ImapDeps {
        store: site.store.clone(),
        bus: Arc::clone(&site.bus),
        reach: site.reach.get().cloned().unwrap_or_else(ens::Reach::nothing),
        authenticator: Arc::clone(rules),
        pool: pool.clone(),
        tls: site.acceptor.clone().filter(|_| config.service.tls),
        quota,
        config,
    })
}

pub fn pop(site: &OpenSite, config: Pop, pool: &WorkPool, rules: &Arc<Authenticator>) -> popd::Service {
    popd::Service::new(popd::PopDeps {
        store: site.store.clone(),
        authenticator: Arc::clone(rules),
        pool: pool.clone(),
        tls: site.acceptor.as_ref().filter(|_| config.service.tls).map(tls::Acceptor::without_client_certificates),
        config,
    })
}

pub fn lmtp(site: &OpenSite, config: Lmtp, quota: QuotaPolicy, pool: &WorkPool) -> lmtpd::Service {
    lmtpd::Service::new(lmtpd::LmtpDeps {
        directory: Arc::clone(&site.directory),
        store: site.store.clone(),
        pool: pool.clone(),
        quota,
        statuses: super::directory::status_editor(&site.settings, &config),
        config,
    })
}
