//! What the POP daemon is told.

use std::time::Duration;

use super::listen::{Service, seconds, service_keys};
use crate::{keys, settings::Settings};

/// Settings of `popd`.
#[derive(Debug, Clone)]
pub struct Pop {
    /// Ports and limits.
    pub service: Service,
    /// This host's name, for the banner.
    pub hostname: String,
    /// The greeting, with its `%` codes still in it (`daemon::banner` fills them in).
    pub banner: String,
    /// What must pass between two sign-ins of a user; zero for nothing.
    pub login_delay: Duration,
    /// Days that messages are kept at least, as clients are told; `None` for ever.
    pub expire_days: Option<u32>,
}

impl Pop {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            service: Service::read(settings, &service_keys!(pop, None)),
            hostname: settings.text(keys::site::HOSTNAME),
            banner: settings.text(keys::pop::BANNER),
            login_delay: seconds(settings, keys::pop::LOGIN_DELAY),
            expire_days: u32::try_from(settings.number(keys::pop::EXPIRE)).ok(),
        }
    }
}
