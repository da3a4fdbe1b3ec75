//! Client access filters: who may connect, how often, and which services a user may use (Guide §23.7; reference §2).
//!
//! Nothing here does I/O: what a filter must know beside the address (host name, RFC 1413 user, netgroups) is asked of a
//! [`Lookup`], and only when the outcome depends on it. Start at [`Rules`] for a service and [`ServiceAccess`] for a user.

mod conn_limits;
mod error;
mod filter;
mod host;
mod lookup;
mod netgroups;
mod network;
mod parse;
mod protocol;
mod rules;
mod service_access;

pub use conn_limits::{ConnLimit, ConnLimits};
pub use error::ParseError;
pub use filter::Filter;
pub use host::HostName;
pub use lookup::{Lookup, Visit};
pub use netgroups::Netgroups;
pub use network::{Network, Networks};
pub use protocol::Protocol;
pub use rules::{Place, Rules, Verdict};
pub use service_access::ServiceAccess;
