//! What every service has: where it listens, and its limits.

use std::{net::IpAddr, time::Duration};

use super::access::{Access, AccessKeys};
use crate::{key::Key, keys, settings::Settings};

/// Where a service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The addresses; at least one.
    pub addresses: Vec<IpAddr>,
    /// The plain port; `None` when only the TLS port is on. 0 takes any free port (tests and the demo only).
    pub port: Option<u16>,
    /// The port for TLS from the first byte, when it is on.
    pub ssl_port: Option<u16>,
}

impl Listen {
    /// Whether the service listens at all. A service is only off when both its ports are (Reference §1.3).
    pub fn is_on(&self) -> bool {
        self.port.is_some() || self.ssl_port.is_some()
    }
}

/// The limits of a service (Guide §5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Where it listens.
    pub listen: Listen,
    /// Whether TLS may be used at all: on its own port or after STARTTLS.
    pub tls: bool,
    /// Connections per process.
    pub max_sessions: usize,
    /// Threads per process for blocking work.
    pub max_threads: usize,
    /// Worker processes.
    pub num_processes: usize,
    /// Idle time after which a connection is dropped.
    pub idle_timeout: Duration,
    /// 0: passwords on any connection; >0: only under TLS of that strength; -1: never.
    pub plaintext_min_cipher: i32,
    /// Who may connect.
    pub access: Access,
}

/// The rows of the keys that `imap`, `pop` and `http` have alike.
pub(crate) struct ServiceKeys {
    pub enable: &'static Key,
    pub port: &'static Key,
    pub enable_ssl_port: &'static Key,
    pub ssl_port: &'static Key,
    pub ssl_use_ssl: &'static Key,
    pub max_sessions: &'static Key,
    pub max_threads: &'static Key,
    pub num_processes: &'static Key,
    pub idle_timeout: &'static Key,
    pub plaintext_min_cipher: &'static Key,
    pub listen_addresses: &'static Key,
    pub access: AccessKeys,
}

macro_rules! service_keys {
    ($family:ident, $trusted:expr) => {
        crate::typed::listen::ServiceKeys {
            enable: crate::keys::$family::ENABLE,
            port: crate::keys::$family::PORT,
            enable_ssl_port: crate::keys::$family::ENABLE_SSL_PORT,
            ssl_port: crate::keys::$family::SSL_PORT,
            ssl_use_ssl: crate::keys::$family::SSL_USE_SSL,
            max_sessions: crate::keys::$family::MAX_SESSIONS,
            max_threads: crate::keys::$family::MAX_THREADS,
            num_processes: crate::keys::$family::NUM_PROCESSES,
            idle_timeout: crate::keys::$family::IDLE_TIMEOUT,
            plaintext_min_cipher: crate::keys::$family::PLAINTEXT_MIN_CIPHER,
            listen_addresses: crate::keys::access::$family::LISTEN_ADDRESSES,
            access: crate::typed::access::access_keys!($family, $trusted),
        }
    };
}
pub(crate) use service_keys;

impl Service {
    pub(crate) fn read(settings: &Settings, keys: &ServiceKeys) -> Self {
        let tls = settings.flag(keys.ssl_use_ssl);
        Self {
            listen: Listen {
                addresses: match addresses(settings, keys.listen_addresses) {
                    own if !own.is_empty() => own,
                    _ => addresses(settings, keys::service::LISTEN_ADDRESSES),
                },
                port: settings.flag(keys.enable).then(|| port(settings, keys.port)),
                ssl_port: (tls && settings.flag(keys.enable_ssl_port)).then(|| port(settings, keys.ssl_port)),
            },
            tls,
            max_sessions: size(settings, keys.max_sessions),
            max_threads: size(settings, keys.max_threads),
            num_processes: size(settings, keys.num_processes),
            idle_timeout: minutes(settings, keys.idle_timeout),
            plaintext_min_cipher: i32::try_from(settings.number(keys.plaintext_min_cipher)).unwrap_or(0),
            access: Access::read(settings, &keys.access),
        }
    }
}

pub(crate) fn addresses(settings: &Settings, key: &'static Key) -> Vec<IpAddr> {
    settings.text(key).split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

pub(crate) fn port(settings: &Settings, key: &'static Key) -> u16 {
    u16::try_from(settings.number(key)).unwrap_or(0)
}

pub(crate) fn size(settings: &Settings, key: &'static Key) -> usize {
    usize::try_from(settings.number(key)).unwrap_or(0)
}

pub(crate) fn bytes(settings: &Settings, key: &'static Key) -> u64 {
    u64::try_from(settings.number(key)).unwrap_or(0)
}

pub(crate) fn minutes(settings: &Settings, key: &'static Key) -> Duration {
    Duration::from_secs(bytes(settings, key) * 60)
}

pub(crate) fn seconds(settings: &Settings, key: &'static Key) -> Duration {
    Duration::from_secs(bytes(settings, key))
}
