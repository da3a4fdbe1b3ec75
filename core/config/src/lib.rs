//! Settings: one table row per `configutil` key, and the typed values that everyone else is handed.
//!
//! [`keys`] is the table, [`Settings`] is a site's `msg.conf` over the built-in defaults, and the
//! structs re-exported from [`typed`] are what the daemons get. Only this crate reads settings.

pub mod check;
pub mod environment;
mod error;
mod file;
mod key;
pub mod keys;
mod mend;
pub mod migrate;
mod pattern;
pub mod schedule;
mod settings;
pub mod typed;
mod value;

pub use error::{ConfigError, Refusal};
pub use file::{Mistake, mistakes, quote, unquote};
pub use key::{Effect, HIDDEN, Key, Kind};
pub use mend::{Mend, Mended, mend};
pub use settings::{Entry, Settings};
pub use typed::{
    Access, BackEnd, Directory, Ens, Events, Housekeeping, Http, Imap, ImapUrls, Ldap, LdapSecurity, Listen, Lmtp, Log,
    LogFiles, LogForm, LogLevel, LogName, LogPlace, LoginThrottle, MinVersion, Names, Notify, OneLog, Pop, Proxy,
    QuotaNotice, SignIn, Site, SmtpTls, Store, Task, Tls, Watching,
};
pub use value::is_host;
