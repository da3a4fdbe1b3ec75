//! What is said to a service to see that it is well: its greeting, one harmless command, goodbye.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream},
    net::TcpStream,
};

/// Longest line that a service is read for.
const LONGEST: u64 = 16 * 1024;

/// What a service speaks.
#[derive(Clone, Copy)]
pub enum Protocol {
    Imap,
    Pop,
    Lmtp,
    Http,
}

/// Asks the service at `address`; with `connector` under TLS, as `hostname`.
pub async fn ask(
    protocol: Protocol,
    address: SocketAddr,
    connector: Option<&Result<tls::Connector, String>>,
    hostname: &str,
) -> io::Result<()> {
    let stream = TcpStream::connect(address).await?;
    match connector {
        None => talk(protocol, stream, hostname).await,
        Some(Err(problem)) => Err(io::Error::other(problem.clone())),
        Some(Ok(connector)) => talk(protocol, connector.connect(hostname, stream).await?, hostname).await,
    }
}

async fn talk(protocol: Protocol, stream: impl AsyncRead + AsyncWrite + Unpin, hostname: &str) -> io::Result<()> {
    let mut stream = BufStream::new(stream);
    match protocol {
        Protocol::Imap => {
            expect(&mut stream, "* OK").await?;
            say(&mut stream, "a NOOP\r\n").await?;
            expect(&mut stream, "a OK").await?;
            say(&mut stream, "b LOGOUT\r\n").await
        }
        Protocol::Pop => {
            expect(&mut stream, "+OK").await?;
            say(&mut stream, "QUIT\r\n").await?;
            expect(&mut stream, "+OK").await
        }
        Protocol::Lmtp => {
            expect(&mut stream, "220").await?;
            say(&mut stream, "NOOP\r\n").await?;
            expect(&mut stream, "250").await?;
            say(&mut stream, "QUIT\r\n").await
        }
        Protocol::Http => {
            say(&mut stream, &format!("GET /login HTTP/1.1\r\nHost: {hostname}\r\nConnection: close\r\n\r\n")).await?;
            expect(&mut stream, "HTTP/1.1 200").await
        }
    }
}

async fn say(stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await
}

/// Reads a line, which must begin so.
async fn expect(stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>, start: &str) -> io::Result<()> {
    let mut line = Vec::new();
    stream.take(LONGEST).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "closed the connection"));
    }
    if line.starts_with(start.as_bytes()) {
        return Ok(());
    }
    let said: String = String::from_utf8_lossy(&line).chars().filter(|c| !c.is_control()).take(120).collect();
    Err(io::Error::new(ErrorKind::InvalidData, format!("said '{said}' instead of '{start}'")))
}
