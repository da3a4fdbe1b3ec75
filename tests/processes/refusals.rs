//! `maxsessions` of each process, over several: a full one leaves connections to the others; when all are full, clients are told so politely.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use suite::{DEADLINE, ImapClient, wait_for};

use super::fixture::{Watched, several};

fn full(service: &str) -> Watched {
    Watched::start(several(2).set(&format!("service.{service}.maxsessions"), 2))
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn everything(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_full_imap_process_leaves_connections_to_its_sibling() {
    let watched = full("imap");
    // As many as both have room for, each accepted whichever process it would have met first.
    let mut sessions: Vec<ImapClient> = (0..4).map(|_| watched.imap("alice")).collect();
    let refused = everything(connect(watched.listener("imap")));
    assert!(refused.starts_with("* BYE [UNAVAILABLE] "), "{refused}");
    // A place that is free again is taken, once the session that had it has ended.
    assert!(sessions.pop().unwrap().command("LOGOUT").is_ok());
    wait_for("the free place", || {
        let mut greeting = [0; 4];
        connect(watched.listener("imap")).read_exact(&mut greeting).ok()?;
        (&greeting == b"* OK").then_some(())
    });
}

#[test]
fn when_every_pop_process_is_full_the_client_is_told() {
    let watched = full("pop");
    let address = watched.listener("pop");
    let sessions: Vec<_> = (0..4).map(|_| crate::pop::client::Client::connect(address)).collect();
    let refused = everything(connect(address));
    assert!(refused.starts_with("-ERR [SYS/TEMP] "), "{refused}");
    drop(sessions);
}

#[test]
fn when_every_http_process_is_full_the_browser_is_asked_to_come_again() {
    let watched = full("http");
    let address = watched.listener("http");
    let mut kept = Vec::new();
    for _ in 0..4 {
        let mut stream = connect(address);
        stream.write_all(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        kept.push(stream);
    }
    let mut stream = connect(address);
    stream.write_all(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let refused = everything(stream);
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.to_ascii_lowercase().contains("retry-after: "), "{refused}");
    drop(kept);
}
