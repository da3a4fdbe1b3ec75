//! Memory of sessions that wait: of many that have done nothing else, and of those that have worked before, plain and under TLS.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread,
};

use suite::{DEADLINE, process::temporary, site::password};

use crate::{
    both,
    load::users,
    mailbox::{MESSAGES, make_maildir},
    many::raise_file_limit,
    server::Server,
    table::{Table, Unit},
};

/// Sessions held at once by ours, and by Dovecot, which has a process for each.
const HELD: usize = 10_000;
const HELD_BY_PROCESSES: usize = 300;
/// Sessions that have worked before they wait.
const WORKED: usize = 1000;
/// Clients that open sessions at the same time.
const CLIENTS: usize = 8;

/// The proportional share of memory (PSS) of a process and all that descend from it, in KiB.
pub fn memory(pid: u32) -> f64 {
    let mut family = BTreeSet::from([pid]);
    // A child is found once its parent is: as many rounds as there are generations.
    loop {
        let before = family.len();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_ascii_whitespace().nth(1));
            if parent.and_then(|parent| parent.parse().ok()).is_some_and(|parent| family.contains(&parent)) {
                family.insert(child);
            }
        }
        if family.len() == before {
            break;
        }
    }
    let share = |pid: &u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("Pss:")).unwrap_or_default();
        line.split_ascii_whitespace().nth(1).and_then(|figure| figure.parse::<f64>().ok()).unwrap_or(0.0)
    };
    family.iter().map(share).sum()
}

/// How a session is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    Tls,
}

trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A session as its client sees it; of thousands the buffers are small.
struct Session(BufReader<Box<dyn Stream>>);

impl Session {
    fn open(address: SocketAddr, way: Way, user: usize) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let stream: Box<dyn Stream> = match way {
            Way::Plain => Box::new(stream),
            Way::Tls => {
                // A site makes its own certificate, which nobody has to trust here.
                let config = tls::Connector::opportunistic().unwrap().client_config();
                let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
                let session = rustls::ClientConnection::new(Arc::clone(&config), name).unwrap();
                Box::new(rustls::StreamOwned::new(session, stream))
            }
        };
        let mut session = Self(BufReader::with_capacity(2048, stream));
        session.until("* OK");
        session.command(&format!("LOGIN user{user} {}", password()));
        session.command("SELECT INBOX");
        session
    }

    /// Reads lines until one begins with `start`.
    fn until(&mut self, start: &str) {
        let mut line = Vec::new();
        while !line.starts_with(start.as_bytes()) {
            line.clear();
            assert!(self.0.read_until(b'\n', &mut line).unwrap() > 0, "closed before '{start}'");
        }
    }

    fn send(&mut self, line: &str) {
        self.0.get_mut().write_all(line.as_bytes()).unwrap();
        self.0.get_mut().flush().unwrap();
    }

    fn command(&mut self, command: &str) {
        self.send(&format!("tagged {command}\r\n"));
        self.until("tagged OK");
    }

    /// What a client does that opens a large mailbox: large answers, whole messages, searches.
    fn work(&mut self) {
        self.command("FETCH 1:* (UID FLAGS)");
        self.command("FETCH 1:5000 (ENVELOPE BODYSTRUCTURE)");
        self.command("FETCH 1:200 (BODY.PEEK[])");
        self.command("SEARCH SUBJECT garden");
        self.command("SEARCH BODY \"number 49999\"");
        self.command("SORT (SUBJECT) UTF-8 ALL");
    }

    fn idle(&mut self) {
        self.send("idle IDLE\r\n");
        self.until("+");
    }
}

/// Sessions opened by several clients at once.
fn opened(count: usize, open: &(impl Fn(usize) -> Session + Sync)) -> Vec<Session> {
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || (client..count).step_by(CLIENTS).map(open).collect::<Vec<_>>()))
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

/// KiB of each of `count` sessions, beyond what the server takes while it has served a few of the same kind.
fn each(server: &Server, count: usize, open: impl Fn(usize) -> Session + Sync) -> f64 {
    let some = opened(2 * CLIENTS, &open);
    let before = memory(server.pid());
    let sessions = opened(count, &open);
    let after = memory(server.pid());
    drop((some, sessions));
    (after - before) / f64::from(u32::try_from(count).unwrap())
}

/// What each of many selected, IDLEing sessions costs.
pub fn idle(table: &mut Table) {
    raise_file_limit(HELD + 1000);
    let names = users(10);
    let (theirs, ours) = both(&names, |server| {
        let (address, dovecot) = (server.imap(), matches!(server, Server::Dovecot(_)));
        each(server, if dovecot { HELD_BY_PROCESSES } else { HELD }, |number| {
            let mut session = Session::open(address, Way::Plain, number % 10);
            session.idle();
            session
        })
    });
    table.row("memory per selected, IDLEing session, 10,000 held", Unit::Kibibytes, Some(theirs), ours, "≤ 16 KiB");
    let folder = temporary("bench");
    let maildir = folder.path().join("Maildir");
    make_maildir(&maildir, MESSAGES);
    for (way, listener, load) in [
        (Way::Plain, "imap", "  after large answers and searches, 50,000 messages"),
        (Way::Tls, "imaps", "  the same under TLS"),
    ] {
        let mut server = Server::heliograph(&names);
        server.fill("user0", &maildir);
        let Server::Heliograph(site) = &server else { return };
        let address = site.listener(listener);
        let ours = each(&server, WORKED, |_| {
            let mut session = Session::open(address, way, 0);
            session.work();
            session.idle();
            session
        });
        table.row(load, Unit::Kibibytes, None, ours, "≤ 16 KiB");
    }
}
