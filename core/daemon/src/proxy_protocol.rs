//! The PROXY protocol, versions 1 and 2: a proxy tells whose connection it passes on (HAProxy's proxy-protocol.txt §2).
//!
//! The header is read byte-exact: what follows it belongs to the client.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};

/// §2: the header comes at once.
const LIMIT: Duration = Duration::from_secs(10);
/// §2.1: the longest line of version 1, with its CR LF.
const LINE: usize = 107;
/// §2.2: what version 2 begins with.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Addresses and TLVs of version 2; a header has to fit into one segment.
const BLOCK: usize = 4096;

/// Whom a header is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// A client.
    Proxied {
        /// Where it connects from.
        client: SocketAddr,
        /// Where it connected to.
        local: SocketAddr,
    },
    /// The proxy itself (a health check), or something that has no address.
    Own,
}

/// Reads a header. Fails when there is none: the sender is known to begin with one.
pub async fn read_header(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Header> {
    timeout(LIMIT, read(stream)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Header> {
    let mut start = [0; 12];
    // The shortest line of version 1 is longer than this.
    stream.read_exact(&mut start).await?;
    if start == SIGNATURE {
        return version_2(stream).await;
    }
    if !start.starts_with(b"PROXY ") {
        return Err(malformed("no header"));
    }
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() >= LINE {
            return Err(malformed("line too long"));
        }
        line.push(stream.read_u8().await?);
    }
    let line = std::str::from_utf8(&line).map_err(|_| malformed("not ASCII"))?;
    version_1(line.trim_end_matches("\r\n"))
}

fn version_1(line: &str) -> io::Result<Header> {
    let words: Vec<&str> = line.split(' ').collect();
    if words.get(1) == Some(&"UNKNOWN") {
        return Ok(Header::Own);
    }
    let [_, family @ ("TCP4" | "TCP6"), from, to, from_port, to_port] = words.as_slice() else {
        return Err(malformed("not PROXY TCP4|TCP6 with two addresses and two ports"));
    };
    let address = |word: &str| -> io::Result<IpAddr> {
        let parsed = match *family {
            "TCP4" => word.parse().map(IpAddr::V4).ok(),
            _ => word.parse().map(IpAddr::V6).ok(),
        };
        parsed.ok_or_else(|| malformed("an address that is none"))
    };
    let port = |word: &str| -> io::Result<u16> {
        let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        word.parse().ok().filter(|_| plain).ok_or_else(|| malformed("a port that is none"))
    };
    Ok(Header::Proxied {
        client: SocketAddr::new(address(from)?.to_canonical(), port(from_port)?),
        local: SocketAddr::new(address(to)?.to_canonical(), port(to_port)?),
    })
}

async fn version_2(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Header> {
    let command = stream.read_u8().await?;
    let family = stream.read_u8().await?;
    let length = usize::from(stream.read_u16().await?);
    if length > BLOCK {
        return Err(malformed("header too long"));
    }
    let mut block = vec![0; length];
    stream.read_exact(&mut block).await?;
    match command {
        0x20 => return Ok(Header::Own),
        0x21 => {}
        _ => return Err(malformed("neither PROXY nor LOCAL of version 2")),
    }
    let port = |at: usize| -> Option<u16> { Some(u16::from_be_bytes(block.get(at..at + 2)?.try_into().ok()?)) };
    let v4 = |at: usize| -> Option<IpAddr> {
        let octets: [u8; 4] = block.get(at..at + 4)?.try_into().ok()?;
        Some(IpAddr::V4(Ipv4Addr::from(octets)))
    };
    let v6 = |at: usize| -> Option<IpAddr> {
        let octets: [u8; 16] = block.get(at..at + 16)?.try_into().ok()?;
        Some(IpAddr::V6(Ipv6Addr::from(octets)).to_canonical())
    };
    let ends = match family {
        0x11 => (v4(0), v4(4), port(8), port(10)),
        0x21 => (v6(0), v6(16), port(32), port(34)),
        // UDP and UNIX sockets have no client that could be told from others.
        _ => return Ok(Header::Own),
    };
    let (Some(client), Some(local), Some(client_port), Some(local_port)) = ends else {
        return Err(malformed("header too short for its addresses"));
    };
    Ok(Header::Proxied { client: SocketAddr::new(client, client_port), local: SocketAddr::new(local, local_port) })
}

fn malformed(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("PROXY protocol: {reason}"))
}
