//! Reading and writing of a session: time limits, the drain, and replies that go out in one piece.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{End, Session};

/// While draining, a transaction that has begun may pause this long.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);

/// How long a client that was sent away may go on talking.
const LINGER: Duration = Duration::from_secs(2);

impl Session {
    /// Reads more between commands.
    pub(super) async fn fill(&mut self, size: usize) -> Result<(), End> {
        if self.transaction.is_some() {
            return self.fill_in_transaction(size).await;
        }
        let started = self.drain.started();
        tokio::select! {
            biased;
            read = self.read(size, self.deps.config.idle_timeout) => read,
            () = started => Err(End::Draining),
        }
    }

    /// Reads more inside a transaction, which a drain lets come to its end if the client goes on with it.
    pub(super) async fn fill_in_transaction(&mut self, size: usize) -> Result<(), End> {
        let idle = self.deps.config.idle_timeout;
        if self.drain.is_draining() {
            return self.read(size, idle.min(DRAIN_PATIENCE)).await;
        }
        let started = self.drain.started();
        tokio::select! {
            biased;
            read = self.read(size, idle) => return read,
            () = started => {}
        }
        self.read(size, idle.min(DRAIN_PATIENCE)).await
    }

    /// Writes what is to be said, then reads. Safe to cancel between the two and during the read.
    async fn read(&mut self, size: usize, patience: Duration) -> Result<(), End> {
        self.flush().await?;
        self.input.buffer.reserve(size);
        match daemon::clock::timeout(patience, self.conn.read_buf(&mut self.input.buffer)).await {
            Ok(Ok(0)) => Err(End::Done),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(End::Failed(error)),
            Err(_) => Err(End::Idle),
        }
    }

    pub(super) async fn flush(&mut self) -> Result<(), End> {
        while !self.out.is_empty() {
            let patience = self.deps.config.idle_timeout;
            // `write`, not `write_all`: if this is cancelled, what was sent is known and nothing is sent twice.
            let sent = match timeout(patience, self.conn.write(&self.out)).await {
                Ok(sent) => sent?,
                Err(_) => return Err(End::Failed(io::ErrorKind::TimedOut.into())),
            };
            if sent == 0 {
                return Err(End::Failed(io::ErrorKind::WriteZero.into()));
            }
            self.out.drain(..sent);
        }
        self.conn.flush().await?;
        Ok(())
    }

    /// Reads and forgets for a moment: closing a socket that has unread input would make the system throw our last reply away.
    pub(super) async fn linger(&mut self) {
        let forget = async {
            self.input.buffer.clear();
            while matches!(self.conn.read_buf(&mut self.input.buffer).await, Ok(1..)) {
                self.input.buffer.clear();
            }
        };
        let _ = timeout(LINGER, forget).await;
    }
}
