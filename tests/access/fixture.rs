//! Filters judged with names that the test makes up, and sites that are asked from several loopback addresses.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::{HostName, Lookup, Netgroups, Protocol, Rules, ServiceAccess, Verdict, Visit};
use async_trait::async_trait;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, socket};
use std::os::fd::AsRawFd;

/// Names by address; what is asked is noted.
#[derive(Default)]
pub struct Names {
    hosts: HashMap<IpAddr, HostName>,
    users: HashMap<IpAddr, String>,
    netgroups: Netgroups,
    pub asked: Mutex<Vec<String>>,
}

impl Names {
    pub fn host(mut self, address: &str, name: HostName) -> Self {
        self.hosts.insert(address.parse().unwrap(), name);
        self
    }

    pub fn known(self, address: &str, name: &str) -> Self {
        self.host(address, HostName::Known(name.to_owned()))
    }

    pub fn user(mut self, address: &str, user: &str) -> Self {
        self.users.insert(address.parse().unwrap(), user.to_owned());
        self
    }

    pub fn netgroups(mut self, text: &str) -> Self {
        self.netgroups = Netgroups::parse(text);
        self
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }
}

#[async_trait]
impl Lookup for Names {
    async fn host_name(&self, address: IpAddr) -> HostName {
        self.note(format!("name of {address}"));
        self.hosts.get(&address).cloned().unwrap_or(HostName::Unknown)
    }

    async fn user(&self, client: SocketAddr, _: SocketAddr) -> Option<String> {
        self.note(format!("user at {}", client.ip()));
        self.users.get(&client.ip()).cloned()
    }

    async fn netgroups(&self) -> Arc<Netgroups> {
        self.note("netgroups".to_owned());
        Arc::new(self.netgroups.clone())
    }
}

/// A visit of `client` to the IMAP port of 192.0.2.1.
pub fn visit(client: &str) -> Visit {
    Visit {
        protocol: Protocol::Imap,
        tls: false,
        client: SocketAddr::new(client.parse().unwrap(), 40_000),
        local: Some("192.0.2.1:143".parse().unwrap()),
    }
}

pub fn decide(allowed: &str, denied: &str, visit: &Visit, names: &Names) -> Verdict {
    let rules = Rules::parse(allowed, denied).unwrap_or_else(|error| panic!("{allowed} / {denied}: {error}"));
    block_on(rules.decide(visit, names))
}

pub fn decide_service(values: &[&str], visit: &Visit, names: &Names) -> Verdict {
    let access = ServiceAccess::parse(values.iter().copied()).unwrap_or_else(|error| panic!("{values:?}: {error}"));
    block_on(access.decide(visit, names))
}

/// Whether a client pattern list matches.
pub fn matches(clients: &str, client: &str, names: &Names) -> bool {
    decide(&format!("ALL: {clients}"), "", &visit(client), names).admitted
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A connection to `to` from a loopback address of the test's choice.
#[track_caller]
pub fn connect_from(from: &str, to: SocketAddr) -> TcpStream {
    let from = SocketAddr::new(from.parse().unwrap(), 0);
    let family = if from.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let descriptor = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).unwrap();
    bind(descriptor.as_raw_fd(), &SockaddrStorage::from(from)).unwrap();
    connect(descriptor.as_raw_fd(), &SockaddrStorage::from(to)).unwrap();
    let stream = TcpStream::from(descriptor);
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Sends `text` and reads to the end of the connection.
pub fn exchange(mut stream: &TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        // Who closes on words that it has not read resets the connection.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        read => drop(read.unwrap()),
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The first line that comes.
#[track_caller]
pub fn line(mut stream: &TcpStream) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") && stream.read(&mut byte).unwrap() == 1 {
        line.push(byte[0]);
    }
    String::from_utf8_lossy(&line).trim_end().to_owned()
}

/// Waits until the log has `text`: a thread of its own writes it.
#[track_caller]
pub fn logged(site: &suite::Site, text: &str) {
    suite::wait_for(&format!("'{text}' in the log"), || site.log().contains(text).then_some(()));
}
