//! Services whose settings `refresh` renews: a new one takes the connections from then on, sessions keep what they began with.

use std::sync::{Arc, PoisonError, RwLock};

use backends::Pool;
use config::{Imap, Lmtp, Pop, Proxy, Settings, Store as StoreConfig};
use daemon::WorkPool;
use directory::QuotaPolicy;
use logs::Logs;

use super::{OpenSite, site::quota_policy};

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
    /// The webmail's back ends, and the IMAP port when the command line moved it.
    pub backends: Option<(Pool, Option<u16>)>,
}

impl Running {
    /// Reads settings and certificates again. What is damaged stays as it was: a bad file must not end the service.
    pub fn refresh(&self, site: &OpenSite, logs: &Logs) {
        if let Some(acceptor) = &site.acceptor {
            match acceptor.reload() {
                Ok(()) => tracing::info!("refresh: certificates read again"),
                Err(error) => tracing::error!(%error, "refresh: certificates kept as they were"),
            }
        }
        match Settings::load(site.settings.root()) {
            Ok(settings) => {
                logs.refresh(&config::Log::read(&settings));
                self.take(site, &settings);
                tracing::info!("refresh: settings read again");
            }
            Err(error) => tracing::error!(%error, "refresh: settings kept as they were"),
        }
    }

    fn take(&self, site: &OpenSite, settings: &Settings) {
        let quota = quota_policy(&StoreConfig::read(settings));
        if let Some(Mail { live, pool }) = &self.imap {
            live.replace(imap(site, Imap::read(settings), quota, pool));
        }
        if let Some(Mail { live, pool }) = &self.pop {
            live.replace(pop(site, Pop::read(settings), pool));
        }
        if let Some(Mail { live, pool }) = &self.lmtp {
            live.replace(lmtp(site, Lmtp::read(settings), quota, pool));
        }
        if let Some((backends, port)) = &self.backends {
            let proxy = Proxy::read(settings);
            backends.set_proxy(match port {
                Some(port) => proxy.with_port(*port),
                None => proxy,
            });
        }
    }
}

pub fn imap(site: &OpenSite, config: Imap, quota: QuotaPolicy, pool: &WorkPool) -> imapd::Service {
    imapd::Service::new(imapd::ImapDeps {
        store: site.store.clone(),
        bus: Arc::clone(&site.bus),
        reach: site.reach.get().cloned().unwrap_or_else(ens::Reach::nothing),
        authenticator: Arc::clone(&site.authenticator),
        pool: pool.clone(),
        tls: site.acceptor.clone().filter(|_| config.service.tls),
        quota,
        config,
    })
}

pub fn pop(site: &OpenSite, config: Pop, pool: &WorkPool) -> popd::Service {
    popd::Service::new(popd::PopDeps {
        store: site.store.clone(),
        authenticator: Arc::clone(&site.authenticator),
        pool: pool.clone(),
        tls: site.acceptor.clone().filter(|_| config.service.tls),
        config,
    })
}

pub fn lmtp(site: &OpenSite, config: Lmtp, quota: QuotaPolicy, pool: &WorkPool) -> lmtpd::Service {
    lmtpd::Service::new(lmtpd::LmtpDeps {
        directory: Arc::clone(&site.directory),
        store: site.store.clone(),
        pool: pool.clone(),
        quota,
        config,
    })
}
