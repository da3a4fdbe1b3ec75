//! The way to the MTA: TCP, greeting, and STARTTLS where it is wanted (RFC 3207), before lettre takes over.
//!
//! lettre knows STARTTLS only on connections of its own kind. So the first words are spoken here, and the greeting is given to lettre again.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use config::SmtpTls;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::timeout,
};

use super::broken;
use crate::{SendError, SubmitOptions};

/// Longest reply that is read, in bytes.
const REPLY: usize = 64 << 10;

/// A connection to the MTA that begins with its greeting.
pub(super) struct Opened {
    /// The greeting, as far as it has not been read again.
    again: Vec<u8>,
    wire: Wire,
    peer: SocketAddr,
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<tls::ClientStream<TcpStream>>),
}

/// A reply: its code, its lines without code, and all of it as it came.
struct Reply {
    code: String,
    lines: Vec<String>,
    raw: Vec<u8>,
}

impl Opened {
    /// Connects as the options say.
    pub(super) async fn open(options: &SubmitOptions, host: &str) -> Result<Opened, SendError> {
        // A password must not go out in clear because somebody on the way has cut the word STARTTLS.
        match Self::try_open(options, host, options.security.tls).await? {
            Some(opened) => Ok(opened),
            None => Self::try_open(options, host, SmtpTls::Never)
                .await?
                .ok_or_else(|| broken(host, "connecting", "no connection")),
        }
    }

    /// `None` when TLS failed and plain text is allowed: this connection is of no more use.
    async fn try_open(options: &SubmitOptions, host: &str, tls: SmtpTls) -> Result<Option<Opened>, SendError> {
        let patience = options.timeout;
        let stream = timeout(patience, TcpStream::connect((options.smtp_host.as_str(), options.smtp_port))).await;
        let mut stream = match stream {
            Err(_) => return Err(broken(host, "connecting", "no answer in time")),
            Ok(stream) => stream.map_err(|error| broken(host, "connecting", error))?,
        };
        let peer = stream.peer_addr().map_err(|error| broken(host, "connecting", error))?;
        let mut rest = Vec::new();
        let greeting =
            reply(&mut stream, &mut rest, patience).await.map_err(|error| broken(host, "the greeting", error))?;
        let plain = |stream| Opened { again: greeting.raw.clone(), wire: Wire::Plain(stream), peer };
        if tls == SmtpTls::Never || greeting.code != "220" {
            // A greeting that is a refusal is lettre's to read.
            return Ok(Some(plain(stream)));
        }
        let say = async |stream: &mut TcpStream, rest: &mut Vec<u8>, line: String| {
            timeout(patience, stream.write_all(line.as_bytes()))
                .await
                .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            reply(stream, rest, patience).await
        };
        let hello = say(&mut stream, &mut rest, format!("EHLO {}\r\n", options.hello_name)).await;
        let hello = hello.map_err(|error| broken(host, "EHLO", error))?;
        if !hello.lines.iter().skip(1).any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
            return without_tls(tls, host, "STARTTLS is not offered").map(|()| Some(plain(stream)));
        }
        let go = say(&mut stream, &mut rest, "STARTTLS\r\n".to_owned()).await;
        let go = go.map_err(|error| broken(host, "STARTTLS", error))?;
        if go.code != "220" {
            return without_tls(tls, host, "STARTTLS is refused").map(|()| Some(plain(stream)));
        }
        if !rest.is_empty() {
            // Words from before the handshake that would be believed after it: somebody has put them there (RFC 3207 §5).
            return Err(broken(host, "STARTTLS", "the MTA goes on in plain text"));
        }
        let handshake = timeout(patience, options.security.connector.connect(&options.smtp_host, stream)).await;
        let handshake = handshake.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        match handshake {
            Ok(stream) => Ok(Some(Opened { again: greeting.raw, wire: Wire::Tls(Box::new(stream)), peer })),
            // Whoever names trusted certificates does not want to be talked out of them.
            Err(error) if tls::is_refused_certificate(&error) => Err(broken(host, "the MTA's certificate", error)),
            Err(error) => {
                without_tls(tls, host, &format!("TLS handshake: {error}"))?;
                tracing::warn!(mta = host, %error, "TLS with the MTA failed; the message goes in plain text");
                Ok(None)
            }
        }
    }

    /// Whether a password may be sent here: under TLS, or within this host.
    pub(super) fn is_private(&self) -> bool {
        let local = |address: IpAddr| address.to_canonical().is_loopback();
        matches!(self.wire, Wire::Tls(_)) || local(self.peer.ip())
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }
}

/// Whether it may go on in plain text.
fn without_tls(tls: SmtpTls, host: &str, why: &str) -> Result<(), SendError> {
    match tls {
        SmtpTls::Required => Err(broken(host, "service.http.smtptls is required", why)),
        SmtpTls::Never | SmtpTls::Opportunistic => Ok(()),
    }
}

/// Reads one reply (RFC 5321 §4.2.1); what comes behind it stays in `rest`.
async fn reply(stream: &mut TcpStream, rest: &mut Vec<u8>, patience: Duration) -> io::Result<Reply> {
    let mut found = Reply { code: String::new(), lines: Vec::new(), raw: Vec::new() };
    loop {
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end();
            let (Some(code), more) = (text.get(..3), text.as_bytes().get(3)) else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "not a reply of SMTP"));
            };
            found.code = code.to_owned();
            found.lines.push(text.get(4..).unwrap_or_default().to_owned());
            found.raw.extend_from_slice(&line);
            if more != Some(&b'-') {
                return Ok(found);
            }
        }
        if found.raw.len() + rest.len() > REPLY {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an endless reply"));
        }
        let mut chunk = [0; 2048];
        let read = timeout(patience, stream.read(&mut chunk)).await;
        match read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => rest.extend_from_slice(&chunk[..count]),
        }
    }
}

impl AsyncRead for Opened {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.again.is_empty() {
            let count = self.again.len().min(out.remaining());
            out.put_slice(&self.again[..count]);
            self.again.drain(..count);
            return Poll::Ready(Ok(()));
        }
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, out),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, out),
        }
    }
}

impl AsyncWrite for Opened {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

/// How the MTA is spoken to (`service.http.smtptls`, `smtpcafile`, `smtpauthuser`, `smtpauthpassword`).
#[derive(Clone)]
pub struct SmtpSecurity {
    /// When STARTTLS is used.
    pub tls: SmtpTls,
    /// Does the handshakes, and knows which certificates are trusted.
    pub connector: Arc<tls::Connector>,
    /// User and password to sign in with.
    pub login: Option<(String, String)>,
}

impl std::fmt::Debug for SmtpSecurity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No password in a log by way of a struct that holds this one.
        let user = self.login.as_ref().map(|(user, _)| user);
        out.debug_struct("SmtpSecurity").field("tls", &self.tls).field("user", &user).finish_non_exhaustive()
    }
}
