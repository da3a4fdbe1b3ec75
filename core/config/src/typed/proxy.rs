//! How back-end IMAP servers are reached (Guide §5.7.1).

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::PathBuf,
};

use super::{Imap, listen::port};
use crate::{key::Key, keys, settings::Settings};

/// One back-end IMAP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackEnd {
    /// Host to connect to: the user's mailHost.
    pub host: String,
    /// Where to connect to instead of looking up `host`: this host's own IMAP service needs no DNS.
    pub address: Option<IpAddr>,
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
    /// Where this host's own IMAP service listens; `None` where it has none.
    own: Option<IpAddr>,
    own_ports: Vec<u16>,
    /// Its port, where nobody has said which port back ends have.
    own_port: Option<u16>,
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
        let listen = Imap::read(settings).service.listen;
        let tls = settings.flag(keys::proxy::IMAP_SSL);
        let own_port = if tls { listen.ssl_port } else { listen.port };
        Self {
            own_port: own_port.filter(|port| *port != 0 && !settings.is_set(keys::proxy::IMAP_PORT)),
            own: listen.addresses.first().filter(|_| listen.is_on()).map(|address| reachable(*address)),
            own_ports: listen.port.into_iter().chain(listen.ssl_port).collect(),
            general: BackEnd {
                host: settings.text(keys::site::HOSTNAME),
                address: None,
                port: port(settings, keys::proxy::IMAP_PORT),
                tls,
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
        let here = host.eq_ignore_ascii_case(&self.general.host);
        let port = special.port.or(self.own_port.filter(|_| here)).unwrap_or(self.general.port);
        let here = here && self.own_ports.contains(&port);
        BackEnd {
            address: self.own.filter(|_| here),
            port,
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
        self.own_port = None;
        self.own_ports.push(port);
        self
    }
}

/// Where a service that listens on `address` can be reached from its own host.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        bound => bound,
    }
}
