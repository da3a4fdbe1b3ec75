//! `start-msg`, `stop-msg` and `refresh` as they are typed, with the watcher in the background.

use std::{collections::HashMap, fs, net::SocketAddr, net::TcpListener};

use nix::sys::signal::Signal;
use suite::{ImapClient, Site, SiteOptions, Terminal, free_port, password, wait_for};

use super::fixture::{is_alive, listeners, pids, several, signal};

/// Ends what a test has started in the background, however it went.
struct Background<'a>(&'a Site);

impl Background<'_> {
    fn start(&self, words: &[&str]) -> HashMap<String, SocketAddr> {
        let words = [&["start-msg"], words].concat();
        let output = self.0.tool(&words, "").success();
        listeners(output.stdout.lines().last().unwrap())
    }
}

impl Drop for Background<'_> {
    fn drop(&mut self) {
        // The workers end with their watcher.
        for pid in pids(self.0, "watcher").into_iter().filter(|pid| is_alive(*pid)) {
            signal(pid, Signal::SIGKILL);
        }
    }
}

const ANY_PORT: [&str; 4] = ["--port", "all=0", "--listen", "127.0.0.1"];

#[test]
fn the_old_commands_start_refresh_and_stop_everything() {
    let site = Site::make(several(2));
    let background = Background(&site);
    let terminal = Terminal::at(&site);
    let started = terminal.types("start-msg --port all=0 --listen 127.0.0.1").success().stdout;
    let lines: Vec<&str> = started.lines().collect();
    assert_eq!(lines[0], "Connecting to watcher ...");
    let watcher = pids(&site, "watcher");
    assert_eq!(lines[1], format!("Launching watcher ... {}", watcher[0]));
    // Notifications first, and back ends before those who call them.
    let order: Vec<&str> =
        lines[2..].iter().filter_map(|line| line.strip_prefix("Starting ")?.split(' ').next()).collect();
    let places = ["ens", "lmtp", "imap", "pop", "http"].map(|name| order.iter().position(|known| *known == name));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{order:?}");
    assert!(
        lines.contains(
            &format!("Starting imap server ... {} {}", pids(&site, "imap")[0], pids(&site, "imap")[1]).as_str()
        )
    );

    let all: Vec<u32> = ["imap", "pop", "http", "lmtp", "ens"].iter().flat_map(|name| pids(&site, name)).collect();
    assert_eq!(all.len(), 8, "{started}");
    let mut imap = ImapClient::connect(listeners(lines.last().unwrap())["imap"]);
    imap.login("alice", password());

    let refreshed = terminal.types("refresh imap").success().stdout;
    for pid in pids(&site, "imap") {
        assert!(refreshed.contains(&format!("Refreshing imap server {pid} ... done")), "{refreshed}");
    }
    assert_eq!(refreshed.lines().count(), 2, "{refreshed}");

    let stopped = terminal.types("stop-msg").success().stdout;
    assert!(stopped.ends_with(&format!("Stopping watcher {} ... done\n", watcher[0])), "{stopped}");
    assert!(stopped.find("Stopping http").unwrap() < stopped.find("Stopping imap").unwrap(), "{stopped}");
    assert!(all.iter().chain(&watcher).all(|pid| !is_alive(*pid)));
    assert!(pids(&site, "imap").is_empty() && pids(&site, "watcher").is_empty());
    // What does not run is no error.
    assert!(terminal.types("stop-msg").success().stdout.contains("not running"));
    drop(background);
}

#[test]
fn what_runs_is_not_started_twice() {
    let site = Site::make(SiteOptions::default());
    let background = Background(&site);
    background.start(&ANY_PORT);
    let watcher = pids(&site, "watcher")[0];
    let again = site.tool(&["start-msg", "imap"], "");
    assert_eq!(again.status.code(), Some(1));
    let pid = pids(&site, "imap")[0];
    assert!(again.stderr.contains(&format!("imap server is already running: {pid}")), "{}", again.stderr);
    for words in [&["start-msg", "watcher"][..], &["start-msg", "--foreground"]] {
        let second = site.tool(words, "");
        assert_eq!(second.status.code(), Some(1));
        assert!(second.stderr.contains(&format!("the watcher is already running: {watcher}")), "{}", second.stderr);
    }
}

#[test]
fn one_service_is_stopped_and_started_beside_the_others() {
    let site = Site::make(SiteOptions::default());
    let background = Background(&site);
    let before = background.start(&ANY_PORT);
    let pop = pids(&site, "pop");
    let stopped = site.tool(&["stop-msg", "imap"], "").success().stdout;
    assert!(stopped.contains("Stopping imap server "), "{stopped}");
    assert!(std::net::TcpStream::connect(before["imap"]).is_err());
    // Settings that wait for a restart are read at the next start.
    site.tool(&["configutil", "-o", "service.imap.numprocesses", "-v", "3"], "").success();
    let after = background.start(&["imap"]);
    assert_eq!(pids(&site, "imap").len(), 3);
    ImapClient::connect(after["imap"]).login("alice", password());
    assert_eq!(pids(&site, "pop"), pop);
}

#[test]
fn a_stale_pid_file_is_no_watcher() {
    let site = Site::make(SiteOptions::default());
    let background = Background(&site);
    fs::create_dir_all(site.root().join("run")).unwrap();
    // Of a process that is there, and is another one.
    fs::write(site.root().join("run/watcher.pid"), "1\n").unwrap();
    assert!(site.tool(&["stop-msg"], "").success().stdout.contains("The watcher is not running"));
    background.start(&ANY_PORT);
    assert_ne!(pids(&site, "watcher"), [1]);
    fs::write(site.root().join("run/imap.pid"), "").unwrap();
    site.tool(&["stop-msg"], "").success();
}

#[test]
fn what_cannot_be_started_is_named_with_its_reason_and_the_rest_serves() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let site = Site::make(
        ["imap", "pop", "http"]
            .into_iter()
            .fold(SiteOptions::default(), |options, service| {
                options.set(&format!("service.{service}.enablesslport"), "no")
            })
            .set("service.listenaddr", "127.0.0.1")
            .set("service.imap.port", port)
            .set("service.pop.port", free_port())
            .set("service.http.enable", "no")
            .set("service.lmtp.port", free_port())
            .set("local.ens.enable", "no"),
    );
    let background = Background(&site);
    let started = site.tool(&["start-msg"], "");
    assert_eq!(started.status.code(), Some(1));
    assert!(started.stderr.contains("Starting imap server ... failed: cannot listen on"), "{}", started.stderr);
    assert!(started.stderr.contains(&format!("process {}", std::process::id())), "{}", started.stderr);
    assert!(started.stdout.contains("Starting pop server ... "), "{}", started.stdout);
    assert!(!started.stdout.contains("http") && !started.stderr.contains("http"));
    let disabled = site.tool(&["start-msg", "http"], "");
    assert_eq!(disabled.status.code(), Some(1));
    assert!(disabled.stderr.contains("http server is disabled"), "{}", disabled.stderr);
    drop(taken);
    background.start(&["imap"]);
}

#[test]
fn a_worker_that_cannot_work_says_why() {
    let site = Site::make(SiteOptions::default());
    let background = Background(&site);
    let directory = site.root().join("config/directory.ldif");
    fs::rename(&directory, directory.with_extension("away")).unwrap();
    let started = site.tool(&[&["start-msg"], &ANY_PORT[..]].concat(), "");
    assert_eq!(started.status.code(), Some(1));
    let line = started.stderr.lines().find(|line| line.starts_with("Starting imap server ... failed: ")).unwrap();
    assert!(line.contains("directory.ldif"), "{line}");
    assert!(pids(&site, "imap").is_empty());
    drop(background);
}

#[test]
fn the_end_of_the_watcher_is_the_end_of_its_workers() {
    let site = Site::make(several(2));
    let background = Background(&site);
    background.start(&ANY_PORT);
    let workers: Vec<u32> = ["imap", "http", "lmtp", "ens"].iter().flat_map(|name| pids(&site, name)).collect();
    signal(pids(&site, "watcher")[0], Signal::SIGKILL);
    wait_for("the workers' end", || workers.iter().all(|pid| !is_alive(*pid)).then_some(()));
    // Nothing of it is in the way of the next.
    background.start(&ANY_PORT);
    assert_eq!(pids(&site, "imap").len(), 2);
}

#[test]
fn a_watcher_that_a_signal_has_stopped_is_named_and_not_waited_for() {
    let site = Site::make(SiteOptions::default());
    let background = Background(&site);
    background.start(&ANY_PORT);
    let watcher = pids(&site, "watcher")[0];
    signal(watcher, Signal::SIGSTOP);
    wait_for("the watcher's standstill", || {
        let stat = fs::read_to_string(format!("/proc/{watcher}/stat")).unwrap();
        stat.contains(") T ").then_some(())
    });
    for words in [&["stop-msg"][..], &["stop-msg", "http"], &["start-msg", "--rolling", "http"]] {
        let output = site.tool(words, "");
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(output.stderr.contains(&format!("'kill -CONT {watcher}' wakes it")), "{}", output.stderr);
    }
    signal(watcher, Signal::SIGCONT);
    site.tool(&["stop-msg"], "").success();
    drop(background);
}

#[test]
fn what_the_watcher_runs_is_not_run_beside_it() {
    let site = Site::make(SiteOptions::default());
    let background = Background(&site);
    background.start(&[&["imap"], &ANY_PORT[..]].concat());
    let (watcher, imap) = (pids(&site, "watcher")[0], pids(&site, "imap")[0]);
    for words in [&["run", "--port", "all=0"][..], &["serve", "imap", "--port", "all=0"]] {
        let output = site.tool(words, "");
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        let reason = format!("the watcher (process {watcher}) runs imap of this site already, in process {imap}");
        assert!(output.stderr.contains(&reason), "{}", output.stderr);
    }
    // What it does not run may be.
    drop(site.serve("pop"));
    let help = site.tool(&["start-msg", "--help"], "").success().stdout;
    assert!(help.contains("imap, pop, http, store"), "{help}");
}
