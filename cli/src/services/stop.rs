//! The life of the process: signals, the drain, the limit on open files.

use std::{io, os::fd::AsFd, time::Duration};

use daemon::{Drain, control::RefreshOrder};
use logs::Logs;
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe,
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use super::{Keeper, OpenSite, live::Running};

/// How long accepted work may take after SIGTERM. systemd kills after 90 s.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// The signals that the process listens for.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    /// A new worker serves in this one's place.
    relieved: Signal,
    /// Standard input, which the watcher keeps open as long as it lives.
    lifeline: Option<pipe::Receiver>,
}

impl Signals {
    /// From now on none is lost.
    pub fn listen(keeper: Keeper) -> io::Result<Self> {
        let lifeline = match keeper {
            Keeper::Watcher => Some(pipe::Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)?),
            Keeper::Other => None,
        };
        Ok(Self {
            lifeline,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            relieved: signal(SignalKind::user_defined1())?,
        })
    }
}

/// Returns at SIGTERM or SIGINT, or when the watcher is gone. SIGHUP is `refresh`, as is an order of that name: settings and
/// certificates are read again.
pub async fn wait(
    signals: &mut Signals,
    orders: &mut mpsc::Receiver<RefreshOrder>,
    site: &OpenSite,
    running: &Running,
    logs: &Logs,
) -> Why {
    let Signals { terminate, interrupt, hangup, relieved, lifeline } = signals;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Why::Told,
            _ = interrupt.recv() => return Why::Told,
            _ = relieved.recv() => return Why::Relieved,
            _ = hangup.recv() => drop(running.refresh(site, logs)),
            () = end_of(lifeline) => {
                tracing::warn!("the watcher is gone");
                return Why::Told;
            }
            Some(order) = orders.recv() => {
                // A tool that went away has lost interest.
                let _ = order.send(running.refresh(site, logs));
            }
        }
    }
}

/// Returns when the other end of the pipe is closed; never without one.
async fn end_of(lifeline: &mut Option<pipe::Receiver>) {
    let Some(pipe) = lifeline else { return std::future::pending().await };
    let mut nothing = [0; 64];
    while matches!(pipe.read(&mut nothing).await, Ok(1..)) {}
}

/// Why a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was told to.
    Told,
    /// Another one serves in its place.
    Relieved,
}

/// Ends the services: nothing new is accepted, what was accepted is finished.
pub async fn drain(drain: &Drain, why: Why) {
    tracing::info!("draining");
    match why {
        Why::Told => drain.start(),
        Why::Relieved => drain.relieve(),
    }
    if tokio::time::timeout(DRAIN_LIMIT, drain.finished()).await.is_err() {
        tracing::warn!("sessions still open after {} s are cut", DRAIN_LIMIT.as_secs());
    }
}

/// Thousands of sessions need as many descriptors: the soft limit is raised to the hard one.
pub fn raise_file_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(soft, hard)| if soft < hard { setrlimit(Resource::RLIMIT_NOFILE, hard, hard) } else { Ok(()) });
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
}
