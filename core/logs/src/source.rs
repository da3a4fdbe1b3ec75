//! Which log and category an event belongs to, known from where it was written, and whether that log wants it.

use config::{LogLevel, LogName};
use tracing::{Level, Metadata};

use crate::form::Category;

/// What the place of an event says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) log: LogName,
    pub(crate) category: Category,
    /// The least level that is of interest at all.
    pub(crate) cap: LogLevel,
}

impl Source {
    /// By the crate that wrote the event.
    pub(crate) fn of(metadata: &Metadata<'_>) -> Self {
        let target = metadata.target();
        let name = target.split("::").next().unwrap_or(target);
        let (log, category) = match name {
            "imapd" | "imap_wire" => (LogName::Imap, Category::General),
            "popd" => (LogName::Pop, Category::General),
            "lmtpd" => (LogName::Lmtp, Category::General),
            "mshttpd" | "spool" => (LogName::Http, Category::General),
            "backends" | "submission" => (LogName::Http, Category::Network),
            "mailstore" => (LogName::Store, Category::Store),
            "ens" => (LogName::Ens, Category::General),
            "auth" => (LogName::Default, Category::Account),
            "directory" => (LogName::Default, Category::Ldap),
            "daemon" | "tls" | "access" => (LogName::Default, Category::Network),
            "config" | "heliograph" | "logs" | "message" | "meters" => (LogName::Default, Category::General),
            // TLS libraries and HTTP internals have their own idea of what is worth a line.
            "rustls" | "hyper" | "h2" | "html5ever" | "selectors" => {
                return Self { log: LogName::Default, category: Category::Network, cap: LogLevel::Error };
            }
            _ => return Self { log: LogName::Default, category: Category::General, cap: LogLevel::Warning },
        };
        Self { log, category, cap: LogLevel::Debug }
    }
}

/// The old server's word for the level of an event.
pub(crate) fn level_of(metadata: &Metadata<'_>) -> LogLevel {
    match *metadata.level() {
        Level::ERROR if metadata.fields().field("critical").is_some() => LogLevel::Critical,
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warning,
        Level::INFO => LogLevel::Notice,
        Level::DEBUG => LogLevel::Information,
        _ => LogLevel::Debug,
    }
}
