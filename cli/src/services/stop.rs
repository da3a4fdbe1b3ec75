//! The life of the process: signals, the drain, the limit on open files.

use std::time::Duration;

use daemon::Drain;
use logs::Logs;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{OpenSite, live::Running};

/// How long accepted work may take after SIGTERM. systemd kills after 90 s.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// The signals that the process listens for.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// From now on none is lost.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

/// Returns at SIGTERM or SIGINT. SIGHUP is `refresh`: settings and certificates are read again.
pub async fn wait(signals: &mut Signals, site: &OpenSite, running: &Running, logs: &Logs) {
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => return,
            _ = signals.interrupt.recv() => return,
            _ = signals.hangup.recv() => running.refresh(site, logs),
        }
    }
}

/// Ends the services: nothing new is accepted, what was accepted is finished.
pub async fn drain(drain: &Drain) {
    tracing::info!("draining");
    drain.start();
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
