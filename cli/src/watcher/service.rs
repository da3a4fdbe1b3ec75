//! A service with its workers: one task sees to each place, so that a worker that dies has a successor.

use std::{
    collections::VecDeque,
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::ExitStatus,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use nix::sys::signal::Signal;
use tokio::sync::{mpsc, oneshot};

use super::{
    DRAIN_LIMIT, run_folder,
    sockets::Named,
    words,
    worker::{Worker, signal_to},
};
use crate::services::ServiceName;

/// Deaths that are remembered, and for how long: the more there were, the longer is the wait.
const REMEMBERED: Duration = Duration::from_secs(120);
/// Longest wait before a worker is started again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What workers are started from.
pub struct Plan {
    pub program: PathBuf,
    pub root: PathBuf,
    pub name: ServiceName,
    /// How many.
    pub processes: usize,
    /// Open as long as the service runs: connections wait here while there is no worker.
    pub sockets: Vec<Named>,
    /// Arguments that say where ports are.
    pub ports: Vec<String>,
}

/// A running service. Clones share it.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Shared>,
    places: Vec<mpsc::Sender<Order>>,
}

struct Shared {
    plan: Plan,
    /// The process in each place; 0 while there is none.
    pids: Mutex<Vec<u32>>,
    restarts: AtomicU64,
}

enum Order {
    /// Drain and end; whether it was done in time.
    Stop(Duration, oneshot::Sender<bool>),
    /// Make way for a new worker, once that serves.
    Roll(oneshot::Sender<anyhow::Result<()>>),
    /// Drain and end, without anybody waiting for it: others serve on.
    Leave,
}

impl Service {
    /// Starts every worker and waits until all serve. When one does not, none is left.
    pub async fn start(plan: Plan) -> anyhow::Result<Self> {
        let processes = plan.processes;
        let shared = Arc::new(Shared { pids: Mutex::default(), restarts: AtomicU64::new(0), plan });
        let mut service = Self { shared, places: Vec::new() };
        let firsts: Vec<_> = (0..processes).map(|_| service.add_place()).collect();
        let mut trouble = None;
        for first in firsts {
            if let Err(error) = first.await.unwrap_or_else(|_| Err(anyhow!("its keeper ended"))) {
                trouble = Some(error);
            }
        }
        match trouble {
            None => Ok(service),
            Some(error) => {
                service.stop(DRAIN_LIMIT).await;
                Err(error)
            }
        }
    }

    /// Lets every worker drain; whether all were done after `limit`.
    pub async fn stop(&self, limit: Duration) -> bool {
        let mut ends = Vec::new();
        for place in &self.places {
            let (done, end) = oneshot::channel();
            // A place whose worker never served has no keeper any more.
            if place.send(Order::Stop(limit, done)).await.is_ok() {
                ends.push(end);
            }
        }
        let mut all = true;
        for end in ends {
            all &= end.await.unwrap_or(true);
        }
        self.shared.note_pids();
        all
    }

    /// Another place, and who tells whether its worker serves.
    fn add_place(&mut self) -> oneshot::Receiver<anyhow::Result<()>> {
        let (orders, taken) = mpsc::channel(1);
        let (first, started) = oneshot::channel();
        let place = self.places.len();
        self.shared.pids.lock().unwrap_or_else(PoisonError::into_inner).push(0);
        tokio::spawn(keep(Arc::clone(&self.shared), place, taken, first));
        self.places.push(orders);
        started
    }

    /// Takes the places from `count` on away; their workers drain.
    async fn remove_places(&mut self, count: usize) {
        let surplus = self.places.split_off(count.min(self.places.len()));
        for place in surplus {
            // A place whose worker never served has no keeper any more.
            let _ = place.send(Order::Leave).await;
        }
        self.shared.pids.lock().unwrap_or_else(PoisonError::into_inner).truncate(count);
        self.shared.note_pids();
    }

    /// A new worker in every place, one after another, the old one draining when the new one serves; then as many places as there are to be now.
    pub async fn roll(&mut self, processes: usize) -> anyhow::Result<()> {
        for place in self.places.iter().take(processes) {
            let (done, rolled) = oneshot::channel();
            place.send(Order::Roll(done)).await.map_err(|_| anyhow!("the service is being stopped"))?;
            rolled.await.context("the service is being stopped")??;
        }
        self.remove_places(processes).await;
        while self.places.len() < processes {
            let place = self.places.len();
            if let Err(error) = self.add_place().await.unwrap_or_else(|_| Err(anyhow!("its keeper ended"))) {
                self.remove_places(place).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// The processes.
    pub fn pids(&self) -> Vec<u32> {
        self.shared.pids().into_iter().filter(|pid| *pid != 0).collect()
    }

    /// The processes with the numbers of their places, from 1.
    pub fn places(&self) -> Vec<(usize, u32)> {
        (1..).zip(self.shared.pids()).filter(|(_, pid)| *pid != 0).collect()
    }

    /// Whether a worker serves in every place.
    pub fn is_whole(&self) -> bool {
        self.shared.pids().iter().all(|pid| *pid != 0)
    }

    /// How often a worker had to be started again.
    pub fn restarts(&self) -> u64 {
        self.shared.restarts.load(Ordering::Relaxed)
    }

    /// Has the workers read their settings again.
    pub fn refresh(&self) {
        self.pids().into_iter().for_each(|pid| signal_to(pid, Signal::SIGHUP));
    }

    fn first_addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        let mut found: Vec<(&'static str, SocketAddr)> = Vec::new();
        for Named { name, socket } in &self.shared.plan.sockets {
            if let Ok(address) = socket.local_addr()
                && !found.iter().any(|(known, _)| known == name)
            {
                found.push((name, address));
            }
        }
        found
    }

    /// `imap=127.0.0.1:143`, as in the `ready` line.
    pub fn addresses(&self) -> Vec<String> {
        self.first_addresses().into_iter().map(|(name, address)| format!("{name}={address}")).collect()
    }

    /// The ports by name.
    pub fn ports(&self) -> Vec<(String, u16)> {
        self.first_addresses().into_iter().map(|(name, address)| (name.to_owned(), address.port())).collect()
    }
}

impl Shared {
    fn pids(&self) -> Vec<u32> {
        self.pids.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_pid(&self, place: usize, pid: u32) {
        if let Some(known) = self.pids.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
            *known = pid;
        }
        self.note_pids();
    }

    /// `run/<service>.pid`: a line a process, for scripts. No file while there is none.
    fn note_pids(&self) {
        let pids: Vec<u32> = self.pids().into_iter().filter(|pid| *pid != 0).collect();
        let write = || -> std::io::Result<()> {
            let file = run_folder(&self.plan.root)?.join(format!("{}.pid", self.plan.name.as_str()));
            if !pids.is_empty() {
                return fs::write(file, format!("{}\n", words(&pids).replace(' ', "\n")));
            }
            match fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        };
        if let Err(error) = write() {
            tracing::warn!(%error, "the pid file of {} was not written", self.plan.name.as_str());
        }
    }
}

/// Sees to one place: a worker is there, or soon will be.
async fn keep(
    shared: Arc<Shared>,
    place: usize,
    mut orders: mpsc::Receiver<Order>,
    first: oneshot::Sender<anyhow::Result<()>>,
) {
    let name = shared.plan.name.as_str();
    let mut worker = match Worker::start(&shared.plan).await {
        Ok(worker) => worker,
        Err(error) => {
            let _ = first.send(Err(error));
            return;
        }
    };
    shared.set_pid(place, worker.pid);
    tracing::info!("{name} worker {} serves", worker.pid);
    let _ = first.send(Ok(()));
    let mut deaths = Deaths::default();
    loop {
        tokio::select! {
            ended = worker.ended() => {
                shared.set_pid(place, 0);
                shared.restarts.fetch_add(1, Ordering::Relaxed);
                let pause = deaths.another();
                tracing::error!(
                    "{name} worker {} has died: {}; another is started in {} s (death {} in {} s)",
                    worker.pid, how(ended), pause.as_secs(), deaths.count(), REMEMBERED.as_secs()
                );
                match successor(&shared, pause, &mut deaths, &mut orders).await {
                    Some(new) => worker = new,
                    None => return,
                }
                shared.set_pid(place, worker.pid);
                tracing::info!("{name} worker {} serves", worker.pid);
            }
            order = orders.recv() => match order {
                Some(Order::Stop(limit, done)) => {
                    shared.set_pid(place, 0);
                    let _ = done.send(worker.stop(Signal::SIGTERM, limit).await);
                    return;
                }
                Some(Order::Roll(done)) => match Worker::start(&shared.plan).await {
                    Ok(new) => {
                        let old = std::mem::replace(&mut worker, new);
                        shared.set_pid(place, worker.pid);
                        tracing::info!("{name} worker {} takes over from {}", worker.pid, old.pid);
                        tokio::spawn(old.stop(Signal::SIGUSR1, DRAIN_LIMIT));
                        let _ = done.send(Ok(()));
                    }
                    Err(error) => {
                        tracing::error!("{name} worker {} stays: its successor failed: {error:#}", worker.pid);
                        let _ = done.send(Err(error));
                    }
                },
                Some(Order::Leave) => {
                    tracing::info!("{name} worker {} is one too many and drains", worker.pid);
                    tokio::spawn(worker.stop(Signal::SIGUSR1, DRAIN_LIMIT));
                    return;
                }
                // The service is gone without a word: so is the watcher.
                None => return,
            },
        }
    }
}

/// A worker in the place of one that has died; `None` when the service is to stop meanwhile.
async fn successor(
    shared: &Arc<Shared>,
    mut pause: Duration,
    deaths: &mut Deaths,
    orders: &mut mpsc::Receiver<Order>,
) -> Option<Worker> {
    loop {
        let again = tokio::time::sleep(pause);
        tokio::pin!(again);
        loop {
            tokio::select! {
                () = &mut again => break,
                order = orders.recv() => match order {
                    Some(Order::Stop(_, done)) => {
                        let _ = done.send(true);
                        return None;
                    }
                    Some(Order::Roll(done)) => {
                        let _ = done.send(Err(anyhow!("a worker has died and is not back yet")));
                    }
                    Some(Order::Leave) | None => return None,
                },
            }
        }
        match Worker::start(&shared.plan).await {
            Ok(worker) => return Some(worker),
            Err(error) => {
                pause = deaths.another();
                tracing::error!(
                    "{} worker could not be started: {error:#}; next attempt in {} s",
                    shared.plan.name.as_str(),
                    pause.as_secs()
                );
            }
        }
    }
}

fn how(ended: std::io::Result<ExitStatus>) -> String {
    match ended {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}

/// When workers of a place died.
#[derive(Default)]
struct Deaths(VecDeque<Instant>);

impl Deaths {
    /// One more, and how long to wait for the next start: not at all after the first.
    fn another(&mut self) -> Duration {
        let now = Instant::now();
        self.0.retain(|died| now.duration_since(*died) < REMEMBERED);
        self.0.push_back(now);
        match u32::try_from(self.0.len()).unwrap_or(u32::MAX) {
            ..=1 => Duration::ZERO,
            deaths => Duration::from_secs(1).saturating_mul(1 << (deaths - 2).min(6)).min(LONGEST_PAUSE),
        }
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}
