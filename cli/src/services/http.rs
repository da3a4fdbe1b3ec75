//! The webmail put together: back ends, spool, submission.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use backends::{Pool, PoolOptions};
use config::{Http, Proxy};
use daemon::{Drain, Guard};
use mshttpd::{HttpDeps, Service, SessionsIn};
use spool::{Spool, SpoolOptions};

use super::{OpenSite, RunOptions, ServiceName};

/// The back-end pool of the webmail.
pub fn backends(config: &Http, proxy: Proxy) -> anyhow::Result<Pool> {
    let connector = connector(&proxy)?;
    let options = PoolOptions { idle_close: config.resource_timeout, ..PoolOptions::default() };
    Ok(Pool::new(options, proxy, connector))
}

/// What does handshakes with back ends; `None` when no certificate is trusted.
pub fn connector(proxy: &Proxy) -> anyhow::Result<Option<tls::Connector>> {
    if proxy.ca_files.is_empty() {
        return Ok(None);
    }
    let options = tls::ConnectorOptions { ca_files: proxy.ca_files.clone(), ..tls::ConnectorOptions::default() };
    Ok(Some(tls::Connector::new(&options).context("local.service.proxy.cafile")?))
}

/// What does handshakes with the MTA: with trusted certificates it must prove who it is.
pub fn mta(config: &Http) -> anyhow::Result<tls::Connector> {
    match &config.smtp_ca_file {
        Some(file) => {
            let options = tls::ConnectorOptions { ca_files: vec![file.clone()], ..tls::ConnectorOptions::default() };
            tls::Connector::new(&options).context("service.http.smtpcafile")
        }
        None => Ok(tls::Connector::opportunistic()?),
    }
}

/// The service. It reaches mail through `backends` alone, also when the store is in this process.
pub fn service(
    site: &OpenSite,
    run: &RunOptions<'_>,
    config: Http,
    backends: Pool,
    guard: Guard,
    drain: &Drain,
) -> anyhow::Result<Service> {
    // One process with everything is the whole webmail; a process of its own has siblings, or successors.
    let alone = run.services != [ServiceName::Http];
    let (sessions, stale) = match alone {
        // What an earlier process left belongs to nobody.
        true => (SessionsIn::Memory, Duration::ZERO),
        false => (SessionsIn::Folder(site.settings.root().join("sessions")), mshttpd::LONGEST_SESSION),
    };
    let spool =
        Spool::open(SpoolOptions { dir: config.spool_dir.clone(), session_bytes: mshttpd::session_bytes(&config) })
            .and_then(|spool| {
                let removed = spool.sweep(stale)?;
                if removed > 0 {
                    tracing::info!("{removed} leftovers of ended sessions removed from the spool");
                }
                Ok(spool)
            })
            .with_context(|| format!("service.http.spooldir {}", config.spool_dir.display()))?;
    let mta = mta(&config)?;
    Service::new(HttpDeps {
        authenticator: Arc::clone(&site.authenticator),
        backends,
        spool,
        acceptor: site.acceptor.clone().filter(|_| config.service.tls),
        mta,
        config,
        guard,
        listed: site.sessions.clone(),
        sessions,
        drain: drain.clone(),
    })
    .context("browser sessions")
}
