//! Listening sockets that were opened for this process, by the watcher or by systemd socket units: whose each is.

use std::{
    collections::BTreeMap,
    net::{IpAddr, TcpListener},
};

use anyhow::{Context, bail};
use daemon::{Listener, bind};

/// Passed sockets by the name of their port: `imap`, `imaps` …
#[derive(Debug, Default)]
pub struct Passed {
    sockets: BTreeMap<&'static str, Vec<TcpListener>>,
}

impl Passed {
    /// Sorts them by their names (`FileDescriptorName=` of a unit), or else by their port, which `ports` has from the settings.
    pub fn sort(sockets: Vec<(String, TcpListener)>, ports: &[(&'static str, Option<u16>)]) -> anyhow::Result<Self> {
        let mut sorted = Self::default();
        for (name, socket) in sockets {
            let address = socket.local_addr().context("a passed socket")?;
            let named = ports.iter().find(|(port, _)| *port == name);
            let found = named.or_else(|| ports.iter().find(|(_, port)| *port == Some(address.port())));
            let Some((port, _)) = found else {
                bail!(
                    "a socket on {address} was passed as '{name}', and no service has that name or port: set FileDescriptorName"
                );
            };
            sorted.sockets.entry(port).or_default().push(socket);
        }
        Ok(sorted)
    }

    /// The sockets passed as `name`; where there is none, own ones on `port` of every address.
    pub fn listen(&mut self, name: &str, addresses: &[IpAddr], port: u16) -> anyhow::Result<Listener> {
        match self.sockets.remove(name) {
            Some(sockets) => Ok(Listener::passed(sockets)?),
            None => Ok(bind(addresses, port)?),
        }
    }

    /// Fails when a socket is left over: its clients would wait for ever.
    pub fn all_taken(&self) -> anyhow::Result<()> {
        if let Some(name) = self.sockets.keys().next() {
            bail!("a socket was passed for {name}, which is not run here or is disabled");
        }
        Ok(())
    }
}
