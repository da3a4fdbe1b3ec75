//! What the webmail daemon is told.

use std::{path::PathBuf, time::Duration};

use super::listen::{Service, bytes, port, seconds, service_keys};
use crate::{keys, settings::Settings};

/// How tightly a webmail session is tied to the address that signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpSecurity {
    /// Not at all: people roam.
    Off,
    /// To its network: /24, or /56 for IPv6.
    Prefix,
    /// To the very address, as the old server did.
    Exact,
}

/// When the connection to the MTA is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Never.
    Never,
    /// When the MTA offers STARTTLS and the handshake succeeds.
    Opportunistic,
    /// Always; otherwise nothing is sent.
    Required,
}

/// Settings of `mshttpd`.
#[derive(Debug, Clone)]
pub struct Http {
    /// Ports and limits.
    pub service: Service,
    /// This host's name.
    pub hostname: String,
    /// Domain of users who sign in without one.
    pub default_domain: String,
    /// Idle time after which a session ends.
    pub session_timeout: Duration,
    /// Idle time after which a session's back-end connections are closed.
    pub resource_timeout: Duration,
    /// Largest message that may be sent, in bytes, as it is encoded.
    pub max_message_size: u64,
    /// Largest request body that is not an upload, in bytes.
    pub max_post_size: u64,
    /// Where attachments wait.
    pub spool_dir: PathBuf,
    /// The MTA's host.
    pub smtp_host: String,
    /// The MTA's port.
    pub smtp_port: u16,
    /// STARTTLS on the way there.
    pub smtp_tls: SmtpTls,
    /// Certificates that the MTA is checked against; `None` takes any.
    pub smtp_ca_file: Option<PathBuf>,
    /// User and password for the MTA, when both are set.
    pub smtp_auth: Option<(String, String)>,
    /// Deliver to this site's own users by IMAP.
    pub local_delivery: bool,
    /// Users may choose the whole From header.
    pub full_from_header: bool,
    /// Whether a session is tied to an address.
    pub ip_security: IpSecurity,
    /// Show unread counts in the mailbox list.
    pub show_unread_counts: bool,
    /// Base name of the session cookie.
    pub cookie_name: String,
}

impl Http {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            service: Service::read(settings, &service_keys!(http)),
            hostname: settings.text(keys::site::HOSTNAME),
            default_domain: settings.text(keys::site::DEFAULT_DOMAIN),
            session_timeout: seconds(settings, keys::http::SESSION_TIMEOUT),
            resource_timeout: seconds(settings, keys::http::RESOURCE_TIMEOUT),
            max_message_size: bytes(settings, keys::http::MAX_MESSAGE_SIZE),
            max_post_size: bytes(settings, keys::http::MAX_POST_SIZE),
            spool_dir: settings.path(keys::http::SPOOL_DIR),
            smtp_host: settings.text(keys::http::SMTP_HOST),
            smtp_port: port(settings, keys::http::SMTP_PORT),
            smtp_tls: match settings.text(keys::http::SMTP_TLS).as_str() {
                "no" => SmtpTls::Never,
                "required" => SmtpTls::Required,
                _ => SmtpTls::Opportunistic,
            },
            smtp_ca_file: settings.optional(keys::http::SMTP_CA_FILE).map(|_| settings.path(keys::http::SMTP_CA_FILE)),
            smtp_auth: settings
                .optional(keys::http::SMTP_AUTH_USER)
                .zip(settings.optional(keys::http::SMTP_AUTH_PASSWORD)),
            local_delivery: settings.flag(keys::http::LOCAL_DELIVERY),
            full_from_header: settings.flag(keys::http::FULL_FROM_HEADER),
            ip_security: match settings.text(keys::http::IP_SECURITY).as_str() {
                "yes" => IpSecurity::Exact,
                "prefix" => IpSecurity::Prefix,
                _ => IpSecurity::Off,
            },
            show_unread_counts: settings.flag(keys::http::SHOW_UNREAD_COUNTS),
            cookie_name: settings.text(keys::http::COOKIE_NAME),
        }
    }
}
