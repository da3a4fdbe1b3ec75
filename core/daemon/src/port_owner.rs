//! Who has a port that is wanted: the process as `/proc` shows it.

use std::{
    fmt, fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// A process that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortOwner {
    /// Its process id.
    pub pid: u32,
    /// Its program's name.
    pub program: String,
}

impl fmt::Display for PortOwner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "process {} ({})", self.pid, self.program)
    }
}

/// State `LISTEN` in `/proc/net/tcp`.
const LISTEN: &str = "0A";

impl PortOwner {
    /// Who listens where `wanted` would. `None` where the system does not tell: other users' processes are hidden from all but root.
    pub fn of(wanted: SocketAddr) -> Option<Self> {
        let socket = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
            let text = fs::read_to_string(table).ok()?;
            text.lines().skip(1).find_map(|line| inode(line, wanted).map(str::to_owned))
        })?;
        let socket = format!("socket:[{socket}]");
        fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
            let pid: u32 = process.file_name().to_str()?.parse().ok()?;
            let holds = fs::read_dir(process.path().join("fd")).ok()?.flatten().any(|descriptor| {
                fs::read_link(descriptor.path()).is_ok_and(|target| target.as_os_str() == socket.as_str())
            });
            let name = || fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            holds.then(|| Self { pid, program: name().trim().escape_debug().to_string() })
        })
    }
}

/// The inode of a listening socket that stands in the way of `wanted`: the same port on the same address, or on all.
fn inode(line: &str, wanted: SocketAddr) -> Option<&str> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (address, port) = fields.get(1)?.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let address = address_of(address)?;
    let in_the_way = address == wanted.ip() || address.is_unspecified() || wanted.ip().is_unspecified();
    (fields.get(3) == Some(&LISTEN) && port == wanted.port() && in_the_way).then_some(*fields.get(9)?)
}

/// Words of 32 bits in the machine's byte order.
fn address_of(hex: &str) -> Option<IpAddr> {
    let mut octets = Vec::with_capacity(16);
    for at in (0..hex.len()).step_by(8) {
        octets.extend(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    }
    match octets.len() {
        4 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?).into()),
        16 => Some(IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?)).to_canonical()),
        _ => None,
    }
}
