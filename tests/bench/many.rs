//! The defaults at once: as many sessions of every service as one process may have, with memory and latency.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

use suite::{
    DEADLINE, Site, SiteOptions, corpus,
    process::{Server, heliograph},
    site::password,
};

use crate::{
    load::users,
    memory::memory,
    table::{Table, Unit},
};

/// `service.imap.maxsessions`, `service.pop.maxsessions` and `service.http.maxsessions` as they are without a word in msg.conf.
const IMAP: usize = 4000;
const POP: usize = 600;
const HTTP: usize = 6000;
/// Measured exchanges of each service while all the sessions are there.
const ASKED: usize = 200;

/// One connection as its client sees it.
struct Line(BufReader<TcpStream>);

impl Line {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        // Thousands of these are open: their buffers are small.
        Self(BufReader::with_capacity(512, stream))
    }

    fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Reads lines until one begins with `start`.
    fn until(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the connection was closed before '{start}'");
            if line.starts_with(start) {
                return line;
            }
        }
    }

    fn exchange(&mut self, command: &str, start: &str) -> String {
        self.send(command);
        self.until(start)
    }
}

fn idling(address: SocketAddr, user: usize) -> Line {
    let mut line = Line::open(address);
    line.until("* OK");
    line.exchange(&format!("a LOGIN user{user} {}\r\n", password()), "a OK");
    line.exchange("b SELECT INBOX\r\n", "b OK");
    line.exchange("c IDLE\r\n", "+");
    line
}

fn popping(address: SocketAddr, user: usize) -> Line {
    let mut line = Line::open(address);
    line.until("+OK");
    line.exchange(&format!("USER pop{user}\r\n"), "+OK");
    line.exchange(&format!("PASS {}\r\n", password()), "+OK");
    line
}

/// A page of the webmail on a kept connection.
fn page(line: &mut Line) {
    line.send("GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n");
    line.until("HTTP/1.1 200");
    let mut length = 0;
    loop {
        let mut head = String::new();
        line.0.read_line(&mut head).unwrap();
        if let Some(value) = head.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        if head == "\r\n" {
            break;
        }
    }
    line.0.read_exact(&mut vec![0; length]).unwrap();
}

/// The median and the 99th part of `times`, in milliseconds.
fn spread(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1000.0;
    (at(50), at(99))
}

fn timed(count: usize, mut work: impl FnMut(usize)) -> (f64, f64) {
    let times = (0..count).map(|number| {
        let began = Instant::now();
        work(number);
        began.elapsed()
    });
    spread(times.collect())
}

/// Sockets for all the clients: as many as the system lets this process have, which must be `needed` at least.
pub fn raise_file_limit(needed: usize) {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    assert!(hard >= needed as u64, "the hard limit on open files is {hard}: this load needs {needed} (ulimit -Hn)");
}

/// Everything at once on a watched site with every default: one process a service.
pub fn sessions(table: &mut Table) {
    raise_file_limit(IMAP + POP + HTTP + 1000);
    let mut names = users(20);
    names.extend((0..POP).map(|user| format!("pop{user}")));
    let site = Site::make(SiteOptions::default().users(&names));
    let mut command = Command::new(heliograph());
    command.args(["start-msg", "--foreground", "--port", "all=0", "--listen", "127.0.0.1", "--root"]).arg(site.root());
    let mut server = Server::start(&mut command, &site.root().join("watcher.log"));
    let ready = server.wait_for_line("ready ");
    let listener = |name: &str| -> SocketAddr {
        let found = ready.split_whitespace().find_map(|word| word.strip_prefix(&format!("{name}=")));
        found.unwrap().parse().unwrap()
    };
    let (imap, pop, http) = (listener("imap"), listener("pop"), listener("http"));
    let empty = memory(server.pid());
    let mut idle: Vec<Line> = (0..IMAP).map(|number| idling(imap, number % 20)).collect();
    let with_imap = memory(server.pid());
    let mut working: Vec<Line> = (0..POP).map(|user| popping(pop, user)).collect();
    let with_pop = memory(server.pid());
    let mut browsers: Vec<Line> = (0..HTTP)
        .map(|_| {
            let mut line = Line::open(http);
            page(&mut line);
            line
        })
        .collect();
    let with_all = memory(server.pid());
    // A delivery, and how long until the last of those who wait for it has heard of it.
    let mut lmtp = suite::LmtpClient::connect(listener("lmtp"));
    let waiting_for_user0: Vec<usize> = (0..IMAP).filter(|number| number % 20 == 0).collect();
    let told = timed(20, |number| {
        let message = corpus::message(&format!("number {number}"), "text");
        lmtp.deliver("sender@elsewhere.test", &[&site.address("user0")], &message);
        for waiting in &waiting_for_user0 {
            idle[*waiting].until("* ");
        }
    });
    let pops = timed(ASKED, |number| {
        working[number * 3 % POP].exchange("NOOP\r\n", "+OK");
    });
    let pages = timed(ASKED, |number| page(&mut browsers[number * 29 % HTTP]));
    let mib = 1024.0;
    let per = |more: f64, count: usize| more / f64::from(u32::try_from(count).unwrap());
    table.row("defaults at once: memory of all processes, empty", Unit::Mebibytes, None, empty / mib, "");
    table.row("  with 4,000 IMAP IDLE, 600 POP, 6,000 HTTP", Unit::Mebibytes, None, with_all / mib, "");
    table.row("  per IMAP session in IDLE", Unit::Kibibytes, None, per(with_imap - empty, IMAP), "≤ 16 KiB");
    table.row("  per POP session", Unit::Kibibytes, None, per(with_pop - with_imap, POP), "");
    table.row("  per HTTP connection", Unit::Kibibytes, None, per(with_all - with_pop, HTTP), "");
    table.row("  delivery until 200 waiting sessions know, middle", Unit::Milliseconds, None, told.0, "≤ 50 ms");
    table.row("  delivery until 200 waiting sessions know, 99 %", Unit::Milliseconds, None, told.1, "");
    table.row("  POP command, middle", Unit::Milliseconds, None, pops.0, "");
    table.row("  POP command, 99 %", Unit::Milliseconds, None, pops.1, "");
    table.row("  webmail page on a kept connection, middle", Unit::Milliseconds, None, pages.0, "");
    table.row("  webmail page on a kept connection, 99 %", Unit::Milliseconds, None, pages.1, "");
}
