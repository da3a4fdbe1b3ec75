//! Attachments through the webmail, a small one and one of 1 GB: sent, delivered here, downloaded again; and the memory that this takes.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use suite::{DEADLINE, HttpClient, Site, SiteOptions};

use crate::table::{Table, Unit};

const MIB: u64 = 1 << 20;
/// What is read or written at once.
const PIECE: usize = 256 << 10;
const BOUNDARY: &str = "boundary-of-the-form";

/// A process's memory that is its own, not its files': MiB.
fn anonymous(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Does `work`; the seconds that it took, and by how many MiB the process was larger than before at most.
fn watched(pid: u32, work: impl FnOnce()) -> (f64, f64) {
    let (before, done) = (anonymous(pid), AtomicBool::new(false));
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut most = before;
            while !done.load(Ordering::Relaxed) {
                most = most.max(anonymous(pid));
                thread::sleep(Duration::from_millis(2));
            }
            most
        });
        let start = Instant::now();
        work();
        let took = start.elapsed().as_secs_f64();
        done.store(true, Ordering::Relaxed);
        (took, watcher.join().unwrap() - before)
    })
}

/// A request with the cookies of somebody who has signed in; its body comes from `write`.
fn request(site: &Site, http: &mut HttpClient, head: &str, write: impl FnOnce(&mut TcpStream)) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(site.listener("http")).unwrap();
    stream.set_read_timeout(Some(DEADLINE * 20)).unwrap();
    stream.set_write_timeout(Some(DEADLINE * 20)).unwrap();
    let cookies: Vec<String> = http.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = cookies.join("; ");
    stream
        .write_all(format!("{head}Host: localhost\r\nConnection: close\r\nCookie: {cookies}\r\n\r\n").as_bytes())
        .unwrap();
    write(&mut stream);
    BufReader::new(stream)
}

/// The status and the length of the body, which is read to its end.
fn answer(mut reader: BufReader<TcpStream>) -> (u16, u64) {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
    let mut length = None;
    while line != "\r\n" {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the head is cut short");
        length = line
            .to_ascii_lowercase()
            .strip_prefix("content-length: ")
            .map(|n| n.trim().parse::<u64>().unwrap())
            .or(length);
    }
    let (mut piece, mut read) = (vec![0; PIECE], 0);
    loop {
        match reader.read(&mut piece).unwrap() {
            0 => break,
            count => read += count as u64,
        }
    }
    assert!(length.is_none_or(|length| length == read), "{read} of {length:?}");
    (status, read)
}

/// Sends a message to oneself with a file of so many octets.
fn send(site: &Site, http: &mut HttpClient, octets: u64) {
    let token = http.get("/settings").input_value("csrf").unwrap();
    let field = |name: &str, value: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut front: String = [
        ("csrf", token.as_str()),
        ("to", &site.address("user0")),
        ("subject", "large"),
        ("body", "text"),
        ("do", "send"),
    ]
    .map(|(name, value)| field(name, value))
    .concat();
    front += &format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large.bin\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let back = format!("\r\n--{BOUNDARY}--\r\n");
    let head = format!(
        "POST /compose/{:032x} HTTP/1.1\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n",
        rand::random::<u128>(),
        front.len() as u64 + octets + back.len() as u64
    );
    let reader = request(site, http, &head, |stream| {
        stream.write_all(front.as_bytes()).unwrap();
        let piece: Vec<u8> = (0..PIECE).map(|at| (at * 31 % 251) as u8).collect();
        for _ in 0..octets / PIECE as u64 {
            stream.write_all(&piece).unwrap();
        }
        stream.write_all(back.as_bytes()).unwrap();
    });
    let (status, _) = answer(reader);
    assert_eq!(status, 303, "the message was not sent");
}

/// What sending and reading attachments takes.
pub fn attachment(table: &mut Table) {
    let options = SiteOptions::default().users(&["user0"]).set("service.http.maxmessagesize", 2_000_000_000);
    let site = Site::start(options);
    let mut http = site.http_as("user0");
    for (number, mib, size) in [(1_u64, 16, "16 MB"), (2, 1024, "1 GB")] {
        let octets = mib * MIB;
        let (took, more) = watched(site.pid(), || send(&site, &mut http, octets));
        let rate = mib as f64 / took;
        table.row(&format!("attachment of {size} sent: memory"), Unit::Mebibytes, None, more, "constant");
        table.row(&format!("attachment of {size} sent"), Unit::MebibytesPerSecond, None, rate, "");
        let head = format!("GET /mail/INBOX/{number}/part/2 HTTP/1.1\r\n");
        let (took, more) = watched(site.pid(), || {
            let (status, read) = answer(request(&site, &mut http, &head, |_| {}));
            assert!(status == 200 && read >= octets, "{status}: {read} octets");
        });
        let rate = mib as f64 / took;
        table.row(&format!("attachment of {size} downloaded: memory"), Unit::Mebibytes, None, more, "constant");
        table.row(&format!("attachment of {size} downloaded"), Unit::MebibytesPerSecond, None, rate, "");
    }
}
