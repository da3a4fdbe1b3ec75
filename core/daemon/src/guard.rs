//! The guard of a service: access filters and connection limits, renewed by a refresh while connections come.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use access::{ConnLimits, Lookup, Protocol, Visit};
use config::Access;

/// Decides who may come in. Clones share everything.
#[derive(Clone)]
pub struct Guard {
    shared: Arc<Shared>,
}

struct Shared {
    protocol: Protocol,
    orders: RwLock<Arc<Orders>>,
    present: Mutex<HashMap<IpAddr, u32>>,
}

struct Orders {
    access: Access,
    names: Arc<dyn Lookup>,
}

/// Why somebody may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwelcome {
    /// The filters refuse that address.
    Denied,
    /// There are as many connections from there as may be.
    Crowded,
}

/// A counted connection or request; dropping it makes room.
pub struct Slot {
    shared: Arc<Shared>,
    address: IpAddr,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Slot({})", self.address)
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Guard({})", self.shared.protocol)
    }
}

impl Guard {
    /// A guard of `protocol`.
    pub fn new(protocol: Protocol, access: Access, names: Arc<dyn Lookup>) -> Self {
        let orders = RwLock::new(Arc::new(Orders { access, names }));
        Self { shared: Arc::new(Shared { protocol, orders, present: Mutex::default() }) }
    }

    /// Takes changed settings. Who is in stays in and stays counted.
    pub fn replace(&self, access: Access, names: Arc<dyn Lookup>) {
        *self.shared.orders.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Orders { access, names });
    }

    fn orders(&self) -> Arc<Orders> {
        Arc::clone(&self.shared.orders.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether connections from `address` begin with a PROXY protocol header.
    pub fn expects_proxy_header(&self, address: IpAddr) -> bool {
        self.orders().access.proxy_protocol.contains(address)
    }

    /// Whether what `address` says about its clients' addresses is believed.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.orders().access.trusted_proxies.contains(address)
    }

    /// Lets a connection in, or not. That of a trusted proxy is not a client's: its clients are looked at one by one when their
    /// addresses are told, and only they are counted. HTTP proxies are not filtered themselves, for they never ask for themselves.
    pub async fn admit_connection(
        &self,
        client: SocketAddr,
        local: SocketAddr,
        tls: bool,
    ) -> Result<Option<Slot>, Unwelcome> {
        let orders = self.orders();
        let proxy = orders.access.trusted_proxies.contains(client.ip());
        if proxy && self.shared.protocol == Protocol::Http {
            return Ok(None);
        }
        let slot = self.admit(client, Some(local), tls).await?;
        Ok(slot.filter(|_| !proxy))
    }

    /// Lets a client in, or not; the reason for that is logged here.
    pub async fn admit(
        &self,
        client: SocketAddr,
        local: Option<SocketAddr>,
        tls: bool,
    ) -> Result<Option<Slot>, Unwelcome> {
        let orders = self.orders();
        if !orders.access.rules.is_empty() {
            let visit = Visit { protocol: self.shared.protocol, tls, client, local };
            let verdict = orders.access.rules.decide(&visit, &*orders.names).await;
            if !verdict.admitted {
                let service = self.shared.protocol.as_str();
                tracing::warn!(service, "connection refused: {service} [{client}] {}", verdict.reason);
                return Err(Unwelcome::Denied);
            }
        }
        self.count(client.ip(), &orders.access.conn_limits)
    }

    fn count(&self, client: IpAddr, limits: &ConnLimits) -> Result<Option<Slot>, Unwelcome> {
        let Some(limit) = limits.of(client) else { return Ok(None) };
        let address = ConnLimits::counted(client);
        let mut present = self.shared.present();
        let count = present.entry(address).or_default();
        if *count >= limit.connections {
            if *count == 0 {
                present.remove(&address);
            }
            let service = self.shared.protocol.as_str();
            tracing::warn!(service, "connection refused: {service} [{client}] connlimits {}", limit.text);
            return Err(Unwelcome::Crowded);
        }
        *count += 1;
        Ok(Some(Slot { shared: Arc::clone(&self.shared), address }))
    }
}

impl Shared {
    fn present(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut present = self.shared.present();
        if let Some(count) = present.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                present.remove(&self.address);
            }
        }
    }
}
