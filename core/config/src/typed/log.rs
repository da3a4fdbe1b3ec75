//! What is logged.

use crate::{key::Key, keys, settings::Settings};

/// The least level of each part of the program, in the words of the old server.
#[derive(Debug, Clone)]
pub struct Log {
    /// For everything without a level of its own.
    pub default: String,
    /// (crate, level) pairs for the parts that have one.
    pub parts: Vec<(&'static str, String)>,
}

impl Log {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        let part = |name: &'static str, key: &'static Key| settings.optional(key).map(|level| (name, level));
        Self {
            default: settings.text(keys::log::DEFAULT_LEVEL),
            parts: [
                part("imapd", keys::log::IMAP_LEVEL),
                part("mshttpd", keys::log::HTTP_LEVEL),
                part("lmtpd", keys::log::LMTP_LEVEL),
                part("mailstore", keys::log::STORE_LEVEL),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}
