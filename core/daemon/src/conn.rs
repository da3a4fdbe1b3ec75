//! A client's connection: plain TCP or TLS, read and written alike; and whose it is behind a proxy.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::{
    guard::{Guard, Slot, Unwelcome},
    proxy_protocol::Header,
};

use crate::session;

/// A connection that a daemon serves.
#[derive(Debug)]
pub struct Conn {
    stream: Stream,
    peer: SocketAddr,
    local: SocketAddr,
    /// The proxy, when `peer` is what one told.
    proxy: Option<SocketAddr>,
    guard: Option<Guard>,
    /// Counts the connection for as long as it lasts.
    slot: Option<Slot>,
    certificate: Option<tls::ClientCertificate>,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    // Boxed: the state of a TLS session is large, and most connections idle.
    Tls(Box<tls::ServerStream<TcpStream>>),
}

impl Conn {
    /// Wraps an accepted connection. Small replies must not wait for more: Nagle is off.
    pub fn plain(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            peer: stream.peer_addr()?,
            local: stream.local_addr()?,
            proxy: None,
            guard: None,
            slot: None,
            certificate: None,
            stream: Stream::Plain(stream),
        })
    }

    /// The same connection, about whose client a proxy has told.
    pub(crate) fn proxied(self, header: Header) -> Self {
        match header {
            Header::Own => self,
            Header::Proxied { client, local } => {
                if let Some(session) = session::current() {
                    session.set_peer(client);
                }
                Self { proxy: Some(self.peer), peer: client, local, ..self }
            }
        }
    }

    /// The same connection, admitted by `guard`.
    pub(crate) fn admitted(self, guard: Guard, slot: Option<Slot>) -> Self {
        Self { guard: Some(guard), slot, ..self }
    }

    /// The proxy that has told the client's address, if one has.
    pub fn proxy(&self) -> Option<SocketAddr> {
        self.proxy
    }

    /// Whether what the other end says about its client is believed (`service.*.trustedproxies`).
    pub fn is_trusted_proxy(&self) -> bool {
        self.guard.as_ref().is_some_and(|guard| guard.trusts(self.peer.ip()))
    }

    /// Takes the client's address from what the other end says. The caller has found it believable.
    pub fn set_client(&mut self, client: SocketAddr) {
        self.proxy.get_or_insert(self.peer);
        self.peer = SocketAddr::new(client.ip().to_canonical(), client.port());
        if let Some(session) = session::current() {
            session.set_peer(self.peer);
        }
    }

    /// Asks the guard once more, after the client's address was told: it may not come in from there, or too often.
    pub async fn admit_again(&mut self) -> Result<(), Unwelcome> {
        if let Some(guard) = &self.guard {
            self.slot = guard.admit(self.peer, Some(self.local), self.is_tls()).await?.or(self.slot.take());
        }
        Ok(())
    }

    /// The client's address: as a trusted proxy told it, else that of the other end.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The address that the client connected to.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The socket itself, before TLS.
    pub(crate) fn into_plain(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(stream) => Some(stream),
            Stream::Tls(_) => None,
        }
    }

    /// Whether the connection is under TLS.
    pub fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// Key length of the cipher in use, in bits; 0 without TLS (what `plaintextmincipher` is compared with).
    pub fn cipher_bits(&self) -> u32 {
        match &self.stream {
            Stream::Plain(_) => 0,
            Stream::Tls(stream) => tls::SessionInfo::of(stream).key_bits,
        }
    }

    /// The certificate that the client has shown, if it was asked and has one. Whether it is worth anything is another question.
    pub fn certificate(&self) -> Option<&tls::ClientCertificate> {
        self.certificate.as_ref()
    }

    /// What SASL may bind to on this connection; `None` without TLS 1.3.
    pub fn channel_binding(&self) -> Option<(&'static str, Vec<u8>)> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => tls::channel_binding(stream),
        }
    }

    /// Does the handshake: at once on a TLS port, or after STARTTLS/STLS was answered.
    ///
    /// The caller must have thrown away whatever it had read beyond the STARTTLS line: commands from before the
    /// handshake are not to be obeyed after it (RFC 3501 §11.2).
    pub async fn start_tls(self, acceptor: &tls::Acceptor) -> io::Result<Self> {
        let Stream::Plain(stream) = self.stream else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "TLS is already active"));
        };
        let stream = acceptor.accept(stream).await;
        if let Some(session) = session::current() {
            meters::handshake(session.service(), meters::Outcome::of(&stream));
        }
        let stream = stream?;
        let certificate = acceptor.client_certificate(&stream);
        Ok(Self { stream: Stream::Tls(Box::new(stream)), certificate, ..self })
    }
}

impl AsyncRead for Conn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
