//! The PROXY protocol: whose header is believed, and what the address in it is good for.

use std::io::Write;
use std::net::TcpStream;

use daemon::proxy_protocol::{Header, read_header};
use suite::{Site, SiteOptions, site::password, wait_for};

use super::fixture::{block_on, connect_from, exchange, line, logged};

const PROXY: &str = "127.0.0.2";

fn header_2(client: [u8; 4]) -> Vec<u8> {
    let mut bytes = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    bytes.extend(client);
    bytes.extend([192, 0, 2, 1]);
    bytes.extend(40_000_u16.to_be_bytes());
    bytes.extend(143_u16.to_be_bytes());
    bytes
}

fn send(mut stream: &TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).unwrap();
}

#[test]
fn the_address_in_a_trusted_header_is_the_clients_for_filters_limits_and_logs() {
    let site = Site::start(
        SiteOptions::default()
            .set("logfile.default.loglevel", "Information")
            .set("service.imap.proxyprotocol", PROXY)
            .set("service.imap.domainnotallowed", "ALL: 198.51.100.")
            .set("service.imap.connlimits", "203.0.113.9|255.255.255.255:1")
            .set("service.pop.proxyprotocol", "127.0.0.0/30")
            .set("service.pop.domainnotallowed", "ALL: 127."),
    );
    let imap = site.listener("imap");
    let refused = connect_from(PROXY, imap);
    send(&refused, b"PROXY TCP4 198.51.100.7 192.0.2.1 40000 143\r\n");
    assert!(line(&refused).starts_with("* BYE Connections from your address"));
    logged(&site, "connection refused: imap [198.51.100.7:40000] domainnotallowed filter 1");
    let admitted = connect_from(PROXY, imap);
    send(&admitted, &header_2([203, 0, 113, 9]));
    assert!(line(&admitted).starts_with("* OK "));
    let crowded = connect_from(PROXY, imap);
    send(&crowded, &header_2([203, 0, 113, 9]));
    assert!(line(&crowded).starts_with("* BYE [UNAVAILABLE] Too many connections from your address"));
    // What comes after the header in the same segment is the client's.
    send(&admitted, format!("a LOGIN alice {}\r\n", password()).as_bytes());
    wait_for("alice in the list of sessions", || {
        let listed = site.tool(&["imsconnutil", "-c"], "").success().stdout;
        listed.contains("alice").then(|| assert!(listed.contains("203.0.113.9"), "{listed}"))
    });
    send(&admitted, b"b LOGOUT\r\n");
    assert!(exchange(&admitted, "").contains("a OK "));
    logged(&site, "login: [203.0.113.9:40000] plaintext alice");
    let pop = connect_from("127.0.0.1", site.listener("pop"));
    send(&pop, b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 110\r\n");
    assert!(line(&pop).starts_with("+OK "));
}

#[test]
fn a_header_from_anybody_else_is_no_header() {
    let site = Site::start(
        SiteOptions::default()
            .set("service.imap.proxyprotocol", PROXY)
            .set("service.imap.domainnotallowed", "ALL: 127.0.0.3"),
    );
    let stranger = connect_from("127.0.0.4", site.listener("imap"));
    assert!(line(&stranger).starts_with("* OK "));
    send(&stranger, b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 143\r\n");
    assert!(line(&stranger).starts_with("PROXY BAD "));
    let refused = connect_from("127.0.0.3", site.listener("imap"));
    send(&refused, b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 143\r\n");
    assert!(line(&refused).starts_with("* BYE Connections from your address"));
}

#[test]
fn a_proxy_that_begins_with_something_else_is_cut_off_and_its_health_check_is_its_own() {
    let site = Site::start(SiteOptions::default().set("service.imap.proxyprotocol", PROXY));
    assert_eq!(exchange(&connect_from(PROXY, site.listener("imap")), "a LOGIN alice secret\r\n"), "");
    logged(&site, "without a usable header");
    let check = connect_from(PROXY, site.listener("imap"));
    send(&check, b"\r\n\r\n\0\r\nQUIT\n\x20\x00\0\x00");
    assert!(line(&check).starts_with("* OK "));
}

#[test]
fn headers_are_read_to_their_last_byte_and_no_further() {
    let read = |bytes: &[u8]| -> Result<(Header, usize), String> {
        let mut rest = bytes;
        let header = block_on(read_header(&mut rest)).map_err(|error| error.to_string())?;
        Ok((header, rest.len()))
    };
    let proxied =
        |client: &str, local: &str| Header::Proxied { client: client.parse().unwrap(), local: local.parse().unwrap() };
    let v4 = proxied("198.51.100.7:40000", "192.0.2.1:143");
    assert_eq!(read(b"PROXY TCP4 198.51.100.7 192.0.2.1 40000 143\r\nrest"), Ok((v4, 4)));
    let mut second = header_2([198, 51, 100, 7]);
    second.extend(b"rest");
    assert_eq!(read(&second), Ok((v4, 4)));
    let v6 = proxied("[2001:db8::7]:1", "[2001:db8::1]:2");
    assert_eq!(read(b"PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n"), Ok((v6, 0)));
    assert_eq!(read(b"PROXY UNKNOWN\r\nrest"), Ok((Header::Own, 4)));
    assert_eq!(read(b"PROXY UNKNOWN ffff::1 ::2 1 2\r\n"), Ok((Header::Own, 0)));
    // Version 2 with a TLV behind the addresses, and over a UNIX socket.
    let mut tlv = header_2([198, 51, 100, 7]);
    tlv[15] = 15 + 12 - 12;
    tlv.extend(b"\x04\0\0");
    tlv[15] = 15;
    assert_eq!(read(&tlv), Ok((v4, 0)));
    assert_eq!(read(b"\r\n\r\n\0\r\nQUIT\n\x21\x31\0\x02ab"), Ok((Header::Own, 0)));
    for bad in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"PROXY TCP4 198.51.100.7 192.0.2.1 40000\r\n",
        b"PROXY TCP4 2001:db8::7 192.0.2.1 40000 143\r\n",
        b"PROXY TCP4 198.51.100.7 192.0.2.1 40000 70000\r\n",
        b"PROXY TCP4 198.51.100.7 192.0.2.1 40000 +143\r\n",
        b"PROXY TCP4 198.51.100.7  192.0.2.1 40000 143\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x04abcd",
        b"\r\n\r\n\0\r\nQUIT\n\x11\x11\0\x0cabcdabcdabcd",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
        b"PROXY TCP4",
    ] {
        assert!(read(bad).is_err(), "{}", bad.escape_ascii());
    }
    let endless = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat();
    assert!(read(&endless).unwrap_err().contains("line too long"));
}
