//! `heliograph ens watch --json` as a test reads it.

use std::path::PathBuf;

use serde_json::Value;
use suite::{
    Site,
    process::{Server, heliograph},
    wait_for,
};

/// A running watcher. Dropping it ends it.
pub struct Watcher {
    server: Server,
    _folder: tempfile::TempDir,
}

/// One event.
#[derive(Debug)]
pub struct Event(Value);

impl Watcher {
    /// Watches `words` (a reference and options) for `site`; everything that happens from now on comes.
    #[track_caller]
    pub fn start(site: &Site, words: &[&str]) -> Self {
        let folder = suite::process::temporary("watch");
        let log: PathBuf = folder.path().join("log");
        let mut command = std::process::Command::new(heliograph());
        command.args(["ens", "watch", "--json", "--payload"]).args(words).arg("--root").arg(site.root());
        let server = Server::start(&mut command, &log);
        wait_for("the watcher's subscription", || server.log_text().contains("watching enp://").then_some(()));
        Self { server, _folder: folder }
    }

    /// The next event of a kind; others before it are passed over.
    #[track_caller]
    pub fn next(&mut self, event_type: &str) -> Event {
        loop {
            let event = self.any();
            if event.get("evtType") == event_type {
                return event;
            }
        }
    }

    /// The next event.
    #[track_caller]
    pub fn any(&mut self) -> Event {
        Event(serde_json::from_str(&self.server.wait_for_line("{")).unwrap())
    }

    /// What it said beside the events.
    pub fn notes(&self) -> String {
        self.server.log_text()
    }
}

impl Event {
    /// A parameter; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0["parameters"][name].as_str().unwrap_or_default()
    }

    /// Parameters with their names, for what a test compares at once.
    pub fn list(&self, names: &[&str]) -> String {
        let words: Vec<String> = names.iter().map(|name| format!("{name}={}", self.get(name))).collect();
        words.join(" ")
    }

    pub fn payload(&self) -> &str {
        self.0["payload"].as_str().unwrap_or_default()
    }

    pub fn key(&self) -> &str {
        self.0["key"].as_str().unwrap_or_default()
    }
}
