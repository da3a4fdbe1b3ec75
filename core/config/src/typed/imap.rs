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
    /// Pages that clients of the old server ask for.
    pub urls: ImapUrls,
    /// Other people's mailboxes are shown.
    pub shared_folders: bool,
    /// Store id of the user whose mailboxes are public.
    pub public_user: String,
    /// How often a long search says how far it is.
    pub progress_interval: std::time::Duration,
}

/// Pages on the web, with `%u` for the user and `%m` for the mailbox; `None` where there is none.
#[derive(Debug, Clone, Default)]
pub struct ImapUrls {
    /// The account.
    pub account: Option<String>,
    /// Mailing lists.
    pub lists: Option<String>,
    /// Mail filters.
    pub filters: Option<String>,
    /// A mailbox.
    pub mailbox: Option<String>,
    /// Posting to a mailbox.
    pub post: Option<String>,
}

fn url(settings: &Settings, key: &'static crate::Key) -> Option<String> {
    Some(settings.text(key)).filter(|url| !url.is_empty())
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
            urls: ImapUrls {
                account: url(settings, keys::imap::ACCOUNT_URL),
                lists: url(settings, keys::imap::LISTS_URL),
                filters: url(settings, keys::imap::FILTERS_URL),
                mailbox: url(settings, keys::imap::MAILBOX_URL),
                post: url(settings, keys::imap::POST_URL),
            },
            shared_folders: settings.flag(keys::imap::SHARED_FOLDERS),
            public_user: settings.text(keys::imap::PUBLIC_USER),
            progress_interval: seconds(settings, keys::imap::PROGRESS_INTERVAL),
        }
    }
}
