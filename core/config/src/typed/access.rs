//! Who may connect to a service, how names are found out, and how sign-ins are delayed.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use access::{ConnLimits, Networks, Rules};

use super::listen::{seconds, size};
use crate::{key::Key, keys, settings::Settings, value};

/// Who may connect to one service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// `domainallowed` and `domainnotallowed`.
    pub rules: Rules,
    /// Connections from one address.
    pub conn_limits: ConnLimits,
    /// Who begins with a PROXY protocol header.
    pub proxy_protocol: Networks,
    /// Whose word about the client's address is believed in the protocol itself: ID of IMAP, headers of HTTP.
    pub trusted_proxies: Networks,
}

/// The rows of one service.
pub(crate) struct AccessKeys {
    pub allowed: &'static Key,
    pub not_allowed: &'static Key,
    pub conn_limits: &'static Key,
    pub proxy_protocol: &'static Key,
    pub trusted_proxies: Option<&'static Key>,
}

macro_rules! access_keys {
    ($family:ident, $trusted:expr) => {
        crate::typed::access::AccessKeys {
            allowed: crate::keys::access::$family::ALLOWED,
            not_allowed: crate::keys::access::$family::NOT_ALLOWED,
            conn_limits: crate::keys::access::$family::CONN_LIMITS,
            proxy_protocol: crate::keys::access::$family::PROXY_PROTOCOL,
            trusted_proxies: $trusted,
        }
    };
}
pub(crate) use access_keys;

impl Access {
    // Values were checked when they were set or loaded. Should one not be readable all the same, nobody is let in by mistake.
    pub(crate) fn read(settings: &Settings, keys: &AccessKeys) -> Self {
        let networks = |key: &'static Key| settings.text(key).parse().unwrap_or_default();
        Self {
            rules: Rules::parse(&settings.text(keys.allowed), &settings.text(keys.not_allowed))
                .unwrap_or_else(|_| Rules::nobody()),
            conn_limits: settings.text(keys.conn_limits).parse().unwrap_or_default(),
            proxy_protocol: networks(keys.proxy_protocol),
            trusted_proxies: keys.trusted_proxies.map(networks).unwrap_or_default(),
        }
    }
}

/// How the names that filters ask for are found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Whether host names are looked up at all.
    pub resolve: bool,
    /// Name servers; empty for the system's.
    pub servers: Vec<SocketAddr>,
    /// Where the netgroups are.
    pub netgroup_file: PathBuf,
}

impl Names {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            resolve: settings.flag(keys::access::RESOLVE_CLIENT),
            servers: settings.text(keys::access::DNS_SERVERS).split_whitespace().filter_map(value::server).collect(),
            netgroup_file: settings.path(keys::access::NETGROUP_FILE),
        }
    }
}

/// How sign-ins are delayed after wrong passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginThrottle {
    /// Whether at all.
    pub enable: bool,
    /// Failures of a user from an address that cost nothing.
    pub free: u32,
    /// The longest delay.
    pub max_delay: Duration,
    /// Half of the failures are forgotten in this time.
    pub half_life: Duration,
    /// Users and addresses that are remembered.
    pub size: usize,
    /// Who is never delayed.
    pub exempt: Networks,
}

impl LoginThrottle {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            enable: settings.flag(keys::access::THROTTLE),
            free: u32::try_from(settings.number(keys::access::THROTTLE_FREE)).unwrap_or(1),
            max_delay: seconds(settings, keys::access::THROTTLE_MAX_DELAY),
            half_life: seconds(settings, keys::access::THROTTLE_HALF_LIFE),
            size: size(settings, keys::access::THROTTLE_SIZE),
            exempt: settings.text(keys::access::THROTTLE_EXEMPT).parse().unwrap_or_default(),
        }
    }
}
