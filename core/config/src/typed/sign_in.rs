//! What sign-in rules are told.

use std::time::Duration;

use access::Rules;

use super::listen::{seconds, size};
use crate::{keys, settings::Settings};

/// Settings of `auth`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Domain of login names without one.
    pub default_domain: String,
    /// Characters that separate user ID and domain.
    pub login_separators: String,
    /// Store administrators' user IDs.
    pub admins: Vec<String>,
    /// DN of a group of store administrators.
    pub admin_group: Option<String>,
    /// Whether names without a domain are looked for in the default domain only.
    pub search_for_domain: bool,
    /// How long a good password is remembered; zero for not at all.
    pub cache_ttl: Duration,
    /// How many are remembered.
    pub cache_size: usize,
    /// A secret of this site (`local.service.proxy.adminpass`); it is only hashed, with other things.
    pub site_secret: Option<String>,
    /// From where any account may sign in to the webmail for another; no filter: from nowhere.
    pub http_proxies: Rules,
}

impl SignIn {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            default_domain: settings.text(keys::site::DEFAULT_DOMAIN),
            login_separators: settings.text(keys::service::LOGIN_SEPARATORS),
            admins: settings.text(keys::service::ADMINS).split_whitespace().map(str::to_owned).collect(),
            admin_group: settings.optional(keys::service::ADMIN_GROUP),
            search_for_domain: settings.flag(keys::directory::SEARCH_FOR_DOMAIN),
            cache_ttl: seconds(settings, keys::service::AUTH_CACHE_TTL),
            cache_size: size(settings, keys::service::AUTH_CACHE_SIZE),
            site_secret: settings.optional(keys::proxy::ADMIN_PASS),
            // Checked when it was set or loaded; should it not be readable all the same, nobody comes from a portal.
            http_proxies: Rules::parse(&settings.text(keys::access::http::PROXY_ALLOWED), "").unwrap_or_default(),
        }
    }
}
