//! The connection of a session: lines in, responses out through one buffer.
//!
//! Nothing is held while a client idles: input is read through the stack of the poll, and the output buffer goes when it is empty.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use daemon::Conn;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use crate::input::Input;
use crate::session::End;

/// Read at once from the socket.
const READ: usize = 4 * 1024;
/// A window of a message: the most that is gathered before it is written.
pub(crate) const WINDOW: usize = 256 * 1024;
/// Responses are written when so much has come together, so that a pipelined batch costs few writes.
const FULL: usize = 64 * 1024;
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// See the module.
pub(crate) struct Link {
    /// `None` only while a TLS handshake has it, and after that failed.
    conn: Option<Conn>,
    pub(crate) input: Input,
    /// Responses that are not written yet.
    pub(crate) out: Vec<u8>,
    /// How long a client may leave a window unread.
    patience: Duration,
    /// Octets read and written, for the log.
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Link {
    pub(crate) fn new(conn: Conn, patience: Duration) -> Self {
        Self { conn: Some(conn), input: Input::default(), out: Vec::new(), patience, received: 0, sent: 0 }
    }

    pub(crate) fn conn(&self) -> Option<&Conn> {
        self.conn.as_ref()
    }

    /// Reads once, whatever there is. Cancel-safe.
    pub(crate) async fn read(&mut self) -> Result<(), End> {
        let Some(conn) = self.conn.as_mut() else { return Err(End::Closed) };
        let input = &mut self.input;
        let count = poll_fn(|cx| {
            let mut storage = [const { MaybeUninit::uninit() }; READ];
            let mut buffer = ReadBuf::uninit(&mut storage);
            match Pin::new(&mut *conn).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) => {
                    input.feed(buffer.filled());
                    Poll::Ready(Ok(buffer.filled().len()))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await?;
        self.received += count as u64;
        if count == 0 { Err(End::Closed) } else { Ok(()) }
    }

    /// Writes what is waiting.
    pub(crate) async fn flush(&mut self) -> Result<(), End> {
        if self.out.is_empty() {
            return Ok(());
        }
        let Some(conn) = self.conn.as_mut() else { return Err(End::Closed) };
        let stalled = |_| End::Failed(io::ErrorKind::TimedOut.into());
        timeout(self.patience, conn.write_all(&self.out)).await.map_err(stalled)??;
        timeout(self.patience, conn.flush()).await.map_err(stalled)??;
        self.sent += self.out.len() as u64;
        self.out.clear();
        Ok(())
    }

    /// Writes when enough has come together.
    pub(crate) async fn flush_full(&mut self) -> Result<(), End> {
        if self.out.len() >= FULL { self.flush().await } else { Ok(()) }
    }

    /// Before waiting for the client: gives memory back.
    pub(crate) fn release(&mut self) {
        self.out = Vec::new();
        self.input.shrink();
    }

    /// The TLS handshake after STLS.
    pub(crate) async fn start_tls(&mut self, acceptor: &tls::Acceptor) -> Result<(), End> {
        let Some(conn) = self.conn.take() else { return Err(End::Closed) };
        self.input.clear();
        let handshake = timeout(HANDSHAKE, conn.start_tls(acceptor)).await;
        self.conn = Some(handshake.map_err(|_| End::Failed(io::ErrorKind::TimedOut.into()))??);
        Ok(())
    }

    /// Says goodbye at the transport's level.
    pub(crate) async fn close(&mut self) {
        if let Some(conn) = self.conn.as_mut() {
            // The client may be gone already, and there is nobody to tell.
            let _ = timeout(Duration::from_secs(5), conn.shutdown()).await;
        }
    }
}
