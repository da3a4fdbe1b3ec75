//! A pool in front of Debian's Dovecot, once as it is and once through a relay that hides every extension.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

use backends::{Account, MailSession, Pool, PoolOptions};
use config::{Proxy, Settings};
use suite::{Dovecot, ImapClient, site::password};
use tempfile::TempDir;

pub const MASTER: &str = suite::dovecot::MASTER;

/// The proxy settings for one back end; `None` leaves the credentials out.
pub fn proxy(address: SocketAddr, credentials: Option<(&str, &str)>) -> Proxy {
    let root: TempDir = tempfile::tempdir().unwrap();
    let mut text = format!("local.hostname = {}\nlocal.service.proxy.imapport = {}\n", address.ip(), address.port());
    if let Some((admin, pass)) = credentials {
        text += &format!("local.service.proxy.admin = {admin}\nlocal.service.proxy.adminpass = {pass}\n");
    }
    let path = Settings::path_in(root.path());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    Proxy::read(&Settings::load(root.path()).unwrap())
}

/// A pool for the server at `address`.
pub fn pool(address: SocketAddr) -> Pool {
    Pool::new(PoolOptions::default(), proxy(address, Some((MASTER, password()))), None)
}

/// alice's mail on a Dovecot of her own.
pub struct Alice {
    pub dovecot: Dovecot,
    /// Where the pool finds it.
    pub address: SocketAddr,
    pub pool: Pool,
    pub session: MailSession,
}

impl Alice {
    /// With all that Dovecot offers.
    pub fn new() -> Self {
        let dovecot = Dovecot::start(&["alice", "bob"]);
        let address = dovecot.imap_address();
        Self::at(dovecot, address)
    }

    /// With nothing but IMAP4rev1.
    pub fn bare() -> Self {
        let dovecot = Dovecot::start(&["alice", "bob"]);
        let address = relay(dovecot.imap_address());
        Self::at(dovecot, address)
    }

    fn at(dovecot: Dovecot, address: SocketAddr) -> Self {
        let pool = pool(address);
        let session = pool.session("browser", &Account::new(None, "alice"));
        Self { dovecot, address, pool, session }
    }

    /// Another client of the same mailbox.
    pub fn other(&self) -> ImapClient {
        self.dovecot.imap_as("alice")
    }
}

/// Both kinds of server: what works must work on the bare one too.
pub fn both() -> [Alice; 2] {
    [Alice::new(), Alice::bare()]
}

/// Passes everything on, but lets the client see no capability except those that RFC 3501 has.
fn relay(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(client) = client else { return };
            let Ok(upstream) = TcpStream::connect(server) else { return };
            let (mut to_server, mut from_client) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut from_client, &mut to_server);
                let _ = to_server.shutdown(Shutdown::Both);
            });
            thread::spawn(move || {
                let _ = hide_extensions(upstream, &client);
                let _ = client.shutdown(Shutdown::Both);
            });
        }
    });
    address
}

fn hide_extensions(server: TcpStream, mut client: &TcpStream) -> std::io::Result<()> {
    const BARE: &[u8] = b"CAPABILITY IMAP4rev1 AUTH=PLAIN";
    let mut server = BufReader::new(server);
    let mut line = Vec::new();
    loop {
        line.clear();
        if server.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let start = line.windows(10).position(|window| window == b"CAPABILITY");
        if let Some(start) = start.filter(|start| *start < 32 && !line.ends_with(b"completed.\r\n")) {
            let end = line.iter().position(|b| *b == b']').unwrap_or(line.len() - 2);
            line.splice(start..end, BARE.iter().copied());
        } else if let Some(start) = start.filter(|start| *start < 32) {
            // `A1 OK [CAPABILITY …] …` ends in words too.
            if let Some(end) = line.iter().position(|b| *b == b']') {
                line.splice(start..end, BARE.iter().copied());
            }
        }
        client.write_all(&line)?;
    }
}

/// A runtime for a test: everything here is asynchronous except the peers.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        match tokio::time::timeout(std::time::Duration::from_secs(60), work).await {
            Ok(done) => done,
            Err(_) => panic!("not done within a minute"),
        }
    })
}

/// All bytes of a stream of windows.
pub async fn bytes_of<E: std::fmt::Debug>(
    mut stream: impl futures::Stream<Item = Result<impl AsRef<[u8]>, E>> + Unpin,
) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(window) = futures::StreamExt::next(&mut stream).await {
        all.extend_from_slice(window.unwrap().as_ref());
    }
    all
}
