//! The webmail put together: back ends, spool, submission.

use std::sync::Arc;

use backends::{Pool, PoolOptions};
use config::{Http, Proxy};
use daemon::Drain;
use mshttpd::{HttpDeps, Service};

use super::OpenSite;

/// The service over a back-end pool of its own. It reaches mail by IMAP alone, also when the store is in this process.
pub fn service(site: &OpenSite, config: Http, proxy: Proxy, drain: &Drain) -> anyhow::Result<Service> {
    let connector = match &proxy.ca_file {
        Some(file) => Some(tls::Connector::new(&tls::ConnectorOptions {
            ca_files: vec![file.clone()],
            ..tls::ConnectorOptions::default()
        })?),
        None => None,
    };
    let options = PoolOptions { idle_close: config.resource_timeout, ..PoolOptions::default() };
    let backends = Pool::new(options, proxy, connector);
    Ok(Service::new(HttpDeps {
        authenticator: Arc::clone(&site.authenticator),
        directory: Arc::clone(&site.directory),
        backends,
        config,
        drain: drain.clone(),
    })?)
}
