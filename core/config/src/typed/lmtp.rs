//! What the LMTP daemon is told.

use std::time::Duration;

use super::access::{Access, access_keys};
use super::listen::{Listen, addresses, bytes, minutes, port, size};
use crate::{keys, settings::Settings};

/// Settings of `lmtpd`.
#[derive(Debug, Clone)]
pub struct Lmtp {
    /// Where it listens; there is no TLS port.
    pub listen: Listen,
    /// This host's name, for replies and Received headers.
    pub hostname: String,
    /// Connections per process.
    pub max_sessions: usize,
    /// Threads per process for blocking work.
    pub max_threads: usize,
    /// Idle time after which a connection is dropped.
    pub idle_timeout: Duration,
    /// Largest message, in bytes.
    pub max_message_size: u64,
    /// Recipients of one transaction.
    pub max_recipients: usize,
    /// Who may connect.
    pub access: Access,
    /// Over quota is 552 5.2.2 instead of 452 4.2.2.
    pub quota_permanent: bool,
    /// How long it is 452 4.2.2 before it becomes 552 5.2.2.
    pub quota_grace: Duration,
    /// The directory is told who is over quota.
    pub over_quota_status: bool,
}

impl Lmtp {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            listen: Listen {
                addresses: addresses(settings, keys::lmtp::LISTEN_ADDRESSES),
                port: settings.flag(keys::lmtp::ENABLE).then(|| port(settings, keys::lmtp::PORT)),
                ssl_port: None,
            },
            hostname: settings.text(keys::site::HOSTNAME),
            max_sessions: size(settings, keys::lmtp::MAX_SESSIONS),
            max_threads: size(settings, keys::lmtp::MAX_THREADS),
            idle_timeout: minutes(settings, keys::lmtp::IDLE_TIMEOUT),
            max_message_size: bytes(settings, keys::lmtp::MAX_MESSAGE_SIZE),
            max_recipients: size(settings, keys::lmtp::MAX_RECIPIENTS),
            access: Access::read(settings, &access_keys!(lmtp, None)),
            quota_permanent: settings.flag(keys::lmtp::QUOTA_PERMANENT),
            quota_grace: Duration::from_secs(
                u64::try_from(settings.number(keys::store::QUOTA_GRACE)).unwrap_or(0).saturating_mul(3600),
            ),
            over_quota_status: settings.flag(keys::store::OVER_QUOTA_STATUS),
        }
    }
}
