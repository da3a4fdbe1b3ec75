//! What a client may not do too much of.

use super::client::Client;
use super::fixture::{Options, Pop};

#[test]
fn a_line_of_255_octets_is_read_and_a_longer_one_refused() {
    let pop = Pop::new();
    let mut client = pop.connect();
    let name = |octets: usize| format!("USER {}", "x".repeat(octets - "USER \r\n".len()));
    client.ok(&name(255));
    assert_eq!(client.err(&name(256)), "Line is too long");
    assert_eq!(client.err(&name(100_000)), "Line is too long");
    client.ok("USER alice");
    client.ok("PASS secret");
    client.ok("QUIT");
}

#[test]
fn an_endless_line_costs_nothing_and_does_not_become_a_command() {
    let pop = Pop::new();
    let mut client = pop.connect();
    for _ in 0..200 {
        client.send(&[b'x'; 10_000]);
    }
    client.send(b" QUIT\r\nCAPA\r\n");
    assert_eq!(client.line(), "-ERR Line is too long");
    assert_eq!(client.line(), "+OK Capability list follows");
}

#[test]
fn bad_commands_in_a_row_end_the_session() {
    let pop = Pop::new();
    let mut client = pop.connect();
    // Another protocol's client, as a hostile web page makes one.
    client.send(b"POST / HTTP/1.1\r\nHost: store.example.test\r\nA: b\r\nC: d\r\nE: f\r\nG: h\r\nI: j\r\nK: l\r\nUSER alice\r\nPASS secret\r\n");
    for _ in 0..7 {
        assert_eq!(client.line(), "-ERR Unknown command");
    }
    assert_eq!(client.line(), "-ERR Too many bad commands");
    assert!(client.is_closed());

    let mut client = pop.alice();
    for _ in 0..29 {
        client.err("BAD");
    }
    client.ok("NOOP");
    for _ in 0..29 {
        client.err("BAD");
    }
    assert_eq!(client.err("BAD"), "Too many bad commands");
    assert!(client.is_closed());
}

#[test]
fn the_fourth_failed_sign_in_ends_the_session() {
    let pop = Pop::new();
    let mut client = pop.connect();
    for _ in 0..3 {
        client.ok("USER alice");
        client.err("PASS wrong");
    }
    client.err("AUTH PLAIN !!!");
    assert!(client.is_closed());
}

#[test]
fn a_client_beyond_the_limit_is_turned_away_politely() {
    let pop = Pop::with(Options { max_sessions: 1, ..Options::default() });
    let mut first = pop.alice();
    let stream = std::net::TcpStream::connect(pop.address()).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut &stream, &mut text).unwrap();
    assert_eq!(text, "-ERR [SYS/TEMP] Too many connections, try again later\r\n");
    first.ok("QUIT");
    assert!(first.is_closed());
    suite::wait_for("a free place", || {
        let stream = std::net::TcpStream::connect(pop.address()).unwrap();
        let mut start = [0; 3];
        std::io::Read::read_exact(&mut &stream, &mut start).unwrap();
        (&start == b"+OK").then_some(())
    });
}

#[test]
fn the_banner_fits_a_line_and_announces_no_apop() {
    let banner = format!("[x] <1896.697170952@%h> grüß {}", "y".repeat(1000));
    let pop = Pop::with(Options { banner, ..Options::default() });
    let client = Client::connect(pop.address());
    assert!(client.greeting.starts_with("+OK x] (1896.697170952@store.example.test) gr?? yyy"), "{}", client.greeting);
}
