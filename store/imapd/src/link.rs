//! The connection of a session: bytes in through the command splitter, responses out through one buffer.
//!
//! Nothing is held while a client idles: input is read through the stack of the poll, and the output buffer goes when it is empty.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use daemon::Conn;
use imap_wire::frame::{FrameLimits, Splitter};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use crate::compression::Compression;
use crate::reply::Hangup;

/// Read at once from the socket.
const READ: usize = 16 * 1024;
/// Output is written when so much has come together.
pub(crate) const FULL: usize = 256 * 1024;
/// An output buffer up to this size is kept between commands that follow each other at once.
const KEEP: usize = 4 * 1024;
/// A client that says nothing for so long has no compressor waiting for it.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a client may leave a response unread.
const STALLED: Duration = Duration::from_secs(300);

/// See the module.
pub(crate) struct Link {
    /// `None` only while a TLS handshake has it, and after that failed.
    conn: Option<Conn>,
    peer: SocketAddr,
    /// COMPRESS is active.
    compression: Option<Box<Compression>>,
    /// What the client sends, cut into commands.
    pub(crate) splitter: Splitter,
    /// Responses that are not written yet.
    pub(crate) out: Vec<u8>,
    /// Octets read and written, for the log.
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Link {
    pub(crate) fn new(conn: Conn) -> Self {
        Self {
            peer: conn.peer(),
            conn: Some(conn),
            compression: None,
            splitter: Splitter::new(FrameLimits::before_login()),
            out: Vec::new(),
            received: 0,
            sent: 0,
        }
    }

    /// The client's address, also when the connection is gone.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(crate) fn conn(&self) -> Option<&Conn> {
        self.conn.as_ref()
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.compression.is_some()
    }

    /// Everything from here on is compressed, in both directions (RFC 4978 §3).
    pub(crate) fn start_compression(&mut self) {
        self.splitter.clear_input();
        self.compression = Some(Box::default());
    }

    /// Nothing from here on is compressed (RFC 8437 §2).
    pub(crate) fn end_compression(&mut self) {
        self.splitter.clear_input();
        self.compression = None;
    }

    pub(crate) fn conn_mut(&mut self) -> Option<&mut Conn> {
        self.conn.as_mut()
    }

    /// The client is at `address`, as a proxy tells.
    pub(crate) fn set_client(&mut self, address: SocketAddr) {
        if let Some(conn) = &mut self.conn {
            conn.set_client(address);
            self.peer = conn.peer();
        }
    }

    /// Reads once, whatever there is, and feeds the splitter. Cancel-safe.
    pub(crate) async fn read(&mut self) -> Result<(), Hangup> {
        loop {
            let Some(compression) = self.compression.as_mut() else {
                return self.read_plain().await;
            };
            if let Some(piece) = compression.decompress()? {
                self.splitter.feed(&piece);
                return Ok(());
            }
            if !compression.holds_much() {
                self.read_plain().await?;
            } else if let Ok(read) = timeout(PAUSE, self.read_plain()).await {
                read?;
            } else if let Some(compression) = self.compression.as_mut() {
                compression.release();
            }
        }
    }

    /// Reads once from the connection: into the decompressor when there is one, into the splitter otherwise.
    async fn read_plain(&mut self) -> Result<(), Hangup> {
        let Some(conn) = self.conn.as_mut() else { return Err(Hangup::Closed) };
        let (splitter, compression) = (&mut self.splitter, &mut self.compression);
        let count = poll_fn(|cx| {
            let mut storage = [const { MaybeUninit::uninit() }; READ];
            let mut buffer = ReadBuf::uninit(&mut storage);
            match Pin::new(&mut *conn).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) => {
                    match compression {
                        Some(compression) => compression.feed(buffer.filled()),
                        None => splitter.feed(buffer.filled()),
                    }
                    Poll::Ready(Ok(buffer.filled().len()))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await?;
        self.received += count as u64;
        if count == 0 { Err(Hangup::Closed) } else { Ok(()) }
    }

    /// Writes what is waiting.
    pub(crate) async fn flush(&mut self) -> Result<(), Hangup> {
        let Some(conn) = self.conn.as_mut() else { return Err(Hangup::Closed) };
        if self.out.is_empty() {
            return Ok(());
        }
        // Window by window: the time limit is for each, so that a slow reader of much is not cut off.
        for window in self.out.chunks(FULL) {
            let compressed = match &mut self.compression {
                Some(compression) => {
                    let mut compressed = Vec::new();
                    compression.compress(window, &mut compressed)?;
                    Some(compressed)
                }
                None => None,
            };
            let octets = compressed.as_deref().unwrap_or(window);
            self.sent += octets.len() as u64;
            let write = timeout(STALLED, conn.write_all(octets));
            write.await.map_err(|_| Hangup::Io(io::ErrorKind::TimedOut.into()))??;
        }
        timeout(STALLED, conn.flush()).await.map_err(|_| Hangup::Io(io::ErrorKind::TimedOut.into()))??;
        self.out.clear();
        if self.out.capacity() > 2 * FULL {
            self.out = Vec::new();
        }
        Ok(())
    }

    /// Writes when enough has come together.
    pub(crate) async fn flush_full(&mut self) -> Result<(), Hangup> {
        if self.out.len() >= FULL { self.flush().await } else { Ok(()) }
    }

    /// Before waiting for the client: gives memory back.
    pub(crate) fn release(&mut self) {
        if self.out.is_empty() && self.out.capacity() > KEEP {
            self.out = Vec::new();
        }
        self.splitter.shrink();
    }

    /// Before a long wait: gives all memory back.
    pub(crate) fn release_all(&mut self) {
        if self.out.is_empty() {
            self.out = Vec::new();
        }
        self.splitter.shrink();
    }

    /// The TLS handshake after STARTTLS.
    pub(crate) async fn start_tls(&mut self, acceptor: &tls::Acceptor) -> Result<(), Hangup> {
        let Some(conn) = self.conn.take() else { return Err(Hangup::Closed) };
        // Commands sent before the handshake are not to be obeyed after it (RFC 3501 §6.2.1).
        self.splitter.clear_input();
        let handshake = timeout(STALLED, conn.start_tls(acceptor));
        self.conn = Some(handshake.await.map_err(|_| Hangup::Io(io::ErrorKind::TimedOut.into()))??);
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
