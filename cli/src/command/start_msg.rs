//! `start-msg`: services in the background, each with its processes, and the watcher behind them (Reference §7.5).

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, bail};
use clap::Args;

use crate::{
    output,
    root::RootOption,
    services::{PortOptions, ServiceName},
    watcher::{
        self, WatcherOptions,
        wire::{Order, Told},
    },
};

/// Starts services in the background: all that are enabled, or those that are named.
///
/// The watcher, a process of its own, opens the ports, runs each service in `service.*.numprocesses` worker processes and starts a worker
/// again when one dies. The command returns when everything serves; exit code 1 when something does not. Settings that need a
/// restart are read when a service is started.
#[derive(Args)]
#[command(
    name = "start-msg",
    after_help = "Examples:\n  start-msg\n  start-msg imap pop\n  start-msg --rolling http\n\nProcess ids are in run/watcher.pid and run/SERVICE.pid of the site folder; what processes print beside their logs is in run/watcher.err."
)]
pub struct StartMsg {
    /// Only these: watcher, ens, lmtp, imap, pop, http, store
    #[arg(value_name = "SERVICE", value_parser = service_names())]
    services: Vec<String>,
    /// Put new worker processes in the place of running ones, without a moment in which nobody serves: after an upgrade of the program, or for
    /// settings that need a restart and are not ports; there are as many afterwards as service.*.numprocesses says
    #[arg(long)]
    rolling: bool,
    /// Stay in the foreground as the watcher, for a service manager
    #[arg(long, conflicts_with = "rolling")]
    foreground: bool,
    /// Be the watcher in the background
    #[arg(long, hide = true, conflicts_with_all = ["rolling", "foreground"])]
    detached: bool,
    #[command(flatten)]
    ports: PortOptions,
}

/// The watcher and every service, as arguments of `start-msg`, `stop-msg` and `refresh`.
pub fn service_names() -> clap::builder::PossibleValuesParser {
    let names: Vec<&'static str> =
        std::iter::once(WATCHER).chain(ServiceName::ALL.iter().map(|name| name.as_str())).collect();
    names.into()
}

pub const WATCHER: &str = "watcher";

impl StartMsg {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let root = root.site_folder()?;
        check_owner(&root)?;
        if self.detached {
            return detached(&root, self.ports);
        }
        if self.foreground {
            let named =
                |name: &&ServiceName| self.services.is_empty() || self.services.iter().any(|s| s == name.as_str());
            let all = self.services.is_empty();
            let start = if all { Vec::new() } else { ServiceName::ALL.iter().filter(named).copied().collect() };
            let start = (all || !start.is_empty()).then_some(start);
            let options = WatcherOptions { ports: self.ports, start };
            watcher::run(&root, options, |addresses| output::line(ready_line(addresses)))?;
            return Ok(ExitCode::SUCCESS);
        }
        output::line("Connecting to watcher ...");
        match watcher::running(&root).context("the watcher's pid file")? {
            None if self.rolling => bail!("the watcher is not running: there is nothing to replace"),
            None => output::line(format_args!("Launching watcher ... {}", launch(&root, &self.ports)?)),
            Some(pid) if self.services.iter().any(|service| service == WATCHER) => {
                bail!("the watcher is already running: {pid}")
            }
            Some(pid) if !self.ports.is_empty() => {
                bail!("the watcher is already running ({pid}): its ports are set when it starts")
            }
            Some(pid) => refuse_stopped(pid)?,
        }
        let services: Vec<String> = self.services.iter().filter(|service| *service != WATCHER).cloned().collect();
        if services.is_empty() && !self.services.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let order = if self.rolling { Order::Roll(services) } else { Order::Start(services) };
        let mut well = true;
        let told = |told| match told {
            Told::Line(line) => output::line(line),
            Told::Trouble(line) => {
                well = false;
                output::note(line);
            }
            Told::Ready(addresses) if !addresses.is_empty() => output::line(ready_line(&addresses)),
            Told::Ready(_) | Told::Done => {}
        };
        if !watcher::wire::order(&root, &order, told).context("asking the watcher")? {
            bail!("the watcher has ended");
        }
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn ready_line(addresses: &[String]) -> String {
    format!("ready {}", addresses.join(" "))
}

/// A watcher that a signal has stopped would take an order and never answer.
pub fn refuse_stopped(pid: u32) -> anyhow::Result<()> {
    if watcher::is_stopped(pid) {
        bail!(
            "the watcher ({pid}) is stopped by a signal and obeys nothing: 'kill -CONT {pid}' wakes it, 'kill -KILL {pid}' ends it and its workers"
        );
    }
    Ok(())
}

/// Files of another account than the site's would lock the site's own processes out.
pub fn check_owner(root: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let owner = fs::metadata(root).with_context(|| root.display().to_string())?.uid();
    let me = nix::unistd::geteuid().as_raw();
    if owner != me {
        let name = nix::unistd::User::from_uid(owner.into()).ok().flatten().map_or(owner.to_string(), |user| user.name);
        bail!("the site belongs to {name}: run this as that account, for instance with 'runuser -u {name} --'");
    }
    Ok(())
}

/// Starts the watcher and returns its process id once it takes orders.
fn launch(root: &Path, ports: &PortOptions) -> anyhow::Result<u32> {
    let run = root.join("run");
    fs::create_dir_all(&run).with_context(|| run.display().to_string())?;
    let errors = run.join("watcher.err");
    let errors = File::create(&errors).with_context(|| errors.display().to_string())?;
    let program = std::env::current_exe().context("the program's own path")?;
    let mut child = Command::new(program)
        .args(["start-msg", "--detached", "--root"])
        .arg(root)
        .args(ports.arguments(&[]))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .context("starting the watcher")?;
    let stdout = child.stdout.take().context("the watcher's standard output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    match line.trim_end().strip_prefix("failed: ") {
        None if !line.is_empty() => Ok(child.id()),
        Some(reason) => bail!("{reason}"),
        None => bail!("the watcher ended at once: {}", child.wait()?),
    }
}

/// The other side of [`launch`].
fn detached(root: &Path, ports: PortOptions) -> anyhow::Result<ExitCode> {
    // Its own session: no terminal's end is its own.
    nix::unistd::setsid().context("leaving the terminal")?;
    let options = WatcherOptions { ports, start: None };
    let result = watcher::run(root, options, |_| output::line("watching"));
    if let Err(error) = &result {
        output::line(format_args!("failed: {error:#}"));
    }
    result.map(|()| ExitCode::SUCCESS)
}
