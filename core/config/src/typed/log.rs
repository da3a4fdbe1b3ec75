//! What is logged, where, and for how long.

use std::{path::PathBuf, time::Duration};

use crate::{
    key::Key,
    keys::{self, log::LogKeys},
    settings::Settings,
};

/// The logs of a site.
#[derive(Debug, Clone)]
pub struct Log {
    /// This host's name, as lines have it.
    pub hostname: String,
    /// One for each of [`LogName::ALL`], in that order.
    pub logs: Vec<OneLog>,
}

/// A log of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogName {
    /// Whatever has no log of its own.
    Default,
    /// The IMAP service.
    Imap,
    /// The POP service.
    Pop,
    /// The webmail.
    Http,
    /// Delivery.
    Lmtp,
    /// What administrators do.
    Admin,
    /// Event notification.
    Ens,
    /// The message store.
    Store,
}

impl LogName {
    /// All of them; the index of each is its value as a number.
    pub const ALL: [Self; 8] =
        [Self::Default, Self::Imap, Self::Pop, Self::Http, Self::Lmtp, Self::Admin, Self::Ens, Self::Store];

    /// As in `logfile.<name>.loglevel`, and the name of the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Imap => "imap",
            Self::Pop => "pop",
            Self::Http => "http",
            Self::Lmtp => "lmtp",
            Self::Admin => "admin",
            Self::Ens => "ens",
            Self::Store => "store",
        }
    }

    /// The program's name in a line (Reference §7.6).
    pub const fn program(self) -> &'static str {
        match self {
            Self::Default => "heliograph",
            Self::Imap => "imapd",
            Self::Pop => "popd",
            Self::Http => "mshttpd",
            Self::Lmtp => "lmtpd",
            Self::Admin => "admin",
            Self::Ens => "enpd",
            Self::Store => "stored",
        }
    }
}

/// How bad or how detailed a line is. `Nolog` is only a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing is logged.
    Nolog,
    /// The service cannot go on.
    Critical,
    /// Something failed.
    Error,
    /// Something is wrong that did no harm yet.
    Warning,
    /// Normal and worth knowing: a failed login, the end of a session.
    Notice,
    /// Every significant action.
    Information,
    /// For finding faults.
    Debug,
}

impl LogLevel {
    /// All of them; the index of each is its value as a number.
    pub const ALL: [Self; 7] =
        [Self::Nolog, Self::Critical, Self::Error, Self::Warning, Self::Notice, Self::Information, Self::Debug];

    /// The old server's word.
    pub const fn as_str(self) -> &'static str {
        keys::log::LEVELS[self as usize]
    }
}

/// The form of a log's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogForm {
    /// `[30/Aug/2004:16:53:05 -0700] host imapd[pid]: Account Notice: text` (Reference §7.6).
    Old,
    /// One JSON object a line.
    Json,
}

/// Where a log's lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPlace {
    /// Standard error.
    Stderr,
    /// Files in a folder.
    Files(LogFiles),
    /// The system's syslog.
    Syslog {
        /// Its number (RFC 5424 §6.2.1).
        facility: u8,
        /// Its socket.
        socket: PathBuf,
    },
}

/// The files of a log. Zero is "no limit" in all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFiles {
    /// Their folder.
    pub dir: PathBuf,
    /// Size at which a new one is begun, in bytes.
    pub max_file_size: u64,
    /// Most bytes in all of them.
    pub max_size: u64,
    /// Most of them.
    pub max_files: usize,
    /// Bytes of the disk that are to stay free.
    pub min_free: u64,
    /// Age at which a new one is begun.
    pub rollover: Duration,
    /// Age at which a finished one is removed.
    pub expiry: Duration,
}

/// One log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneLog {
    /// Which.
    pub name: LogName,
    /// Least level that is written.
    pub level: LogLevel,
    /// Form of its lines.
    pub form: LogForm,
    /// How long a line may wait in memory.
    pub flush: Duration,
    /// Where they go.
    pub place: LogPlace,
}

impl Log {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        let defaults = Reader { settings, own: &keys::log::DEFAULT };
        Self {
            hostname: settings.text(keys::site::HOSTNAME),
            logs: LogName::ALL
                .into_iter()
                .zip(keys::log::LOGS)
                .map(|(name, (_, own))| Reader { own, ..defaults }.read(name))
                .collect(),
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    settings: &'a Settings,
    own: &'a LogKeys,
}

impl Reader<'_> {
    fn read(&self, name: LogName) -> OneLog {
        let level = self.text(|keys| keys.level);
        let form = self.text(|keys| keys.form);
        let seconds = |key: fn(&LogKeys) -> &'static Key| Duration::from_secs(self.number(key));
        let dir = self.text(|keys| keys.dir);
        OneLog {
            name,
            level: LogLevel::ALL.into_iter().find(|known| known.as_str() == level).unwrap_or(LogLevel::Notice),
            form: if form == "json" { LogForm::Json } else { LogForm::Old },
            flush: seconds(|keys| keys.flush),
            place: match facility(&self.text(|keys| keys.facility)) {
                Some(facility) => {
                    LogPlace::Syslog { facility, socket: self.settings.root().join(self.text(|keys| keys.socket)) }
                }
                None if dir.is_empty() => LogPlace::Stderr,
                None => LogPlace::Files(LogFiles {
                    dir: self.settings.root().join(dir),
                    max_file_size: self.number(|keys| keys.max_file_size),
                    max_size: self.number(|keys| keys.max_size),
                    max_files: usize::try_from(self.number(|keys| keys.max_files)).unwrap_or(usize::MAX),
                    min_free: self.number(|keys| keys.min_free),
                    rollover: seconds(|keys| keys.rollover),
                    expiry: seconds(|keys| keys.expiry),
                }),
            },
        }
    }

    /// The log's own value, else the default's.
    fn text(&self, key: impl Fn(&LogKeys) -> &'static Key) -> String {
        self.settings.optional(key(self.own)).unwrap_or_else(|| self.settings.text(key(&keys::log::DEFAULT)))
    }

    fn number(&self, key: impl Fn(&LogKeys) -> &'static Key) -> u64 {
        self.text(key).parse().unwrap_or(0)
    }
}

fn facility(word: &str) -> Option<u8> {
    match word {
        "user" => Some(1),
        "mail" => Some(2),
        "daemon" => Some(3),
        _ => word.strip_prefix("local").and_then(|number| number.parse().ok()).filter(|n: &u8| *n < 8).map(|n| 16 + n),
    }
}
