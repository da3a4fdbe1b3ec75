//! The watcher of a site: one background process that owns the listening sockets of the services, runs each service in as many worker
//! processes as `service.*.numprocesses` says, and starts a worker again when it dies (Guide §5.3.1).
//!
//! `start-msg` starts it and gives it orders, as `stop-msg` does ([`wire`]); `refresh` speaks with the workers themselves.

mod figures;
mod pid_file;
mod service;
mod sockets;
pub mod wire;
mod worker;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, bail};
use config::{Settings, Watching};
use daemon::{Drain, Told, bind, serve_metrics};
use logs::Logs;
use tokio::{
    net::UnixListener,
    signal::unix::{SignalKind, signal},
    sync::{Mutex as Turn, Notify},
};

pub use pid_file::running;

use crate::services::{PortOptions, ServiceName};
use pid_file::PidFile;
use service::Service;

/// How long workers have for their drain before they are killed. They cut their sessions after 30 s themselves.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(45);

/// The running watcher.
pub struct Watcher {
    root: PathBuf,
    ports: PortOptions,
    /// Orders are obeyed one after another.
    turn: Turn<()>,
    services: Mutex<BTreeMap<ServiceName, Service>>,
    end: Notify,
}

/// The processes of a service that the watcher of the site at `root` runs, from their pid file.
pub fn workers(root: &Path, name: ServiceName) -> Vec<u32> {
    let file = root.join("run").join(format!("{}.pid", name.as_str()));
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).filter(|pid| is_there(*pid)).collect()
}

fn is_there(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

/// Whether a process was stopped by a signal (state T of proc_pid_stat(5)): it does nothing until SIGCONT.
pub fn is_stopped(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything.
    stat.rsplit_once(')').is_some_and(|(_, rest)| matches!(rest.trim_start().as_bytes().first(), Some(b'T' | b't')))
}

/// What a watcher does besides waiting for orders.
pub struct WatcherOptions {
    /// Ports that the command line moves.
    pub ports: PortOptions,
    /// The services to start first; `None` waits for an order.
    pub start: Option<Vec<ServiceName>>,
}

/// Runs the watcher until it is told to end, by SIGTERM or by `stop-msg`. `ready` is called when it takes orders, and every service that was to be
/// started serves.
pub fn run(root: &Path, options: WatcherOptions, ready: impl FnOnce(&[String])) -> anyhow::Result<()> {
    let settings = Settings::load(root)?;
    let _pid_file = PidFile::take(root)?;
    let _logs = Logs::start(&config::Log::read(&settings))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let watcher = Arc::new(Watcher {
            root: root.to_owned(),
            ports: options.ports,
            turn: Turn::default(),
            services: Mutex::default(),
            end: Notify::new(),
        });
        let drain = Drain::new();
        let mut said = Vec::new();
        if let Some(line) = watcher.serve_figures(&settings, &drain)? {
            said.push(line);
        }
        let orders = wire::Door::open(root).context("the watcher's socket")?;
        tokio::spawn(wire::serve(orders.listener(), Arc::clone(&watcher)));
        if let Some(services) = &options.start {
            let mut failed = Vec::new();
            let mut tell = |told| match told {
                wire::Told::Trouble(line) => failed.push(line),
                wire::Told::Line(line) => tracing::info!("{line}"),
                wire::Told::Done | wire::Told::Ready(_) => {}
            };
            watcher.start(services, &mut tell).await;
            if !failed.is_empty() {
                watcher.stop(ServiceName::ALL, DRAIN_LIMIT, &mut |_| {}).await;
                bail!("{}", failed.join("; "));
            }
        }
        said.extend(watcher.addresses());
        tracing::info!("watching");
        ready(&said);
        daemon::tell_supervisor("READY=1");
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                () = watcher.end.notified() => break,
                _ = hangup.recv() => watcher.refresh(),
            }
        }
        daemon::tell_supervisor("STOPPING=1");
        drain.start();
        watcher.stop(ServiceName::ALL, DRAIN_LIMIT, &mut |_| {}).await;
        tracing::info!("the watcher ends");
        Ok(())
    })
}

/// Takes what is to be told about an order, line by line.
pub type Tell<'a> = dyn FnMut(wire::Told) + Send + 'a;

impl Watcher {
    fn services(&self) -> std::sync::MutexGuard<'_, BTreeMap<ServiceName, Service>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every address that is listened on, as in the `ready` line.
    fn addresses(&self) -> Vec<String> {
        self.services().values().flat_map(Service::addresses).collect()
    }

    /// The ports that services have been given, for the command lines of workers.
    fn ports_for_workers(&self) -> Vec<String> {
        let taken: Vec<(String, u16)> = self.services().values().flat_map(Service::ports).collect();
        if self.ports.is_empty() { Vec::new() } else { self.ports.arguments(&taken) }
    }

    /// Starts services, in their order, and says of each how it went.
    async fn start(&self, services: &[ServiceName], tell: &mut Tell<'_>) {
        let _turn = self.turn.lock().await;
        let asked_for_all = services.is_empty();
        for name in ServiceName::ALL.iter().filter(|name| asked_for_all || services.contains(name)) {
            let running = self.services().get(name).map(Service::pids);
            if let Some(pids) = running {
                tell(wire::Told::Trouble(format!("{} server is already running: {}", name.as_str(), words(&pids))));
                continue;
            }
            match self.start_one(*name).await {
                Ok(Some(pids)) => {
                    tell(wire::Told::Line(format!("Starting {} server ... {}", name.as_str(), words(&pids))))
                }
                Ok(None) if asked_for_all => {}
                Ok(None) => tell(wire::Told::Trouble(format!("{} server is disabled", name.as_str()))),
                Err(error) => {
                    tracing::error!("{} server not started: {error:#}", name.as_str());
                    tell(wire::Told::Trouble(format!("Starting {} server ... failed: {error:#}", name.as_str())));
                }
            }
        }
        tell(wire::Told::Ready(self.addresses()));
    }

    /// `None` when the settings have it off.
    async fn start_one(&self, name: ServiceName) -> anyhow::Result<Option<Vec<u32>>> {
        let settings = Settings::load(&self.root)?;
        let Some(sockets) = sockets::open(name, &settings, &self.ports)? else { return Ok(None) };
        let plan = service::Plan {
            program: std::env::current_exe().context("the program's own path")?,
            root: self.root.clone(),
            name,
            processes: sockets::processes(name, &settings),
            sockets,
            ports: self.ports_for_workers(),
        };
        let service = Service::start(plan).await?;
        let pids = service.pids();
        self.services().insert(name, service);
        Ok(Some(pids))
    }

    /// Stops services, the last started first; those that are not done with their drain after `limit` are killed.
    async fn stop(&self, services: &[ServiceName], limit: Duration, tell: &mut Tell<'_>) {
        let _turn = self.turn.lock().await;
        for name in ServiceName::ALL.iter().rev().filter(|name| services.is_empty() || services.contains(name)) {
            let Some(service) = self.services().remove(name) else {
                if !services.is_empty() {
                    tell(wire::Told::Line(format!("{} server is not running", name.as_str())));
                }
                continue;
            };
            let pids = service.pids();
            let end = if service.stop(limit).await { "done" } else { "killed, its sessions were not done in time" };
            tell(wire::Told::Line(format!("Stopping {} server {} ... {end}", name.as_str(), words(&pids))));
        }
    }

    /// Puts new workers in the place of the running ones: these drain once a new one serves.
    async fn roll(&self, services: &[ServiceName], tell: &mut Tell<'_>) {
        let _turn = self.turn.lock().await;
        for name in ServiceName::ALL.iter().filter(|name| services.is_empty() || services.contains(name)) {
            let Some(mut service) = self.services().get(name).cloned() else {
                if !services.is_empty() {
                    tell(wire::Told::Trouble(format!("{} server is not running", name.as_str())));
                }
                continue;
            };
            let before = service.pids();
            let rolled = match Settings::load(&self.root) {
                Ok(settings) => service.roll(sockets::processes(*name, &settings)).await,
                Err(error) => Err(error.into()),
            };
            self.services().insert(*name, service.clone());
            match rolled {
                Ok(()) => tell(wire::Told::Line(format!(
                    "Replacing {} server {} ... {}",
                    name.as_str(),
                    words(&before),
                    words(&service.pids())
                ))),
                Err(error) => {
                    tell(wire::Told::Trouble(format!("Replacing {} server ... failed: {error:#}", name.as_str())))
                }
            }
        }
        tell(wire::Told::Ready(self.addresses()));
    }

    /// SIGHUP for everybody.
    fn refresh(&self) {
        self.services().values().for_each(Service::refresh);
    }

    /// One metrics listener for all workers; the line that says where.
    fn serve_figures(self: &Arc<Self>, settings: &Settings, drain: &Drain) -> anyhow::Result<Option<String>> {
        let watching = Watching::read(settings).metrics;
        let Some(port) = self.ports.apply(&watching, "metrics", "").port else { return Ok(None) };
        let listener = bind(&watching.addresses, port).context("service.metrics.port")?;
        let line = listener.address().map(|address| format!("metrics={address}"));
        let (for_text, for_check) = (Arc::downgrade(self), Arc::downgrade(self));
        let told = Told {
            figures: Arc::new(move || {
                let watcher = for_text.upgrade();
                Box::pin(async move {
                    match watcher {
                        Some(watcher) => figures::of(&watcher).await,
                        None => String::new(),
                    }
                })
            }),
            check: Arc::new(move || {
                let whole =
                    for_check.upgrade().is_some_and(|watcher| watcher.services().values().all(Service::is_whole));
                Box::pin(async move { if whole { Ok(()) } else { Err("a worker process") } })
            }),
            drain: drain.clone(),
        };
        serve_metrics(listener, &told);
        Ok(line)
    }
}

fn words(pids: &[u32]) -> String {
    pids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

/// The folder of pid files and sockets.
fn run_folder(root: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = root.join("run");
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    Ok(folder)
}

/// The socket of orders.
fn listen(root: &Path) -> io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    let folder = run_folder(root)?;
    match std::fs::remove_file(folder.join(wire::SOCKET)) {
        // The pid file's lock says that no other watcher is behind it.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = daemon::control::with_short_name(&folder, wire::SOCKET, |name| UnixListener::bind(name))?;
    std::fs::set_permissions(folder.join(wire::SOCKET), std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}
