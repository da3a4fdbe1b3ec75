//! What a filter may have to know about a client beside its address, and who finds it out.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;

use crate::{HostName, Netgroups, Protocol};

/// A client that wants a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// The service.
    pub protocol: Protocol,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// The client.
    pub client: SocketAddr,
    /// The address that it connected to, where that is known.
    pub local: Option<SocketAddr>,
}

/// Finds out names. Implementations have time limits: an answer that does not come is an unknown name.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The name of an address, verified by looking up the addresses of that name.
    async fn host_name(&self, address: IpAddr) -> HostName;

    /// The user at the client's end of the connection, as the client's host tells (RFC 1413).
    async fn user(&self, client: SocketAddr, local: SocketAddr) -> Option<String>;

    /// The site's netgroups.
    async fn netgroups(&self) -> Arc<Netgroups>;
}

/// What is known so far.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) client_name: Option<HostName>,
    pub(crate) local_name: Option<HostName>,
    pub(crate) user: Option<Option<String>>,
    pub(crate) netgroups: Option<Arc<Netgroups>>,
}

/// Something that must be known before a filter can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    ClientName,
    LocalName,
    User,
    Netgroups,
}

impl Facts {
    pub(crate) async fn find(&mut self, need: Need, visit: &Visit, lookup: &dyn Lookup) {
        match need {
            Need::ClientName => self.client_name = Some(lookup.host_name(visit.client.ip().to_canonical()).await),
            Need::LocalName => {
                self.local_name = Some(match visit.local {
                    Some(local) => lookup.host_name(local.ip().to_canonical()).await,
                    None => HostName::Unknown,
                });
            }
            Need::User => {
                self.user = Some(match visit.local {
                    Some(local) => lookup.user(visit.client, local).await,
                    None => None,
                });
            }
            Need::Netgroups => self.netgroups = Some(lookup.netgroups().await),
        }
    }
}

/// The answer of a question that may need more facts.
pub(crate) type Known = Result<bool, Need>;

/// True if one of the answers is, as far as they are known.
pub(crate) fn any(answers: impl Iterator<Item = Known>) -> Known {
    let mut need = None;
    for answer in answers {
        match answer {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(missing) => need = need.or(Some(missing)),
        }
    }
    need.map_or(Ok(false), Err)
}

/// True if both are; the second is not asked when the first is false.
pub(crate) fn both(first: Known, second: impl FnOnce() -> Known) -> Known {
    match first {
        Ok(false) => Ok(false),
        Ok(true) => second(),
        Err(need) => match second() {
            Ok(false) => Ok(false),
            _ => Err(need),
        },
    }
}
