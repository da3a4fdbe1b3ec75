//! The byte stream of one connection: whole responses in, commands out (RFC 3501 §2.2).
//!
//! async-imap reads the greeting and does the sign-in on this stream; everything after it is read here. To make that
//! safe, [`AsyncRead`] hands out at most one line at a time, so that async-imap never reads ahead.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// A TCP or TLS stream.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Sync + Unpin + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + fmt::Debug> Io for T {}

/// No response of a mail server needs more: bodies are asked for in windows of 256 KiB, and a SEARCH answer
/// with a million UIDs has 8 MB.
const LARGEST_RESPONSE: usize = 32 << 20;
const READ: usize = 16 << 10;

/// The stream with what was read but not used yet.
#[derive(Debug)]
pub(crate) struct Wire {
    io: Box<dyn Io>,
    buffer: BytesMut,
    silence: Duration,
}

impl Wire {
    /// `silence` is the longest time to wait for more bytes.
    pub(crate) fn new(io: Box<dyn Io>, silence: Duration) -> Self {
        Self { io, buffer: BytesMut::with_capacity(READ), silence }
    }

    /// Sends `bytes` at once.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = async {
            self.io.write_all(bytes).await?;
            self.io.flush().await
        };
        tokio::time::timeout(self.silence, sent).await.map_err(|_| timed_out())?
    }

    async fn fill(&mut self, wanted: usize, silence: Duration) -> io::Result<()> {
        self.buffer.reserve(wanted.max(READ));
        let read =
            tokio::time::timeout(silence, self.io.read_buf(&mut self.buffer)).await.map_err(|_| timed_out())??;
        if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// The next whole response with its literals.
    pub(crate) async fn response(&mut self) -> io::Result<Bytes> {
        self.response_within(self.silence).await
    }

    /// The same with another patience: IDLE waits long.
    pub(crate) async fn response_within(&mut self, silence: Duration) -> io::Result<Bytes> {
        let (mut line, mut seen) = (0, 0);
        loop {
            let Some(end) = memchr::memchr(b'\n', &self.buffer[seen..]).map(|at| seen + at + 1) else {
                seen = self.buffer.len();
                too_large(seen)?;
                self.fill(READ, silence).await?;
                continue;
            };
            match literal_length(&self.buffer[line..end], line > 0) {
                None => return Ok(self.buffer.split_to(end).freeze()),
                Some(length) => {
                    let after = end.saturating_add(length);
                    too_large(after)?;
                    while self.buffer.len() < after {
                        self.fill(after - self.buffer.len(), silence).await?;
                    }
                    (line, seen) = (after, after);
                }
            }
        }
    }
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no answer in time")
}

fn too_large(size: usize) -> io::Result<()> {
    if size > LARGEST_RESPONSE { Err(io::Error::new(io::ErrorKind::InvalidData, "response too large")) } else { Ok(()) }
}

/// The length of the literal that this line announces. Status lines have none: their words may end in anything.
fn literal_length(line: &[u8], continued: bool) -> Option<usize> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let open = memchr::memrchr(b'{', line)?;
    let digits = &line[open + 1..];
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) || !(continued || may_hold_literal(line)) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn may_hold_literal(line: &[u8]) -> bool {
    let status =
        |word: &[u8]| ["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|s| word.eq_ignore_ascii_case(s.as_bytes()));
    line.strip_prefix(b"* ").is_some_and(|rest| !status(rest.split(|b| *b == b' ').next().unwrap_or_default()))
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.buffer.is_empty() {
            let mut space = [0; 4096];
            let mut read = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut this.io).poll_read(cx, &mut read))?;
            this.buffer.extend_from_slice(read.filled());
        }
        let line = memchr::memchr(b'\n', &this.buffer).map_or(this.buffer.len(), |at| at + 1);
        let length = line.min(out.remaining());
        out.put_slice(&this.buffer[..length]);
        this.buffer.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
