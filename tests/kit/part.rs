//! One service of a site in a process of its own, as `heliograph serve` runs it.

use std::{collections::HashMap, net::SocketAddr, path::Path, path::PathBuf, process::Command};

use crate::process::{Server, heliograph};

/// A running service. Dropping it ends it.
pub struct Part {
    server: Server,
    listeners: HashMap<String, SocketAddr>,
    log: PathBuf,
}

impl Part {
    /// Starts `service` of the site at `root`, with `ports` as for `--port`, and waits for its `ready` line.
    #[track_caller]
    pub(crate) fn start(root: &Path, log: PathBuf, service: &str, ports: &str) -> Self {
        let mut command = Command::new(heliograph());
        command
            .args(["serve", service, "--port", "all=0", "--port", ports, "--listen", "127.0.0.1", "--root"])
            .arg(root);
        let mut server = Server::start(&mut command, &log);
        let line = server.wait_for_line("ready ");
        let listeners = line
            .split_ascii_whitespace()
            .filter_map(|word| word.split_once('='))
            .filter_map(|(name, address)| Some((name.to_owned(), address.parse().ok()?)))
            .collect();
        Self { server, listeners, log }
    }

    /// The address of a listener of its ready line.
    #[track_caller]
    pub fn listener(&self, name: &str) -> SocketAddr {
        *self.listeners.get(name).unwrap_or_else(|| panic!("no listener '{name}': {:?}", self.listeners))
    }

    /// Everything it logged.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        self.server.kill();
    }
}
