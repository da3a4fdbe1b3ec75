//! How back-end IMAP servers are reached (Guide §5.7.1).

use std::{collections::BTreeMap, path::PathBuf};

use super::listen::port;
use crate::{key::Key, keys, settings::Settings};

/// One back-end IMAP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackEnd {
    /// Host to connect to: the user's mailHost.
    pub host: String,
    /// Its IMAP port.
    pub port: u16,
    /// Connect over TLS.
    pub tls: bool,
    /// `service.http.sslusessl`: without it TLS to back ends is off as well, and one that wants it cannot be reached (Guide §5.7.1).
    pub tls_allowed: bool,
    /// Administrator to sign in as; `None` when not configured.
    pub admin: Option<String>,
    /// The administrator's password; `None` when not configured.
    pub admin_pass: Option<String>,
}

impl BackEnd {
    /// The options that are missing before anyone can be signed in there, with both of their names.
    pub fn missing(&self) -> Vec<String> {
        [(&self.admin, keys::proxy::ADMIN), (&self.admin_pass, keys::proxy::ADMIN_PASS)]
            .iter()
            .filter(|(value, _)| value.is_none())
            .map(|(_, key)| format!("{0} (or {0}.{1})", key.name, self.host))
            .collect()
    }
}

/// The settings for all back ends: site-wide ones, and those of single hosts.
#[derive(Debug, Clone)]
pub struct Proxy {
    general: BackEnd,
    hosts: BTreeMap<String, Overrides>,
    /// Certificates that back ends are checked against; empty trusts none.
    pub ca_files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Default)]
struct Overrides {
    port: Option<u16>,
    tls: Option<bool>,
    admin: Option<String>,
    admin_pass: Option<String>,
}

impl Proxy {
    /// Reads them. `local.hostname` is the back end of users without a mailHost.
    pub fn read(settings: &Settings) -> Self {
        let mut hosts: BTreeMap<String, Overrides> = BTreeMap::new();
        let mut each = |key: &'static Key, set: fn(&mut Overrides, String)| {
            for (host, value) in settings.per_host(key) {
                set(hosts.entry(host).or_default(), value);
            }
        };
        each(keys::proxy::IMAP_PORT, |o, v| o.port = v.parse().ok());
        each(keys::proxy::IMAP_SSL, |o, v| o.tls = Some(v == "yes"));
        each(keys::proxy::ADMIN, |o, v| o.admin = Some(v));
        each(keys::proxy::ADMIN_PASS, |o, v| o.admin_pass = Some(v));
        Self {
            general: BackEnd {
                host: settings.text(keys::site::HOSTNAME),
                port: port(settings, keys::proxy::IMAP_PORT),
                tls: settings.flag(keys::proxy::IMAP_SSL),
                tls_allowed: settings.flag(keys::http::SSL_USE_SSL),
                admin: settings.optional(keys::proxy::ADMIN),
                admin_pass: settings.optional(keys::proxy::ADMIN_PASS),
            },
            hosts,
            ca_files: settings.paths(keys::proxy::CA_FILE),
        }
    }

    /// The back end `host`; `None` is a user without a mailHost, who lives on this host.
    pub fn back_end(&self, host: Option<&str>) -> BackEnd {
        let host = host.unwrap_or(&self.general.host).to_ascii_lowercase();
        let special = self.hosts.get(&host).cloned().unwrap_or_default();
        BackEnd {
            port: special.port.unwrap_or(self.general.port),
            tls: special.tls.unwrap_or(self.general.tls),
            tls_allowed: self.general.tls_allowed,
            admin: special.admin.or_else(|| self.general.admin.clone()),
            admin_pass: special.admin_pass.or_else(|| self.general.admin_pass.clone()),
            host,
        }
    }

    /// The hosts that have a setting of their own, in lower case.
    pub fn named_hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.keys().map(String::as_str)
    }

    /// Replaces the site-wide port: `run` with "any free port" only knows it once the IMAP service listens.
    pub fn with_port(mut self, port: u16) -> Self {
        self.general.port = port;
        self
    }
}
