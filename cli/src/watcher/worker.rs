//! One worker process: started with the service's sockets, ready when it says so, ended kindly or by force.

use std::{
    os::fd::OwnedFd,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use command_fds::{CommandFdExt, FdMapping};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdin, Command},
    time::timeout,
};

use super::service::Plan;
use crate::command::serve::FAILED;

/// How long a worker may take until it serves: the store may have to be repaired after a crash.
const READY_LIMIT: Duration = Duration::from_secs(120);
/// The first passed descriptor (sd_listen_fds(3)).
const FIRST_SOCKET: i32 = 3;

/// A running worker. Dropping it kills it.
pub struct Worker {
    pub pid: u32,
    child: Child,
    /// The worker drains when this is closed, by whatever ends the watcher.
    _lifeline: Option<ChildStdin>,
}

impl Worker {
    /// Starts one and waits until it serves. The error says why it does not.
    pub async fn start(plan: &Plan) -> anyhow::Result<Self> {
        let mut command = std::process::Command::new(&plan.program);
        command
            .args(["serve", plan.name.as_str(), "--watched", "--root"])
            .arg(&plan.root)
            .args(&plan.ports)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What the watcher was told itself is not for its workers.
            .env_remove("NOTIFY_SOCKET")
            .env_remove("LISTEN_PID");
        let names: Vec<&str> = plan.sockets.iter().map(|socket| socket.name).collect();
        command.env("LISTEN_FDS", names.len().to_string()).env("LISTEN_FDNAMES", names.join(":"));
        let passed: Result<Vec<OwnedFd>, _> =
            plan.sockets.iter().map(|socket| socket.socket.try_clone().map(OwnedFd::from)).collect();
        let mappings = (FIRST_SOCKET..)
            .zip(passed.context("passing sockets")?)
            .map(|(child_fd, parent_fd)| FdMapping { parent_fd, child_fd })
            .collect();
        command.fd_mappings(mappings)?;
        let mut child = Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", plan.program.display()))?;
        let pid = child.id().unwrap_or(0);
        let lifeline = child.stdin.take();
        match timeout(READY_LIMIT, ready(&mut child)).await {
            Ok(Ok(())) => Ok(Self { pid, child, _lifeline: lifeline }),
            Ok(Err(error)) => Err(error),
            Err(_) => bail!("process {pid} was not ready after {} s", READY_LIMIT.as_secs()),
        }
    }

    /// Returns when it has ended.
    pub async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    pub fn signal(&self, signal: Signal) {
        signal_to(self.pid, signal);
    }

    /// Lets it drain, and kills it when it is not done after `limit`; whether it was done.
    pub async fn stop(mut self, signal: Signal, limit: Duration) -> bool {
        self.signal(signal);
        if timeout(limit, self.ended()).await.is_ok() {
            return true;
        }
        tracing::warn!("worker {} was not done with its drain after {} s and is killed", self.pid, limit.as_secs());
        if let Err(error) = self.child.kill().await {
            tracing::error!(%error, "worker {} cannot be killed", self.pid);
        }
        false
    }
}

/// A process that is gone already needs no signal.
pub fn signal_to(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid)
        && pid > 0
    {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

async fn ready(child: &mut Child) -> anyhow::Result<()> {
    let stdout = child.stdout.take().context("a worker without standard output")?;
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if line.starts_with("ready") {
            return Ok(());
        }
        if let Some(reason) = line.strip_prefix(FAILED) {
            bail!("{reason}");
        }
    }
    bail!("it ended at once, {}", child.wait().await?)
}
