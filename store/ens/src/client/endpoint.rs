//! Where a client connects to: the site's own broker, or a NATS server.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// The usual port of a NATS server.
const NATS_PORT: u16 = 4222;

/// The other end of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// enpd.
    Broker {
        /// `host:port`
        address: String,
    },
    /// A NATS server.
    Nats(NatsAddress),
}

/// A NATS server, and who we are there.
#[derive(Clone, PartialEq, Eq)]
pub struct NatsAddress {
    pub(super) address: String,
    pub(super) account: NatsAccount,
}

/// How a client says who it is.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum NatsAccount {
    Nobody,
    User { name: String, password: String },
    Token(String),
}

/// Why a text names no NATS server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not nats://HOST:PORT, nats://TOKEN@HOST:PORT or nats://USER:PASSWORD@HOST:PORT")]
pub struct EndpointError;

impl Endpoint {
    /// From a setting: a host, whose port is `port`, or a `nats://` address, which has its own.
    pub fn new(host: &str, port: u16) -> Result<Self, EndpointError> {
        if Self::is_nats(host) {
            return host.parse().map(Self::Nats);
        }
        // An IPv6 address needs brackets before its port.
        let address = match host.contains(':') && !host.starts_with('[') {
            true => format!("[{host}]:{port}"),
            false => format!("{host}:{port}"),
        };
        Ok(Self::Broker { address })
    }

    /// Whether a host is a `nats://` address.
    pub fn is_nats(host: &str) -> bool {
        host.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("nats://"))
    }
}

impl FromStr for NatsAddress {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let rest = text.get(7..).filter(|_| Endpoint::is_nats(text)).ok_or(EndpointError)?.trim_end_matches('/');
        let (who, place) = match rest.rsplit_once('@') {
            Some((who, place)) => (Some(who), place),
            None => (None, rest),
        };
        let decoded = |text: &str| {
            percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).map_err(|_| EndpointError)
        };
        let account = match who.map(|who| who.split_once(':').ok_or(who)) {
            None => NatsAccount::Nobody,
            Some(Ok((name, password))) => NatsAccount::User { name: decoded(name)?, password: decoded(password)? },
            Some(Err(token)) => NatsAccount::Token(decoded(token)?),
        };
        let with_port = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                port.parse::<u16>().map_err(|_| EndpointError)?;
                if host.is_empty() || (host.contains(':') && !host.ends_with(']')) {
                    return Err(EndpointError);
                }
                place.to_owned()
            }
            _ => format!("{place}:{NATS_PORT}"),
        };
        if place.is_empty() || place.contains(['/', '?', ' ']) {
            return Err(EndpointError);
        }
        Ok(Self { address: with_port, account })
    }
}

/// Without the password: for logs.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker { address } => f.write_str(address),
            Self::Nats(nats) => write!(f, "nats://{}", nats.address),
        }
    }
}

impl fmt::Debug for NatsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsAddress").field("address", &self.address).finish_non_exhaustive()
    }
}
