//! What the user directory is told.

use std::{path::PathBuf, time::Duration};

use crate::{keys, settings::Settings};

/// Settings of `directory`.
#[derive(Debug, Clone)]
pub struct Directory {
    /// `service.defaultdomain`.
    pub default_domain: String,
    /// `sasl.default.ldap.searchfilter`; empty for the default one.
    pub search_filter: String,
    /// `service.dcroot`; `None` for Schema 2 only.
    pub dc_root: Option<String>,
    /// The embedded directory's file.
    pub file: PathBuf,
    /// The LDAP servers; `None` for the embedded directory.
    pub ldap: Option<Ldap>,
}

/// How LDAP servers are reached.
#[derive(Clone)]
pub struct Ldap {
    /// Hosts with their ports, in the order in which they are tried.
    pub servers: Vec<(String, u16)>,
    /// `local.ugldapbasedn`.
    pub base_dn: String,
    /// `local.ugldapbinddn`; empty for anonymous.
    pub bind_dn: String,
    /// `local.ugldapbindcred`.
    pub bind_password: String,
    /// How TLS begins.
    pub security: LdapSecurity,
    /// Trusted certificates; `None` for the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether the servers' certificates are checked.
    pub check_certificate: bool,
    /// Whether every operation is logged.
    pub trace: bool,
    /// Connections to each server and purpose.
    pub pool_size: usize,
    /// Longest wait for an answer.
    pub time_limit: Duration,
}

/// How the connection to an LDAP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LdapSecurity {
    /// Not at all.
    Plain,
    /// StartTLS on the plain port.
    StartTls,
    /// TLS from the first byte.
    Ldaps,
}

impl std::fmt::Debug for Ldap {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The password must not reach a log by way of this struct.
        out.debug_struct("Ldap").field("servers", &self.servers).field("base_dn", &self.base_dn).finish_non_exhaustive()
    }
}

impl Directory {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            default_domain: settings.text(keys::site::DEFAULT_DOMAIN).to_lowercase(),
            search_filter: settings.text(keys::directory::SEARCH_FILTER),
            dc_root: settings.optional(keys::directory::DC_ROOT),
            file: settings.root().join("config").join("directory.ldif"),
            ldap: settings.optional(keys::directory::HOST).map(|hosts| Ldap::read(settings, &hosts)),
        }
    }
}

impl Ldap {
    fn read(settings: &Settings, hosts: &str) -> Self {
        let security = if settings.flag(keys::directory::USE_SSL) {
            LdapSecurity::Ldaps
        } else if settings.flag(keys::directory::START_TLS) {
            LdapSecurity::StartTls
        } else {
            LdapSecurity::Plain
        };
        let default_port = match settings.overridden(keys::directory::PORT) {
            false if security == LdapSecurity::Ldaps => 636,
            _ => super::listen::port(settings, keys::directory::PORT),
        };
        Self {
            servers: hosts
                .split([' ', '\t', ','])
                .filter(|host| !host.is_empty())
                .map(|host| server(host, default_port))
                .collect(),
            base_dn: settings.text(keys::directory::BASE_DN),
            bind_dn: settings.text(keys::directory::BIND_DN),
            bind_password: settings.text(keys::directory::BIND_CRED),
            security,
            ca_file: settings.optional(keys::directory::CA_FILE).map(|_| settings.path(keys::directory::CA_FILE)),
            check_certificate: settings.flag(keys::directory::CHECK_CERT),
            trace: settings.flag(keys::directory::TRACE),
            pool_size: super::listen::size(settings, keys::directory::POOL_SIZE),
            time_limit: Duration::from_millis(settings.number(keys::directory::TIME_LIMIT).unsigned_abs()),
        }
    }
}

/// `host`, `host:port`, `[v6]:port` or a bare IPv6 address.
fn server(text: &str, default_port: u16) -> (String, u16) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (host.to_owned(), rest.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(default_port));
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host.to_owned(), port.parse().unwrap_or(default_port)),
        _ => (text.to_owned(), default_port),
    }
}
