//! Listening sockets.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use tokio::net::{TcpListener, TcpSocket};

use crate::port_owner::PortOwner;

/// A service's listening sockets on one port.
#[derive(Debug)]
pub struct Listener {
    pub(crate) sockets: Vec<TcpListener>,
}

/// A port could not be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}{}", owned(.owner))]
pub struct BindError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    pub cause: io::Error,
    /// Who listens there already, where the system tells.
    pub owner: Option<PortOwner>,
}

impl BindError {
    fn new(address: SocketAddr, cause: io::Error) -> Self {
        let owner = (cause.kind() == io::ErrorKind::AddrInUse).then(|| PortOwner::of(address)).flatten();
        Self { address, cause, owner }
    }
}

fn owned(owner: &Option<PortOwner>) -> String {
    owner.as_ref().map(|owner| format!("; {owner} listens there")).unwrap_or_default()
}

impl Listener {
    /// Sockets that somebody else has opened, such as the watcher or systemd. Must be called in a runtime.
    pub fn passed(sockets: Vec<std::net::TcpListener>) -> io::Result<Self> {
        let sockets = sockets.into_iter().map(|socket| {
            socket.set_nonblocking(true)?;
            TcpListener::from_std(socket)
        });
        Ok(Self { sockets: sockets.collect::<io::Result<_>>()? })
    }

    /// The sockets themselves, to be passed on.
    pub fn into_sockets(self) -> io::Result<Vec<std::net::TcpListener>> {
        self.sockets.into_iter().map(TcpListener::into_std).collect()
    }

    /// The first address that it listens on, with the real port when any free one was asked for.
    pub fn address(&self) -> Option<SocketAddr> {
        self.sockets.first().and_then(|socket| socket.local_addr().ok())
    }
}

/// Listens on `port` of every address; port 0 takes a free one, the same for all.
///
/// `::` beside `0.0.0.0` is bound for IPv6 only, and left out where the host has no IPv6.
pub fn bind(addresses: &[IpAddr], port: u16) -> Result<Listener, BindError> {
    let mut sockets = Vec::new();
    let mut port = port;
    for (at, ip) in addresses.iter().enumerate() {
        if addresses[..at].contains(ip) {
            continue;
        }
        let address = SocketAddr::new(*ip, port);
        match bind_one(address) {
            Ok(socket) => {
                port = socket.local_addr().map_or(port, |address| address.port());
                sockets.push(socket);
            }
            Err(error)
                if !sockets.is_empty()
                    && ip.is_ipv6()
                    && matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported) => {}
            Err(cause) => return Err(BindError::new(address, cause)),
        }
    }
    Ok(Listener { sockets })
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => {
            let socket = TcpSocket::new_v6()?;
            nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::Ipv6V6Only, &true)?;
            socket
        }
    };
    // A restart must not wait for the old connections' TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    // Bursts of thousands of clients after a restart wait here instead of being refused.
    socket.listen(4096)
}
