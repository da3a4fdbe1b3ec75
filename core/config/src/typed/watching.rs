//! How a running server is watched.

use super::listen::{Listen, addresses, port};
use crate::{keys, settings::Settings};

/// The metrics listener and the lists of users.
#[derive(Debug, Clone)]
pub struct Watching {
    /// Where the metrics listener is; its plain port is `None` when it is off.
    pub metrics: Listen,
    /// Whether users of IMAP and POP may be listed.
    pub imap_users: bool,
    /// Whether users of the webmail may be listed.
    pub http_users: bool,
    /// Whether last accesses are noted.
    pub last_access: bool,
}

impl Watching {
    /// Reads it.
    pub fn read(settings: &Settings) -> Self {
        Self {
            metrics: Listen {
                addresses: addresses(settings, keys::watching::METRICS_ADDRESSES),
                port: settings
                    .flag(keys::watching::METRICS_ENABLE)
                    .then(|| port(settings, keys::watching::METRICS_PORT)),
                ssl_port: None,
            },
            imap_users: settings.flag(keys::watching::IMAP_USER_LIST),
            http_users: settings.flag(keys::watching::HTTP_USER_LIST),
            last_access: settings.flag(keys::watching::LAST_ACCESS),
        }
    }
}
