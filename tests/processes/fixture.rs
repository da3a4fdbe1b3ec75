//! A site under the watcher, as `start-msg` runs it.

use std::{collections::HashMap, fs, net::SocketAddr, process::Command};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use suite::{
    HttpClient, ImapClient, LmtpClient, Site, SiteOptions, corpus, password,
    process::{Server, heliograph},
    site::sign_in,
    wait_for,
};

/// A site whose services run under a watcher in the foreground.
pub struct Watched {
    pub site: Site,
    pub server: Server,
    listeners: HashMap<String, SocketAddr>,
}

/// The addresses of a `ready` line.
pub fn listeners(line: &str) -> HashMap<String, SocketAddr> {
    line.split_ascii_whitespace()
        .filter_map(|word| word.split_once('='))
        .filter_map(|(name, address)| Some((name.to_owned(), address.parse().ok()?)))
        .collect()
}

impl Watched {
    #[track_caller]
    pub fn start(options: SiteOptions) -> Self {
        Self::of(Site::make(options))
    }

    /// With so many processes of IMAP, POP and HTTP each.
    #[track_caller]
    pub fn with_processes(count: usize) -> Self {
        Self::start(several(count))
    }

    #[track_caller]
    pub fn of(site: Site) -> Self {
        let mut command = Command::new(heliograph());
        command
            .args(["start-msg", "--foreground", "--port", "all=0", "--listen", "127.0.0.1", "--root"])
            .arg(site.root());
        let mut server = Server::start(&mut command, &site.root().join("watcher.log"));
        let listeners = listeners(&server.wait_for_line("ready "));
        Self { site, server, listeners }
    }

    #[track_caller]
    pub fn listener(&self, name: &str) -> SocketAddr {
        *self.listeners.get(name).unwrap_or_else(|| panic!("no listener '{name}': {:?}", self.listeners))
    }

    /// The processes of a service, from its pid file.
    pub fn pids(&self, service: &str) -> Vec<u32> {
        pids(&self.site, service)
    }

    pub fn log(&self) -> String {
        self.server.log_text()
    }

    #[track_caller]
    pub fn imap(&self, user: &str) -> ImapClient {
        let mut client = ImapClient::connect(self.listener("imap"));
        client.login(user, password());
        client
    }

    /// A signed-in session in every one of `count` processes: connections are made until each has one.
    #[track_caller]
    pub fn imap_in_each(&self, user: &str, count: usize) -> Vec<(u32, ImapClient)> {
        let mut found: HashMap<u32, ImapClient> = HashMap::new();
        let mut spare = Vec::new();
        wait_for("a session in every IMAP process", || {
            let client = self.imap(user);
            let pid = self.owner(client.local_addr(), "imap");
            match found.contains_key(&pid) {
                // Kept open for now, so that the next one may go elsewhere.
                true => spare.push(client),
                false => drop(found.insert(pid, client)),
            }
            (found.len() == count).then_some(())
        });
        found.into_iter().collect()
    }

    /// The process that serves the connection from `client`, as `imsconnutil` tells.
    #[track_caller]
    pub fn owner(&self, client: SocketAddr, service: &str) -> u32 {
        wait_for("the session in imsconnutil's list", || {
            let output = self.site.tool(&["imsconnutil", "-c", "-s", service, "--json"], "").success();
            output.stdout.lines().find_map(|line| {
                let session: serde_json::Value = serde_json::from_str(line).unwrap();
                let own = session["address"] == client.to_string();
                own.then(|| u32::try_from(session["pid"].as_u64().unwrap()).unwrap())
            })
        })
    }

    #[track_caller]
    pub fn http(&self, user: &str) -> HttpClient {
        let mut client = HttpClient::new(self.listener("http"));
        sign_in(&mut client, user);
        client
    }

    #[track_caller]
    pub fn deliver(&self, user: &str, subject: &str) {
        let message = corpus::message(subject, "text");
        LmtpClient::connect(self.listener("lmtp")).deliver(
            "sender@elsewhere.test",
            &[&self.site.address(user)],
            &message,
        );
    }
}

/// Options with so many processes of IMAP, POP and HTTP each.
pub fn several(count: usize) -> SiteOptions {
    ["imap", "pop", "http"]
        .into_iter()
        .fold(SiteOptions::default(), |options, service| options.set(&format!("service.{service}.numprocesses"), count))
}

/// The processes of a service of a site, from its pid file.
pub fn pids(site: &Site, service: &str) -> Vec<u32> {
    let text = fs::read_to_string(site.root().join(format!("run/{service}.pid"))).unwrap_or_default();
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

pub fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.cast_signed()), signal).unwrap();
}

/// Whether a process is there and is not a corpse.
pub fn is_alive(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
}
