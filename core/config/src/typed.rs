//! The typed values that everyone but this crate works with: plain data, read once from [`Settings`].

mod access;
mod directory;
mod ens;
mod housekeeping;
mod http;
mod imap;
mod listen;
mod lmtp;
mod log;
mod pop;
mod proxy;
mod sign_in;
mod site;
mod store;
mod tls;
mod watching;

pub use access::{Access, LoginThrottle, Names};
pub use directory::{Directory, Ldap, LdapSecurity};
pub use ens::{Ens, Events, Notify};
pub use housekeeping::{Housekeeping, Task};
pub use http::{ForwardedHeader, Http, IpSecurity, SmtpTls};
pub use imap::{Imap, ImapUrls};
pub use listen::{Listen, Service};
pub use lmtp::Lmtp;
pub use log::{Log, LogFiles, LogForm, LogLevel, LogName, LogPlace, OneLog};
pub use pop::Pop;
pub use proxy::{BackEnd, Proxy};
pub use sign_in::SignIn;
pub use site::Site;
pub use store::{QuotaNotice, Store};
pub use tls::{MinVersion, Tls};
pub use watching::Watching;
