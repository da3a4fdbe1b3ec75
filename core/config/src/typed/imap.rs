//! What the IMAP daemon is told.

use super::listen::{Service, bytes, seconds, service_keys};
use crate::{keys, settings::Settings};

/// Settings of `imapd`.
#[derive(Debug, Clone)]
pub struct Imap {
    /// Ports and limits.
    pub service: Service,
    /// This host's name, for the banner.
    pub hostname: String,
    /// The greeting, with its `%` codes still in it (`daemon::banner` fills them in).
    pub banner: String,
    /// Sign in by certificate straight after the handshake on the TLS port.
    pub cert_preauth: bool,
    /// Largest message that APPEND takes, in bytes; `None` for no limit.
    pub max_message_size: Option<u64>,
    /// LITERAL- in place of LITERAL+ (RFC 7888 §5): larger literals are asked for.
    pub literal_minus: bool,
    /// Store ids as whom submission servers sign in.
    pub submit_users: Vec<String>,
    /// Users of other hosts are sent there.
    pub login_referrals: bool,
    /// How often a long search says how far it is.
    pub progress_interval: std::time::Duration,
}

impl Imap {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            service: Service::read(settings, &service_keys!(imap, Some(keys::access::imap::TRUSTED_PROXIES))),
            hostname: settings.text(keys::site::HOSTNAME),
            banner: settings.text(keys::imap::BANNER),
            cert_preauth: settings.flag(keys::imap::CERT_PREAUTH),
            max_message_size: Some(bytes(settings, keys::imap::MAX_MESSAGE_SIZE)).filter(|size| *size > 0),
            literal_minus: settings.flag(keys::imap::LITERAL_MINUS),
            submit_users: settings.text(keys::imap::SUBMIT_USERS).split_whitespace().map(str::to_owned).collect(),
            login_referrals: settings.flag(keys::imap::LOGIN_REFERRALS),
            progress_interval: seconds(settings, keys::imap::PROGRESS_INTERVAL),
        }
    }
}
