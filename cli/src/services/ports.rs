//! Which services there are, and the command-line options that move their ports.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use anyhow::bail;
use clap::{Args, ValueEnum};
use config::Listen;

/// A service that can be run on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum ServiceName {
    /// IMAP
    Imap,
    /// POP
    Pop,
    /// LMTP delivery
    Lmtp,
    /// Webmail
    Http,
    /// Event broker
    Ens,
    /// Housekeeping of the store
    Store,
}

impl ServiceName {
    /// All of them, in the order in which they are started: back ends before those who call them.
    pub const ALL: &[Self] = &[Self::Ens, Self::Lmtp, Self::Imap, Self::Pop, Self::Http, Self::Store];

    /// As on the command line, and in `service.<name>.port`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Pop => "pop",
            Self::Lmtp => "lmtp",
            Self::Http => "http",
            Self::Ens => "ens",
            Self::Store => "store",
        }
    }
}

/// Ports from the command line, for tests, demos and a second copy beside a running one.
#[derive(Debug, Clone, Default, Args)]
pub struct PortOptions {
    /// Move a port: imap, imaps, pop, pops, lmtp, ens, http, https, metrics or all; 0 takes any free one. May be repeated
    #[arg(long = "port", value_name = "NAME=PORT")]
    ports: Vec<PortOption>,
    /// Listen on this address only
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<IpAddr>,
    /// Begin with this moment, in seconds since 1970, for what is done on a schedule
    #[arg(long, value_name = "SECONDS", hide = true)]
    clock: Option<i64>,
}

#[derive(Debug, Clone)]
struct PortOption {
    name: String,
    port: u16,
}

const NAMES: &[&str] = &["all", "imap", "imaps", "pop", "pops", "lmtp", "ens", "http", "https", "metrics"];

impl FromStr for PortOption {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let Some((name, port)) = text.split_once('=') else { bail!("expected NAME=PORT") };
        if !NAMES.contains(&name) {
            bail!("'{name}' is not one of {}", NAMES.join(", "));
        }
        match port.parse() {
            Ok(port) => Ok(Self { name: name.to_owned(), port }),
            Err(_) => bail!("'{port}' is not a port, 0 to 65535"),
        }
    }
}

impl PortOptions {
    /// Fixed ports on loopback, under those that the user gave.
    pub fn on_loopback(&self, defaults: &[(&str, u16)]) -> Self {
        let mut ports: Vec<PortOption> =
            defaults.iter().map(|(name, port)| PortOption { name: (*name).to_owned(), port: *port }).collect();
        ports.extend(self.ports.iter().cloned());
        Self { ports, listen: self.listen.or(Some(IpAddr::from([127, 0, 0, 1]))), clock: self.clock }
    }

    /// What the clock of the schedule shows at first, when it is not to be the system's; for tests.
    pub fn clock(&self) -> Option<i64> {
        self.clock
    }

    /// The address of the one port `name` that was given as a number: in a process that does not listen there it says where
    /// the service is.
    pub fn given(&self, name: &str) -> Option<SocketAddr> {
        let port = self.ports.iter().rev().find(|option| option.name == name)?.port;
        (port != 0).then(|| SocketAddr::new(self.listen.unwrap_or(IpAddr::from([127, 0, 0, 1])), port))
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty() && self.listen.is_none()
    }

    /// The same for another process, with the ports that were taken meanwhile.
    pub fn arguments(&self, taken: &[(String, u16)]) -> Vec<String> {
        let given = self.ports.iter().map(|option| (option.name.as_str(), option.port));
        let taken = taken.iter().map(|(name, port)| (name.as_str(), *port));
        let ports = given.chain(taken).flat_map(|(name, port)| ["--port".to_owned(), format!("{name}={port}")]);
        let listen = self.listen.iter().flat_map(|address| ["--listen".to_owned(), address.to_string()]);
        ports.chain(listen).collect()
    }

    /// `listen` as it is to be: `plain` and `tls` are the option names of its two ports. A port that is off stays off.
    pub fn apply(&self, listen: &Listen, plain: &str, tls: &str) -> Listen {
        // Later options win, and `all` counts where it stands.
        let mut moved = BTreeMap::new();
        for option in &self.ports {
            for name in [plain, tls] {
                if option.name == name || option.name == "all" {
                    moved.insert(name, option.port);
                }
            }
        }
        let any_all = self.ports.iter().any(|option| option.name == "all");
        let addresses = match self.listen {
            Some(address) => vec![address],
            // Moving every port is for tests: nothing of that is for the network.
            None if any_all => vec![IpAddr::from([127, 0, 0, 1])],
            None => listen.addresses.clone(),
        };
        Listen {
            addresses,
            port: listen.port.map(|port| moved.get(plain).copied().unwrap_or(port)),
            ssl_port: listen.ssl_port.map(|port| moved.get(tls).copied().unwrap_or(port)),
        }
    }
}
