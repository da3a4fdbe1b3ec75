//! What was sent behind STARTTLS before the handshake is not obeyed after it (RFC 3501 §6.2.1, RFC 2595 §4).

use std::time::Duration;

use suite::site::password;
use suite::wait::DEADLINE;
use suite::{Site, SiteOptions};
use tls::{Connector, ConnectorOptions};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

async fn line(stream: &mut (impl AsyncBufReadExt + Unpin)) -> String {
    let mut line = String::new();
    timeout(DEADLINE, stream.read_line(&mut line)).await.expect("an answer in time").unwrap();
    line
}

fn trusting(site: &Site) -> Connector {
    let ca_files = vec![site.root().join("config/cert.pem")];
    Connector::new(&ConnectorOptions { ca_files, ..ConnectorOptions::default() }).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn imap_forgets_what_came_in_one_packet_with_starttls() {
    let site = Site::new();
    let mut stream = BufReader::new(TcpStream::connect(site.listener("imap")).await.unwrap());
    assert!(line(&mut stream).await.starts_with("* OK"));
    let evil = format!("a1 STARTTLS\r\na2 LOGIN alice {}\r\na3 CREATE Evil\r\n", password());
    stream.write_all(evil.as_bytes()).await.unwrap();
    assert!(line(&mut stream).await.starts_with("a1 OK"));
    assert!(stream.buffer().is_empty());
    let mut stream = BufReader::new(trusting(&site).connect("localhost", stream.into_inner()).await.unwrap());
    stream.write_all(b"b1 NOOP\r\nb2 SELECT INBOX\r\n").await.unwrap();
    assert!(line(&mut stream).await.starts_with("b1 OK"));
    assert!(line(&mut stream).await.starts_with("b2 BAD"), "nobody is signed in");
    assert!(site.imap_as("alice").command("LIST \"\" Evil").untagged.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_command_or_a_literal_before_the_handshake_is_lost_as_well() {
    let site = Site::new();
    for head in ["a1 STARTTLS\r\na2 LOG", "a1 STARTTLS\r\na2 LOGIN {5+}\r\nal"] {
        let mut stream = BufReader::new(TcpStream::connect(site.listener("imap")).await.unwrap());
        line(&mut stream).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        assert!(line(&mut stream).await.starts_with("a1 OK"));
        let mut stream = BufReader::new(trusting(&site).connect("localhost", stream.into_inner()).await.unwrap());
        stream.write_all(b"b1 NOOP\r\n").await.unwrap();
        assert!(line(&mut stream).await.starts_with("b1 OK"), "{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_text_in_place_of_the_handshake_is_never_answered() {
    let site = Site::start(SiteOptions::default());
    for (listener, start, evil) in [("imap", "a1 STARTTLS\r\n", "a2 CAPABILITY\r\n"), ("pop", "STLS\r\n", "CAPA\r\n")] {
        let mut stream = BufReader::new(TcpStream::connect(site.listener(listener)).await.unwrap());
        line(&mut stream).await;
        stream.write_all(start.as_bytes()).await.unwrap();
        line(&mut stream).await;
        stream.write_all(evil.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // A connection that is reset under the reader ends as well.
        let _ = timeout(DEADLINE + Duration::from_secs(5), stream.read_to_end(&mut rest)).await.expect("an end");
        let rest = String::from_utf8_lossy(&rest).into_owned();
        assert!(!rest.contains("CAPABILITY") && !rest.contains("+OK") && !rest.contains("a2"), "{listener}: {rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_known_before_the_handshake_is_asked_again_after_it() {
    // RFC 3501 §6.2.1: capabilities are discarded; those under TLS are others.
    let site = Site::start(SiteOptions::default().set("service.imap.plaintextmincipher", "128"));
    let mut stream = BufReader::new(TcpStream::connect(site.listener("imap")).await.unwrap());
    let greeting = line(&mut stream).await;
    assert!(greeting.contains("STARTTLS") && greeting.contains("LOGINDISABLED"), "{greeting}");
    stream.write_all(b"a1 STARTTLS\r\n").await.unwrap();
    line(&mut stream).await;
    let mut stream = BufReader::new(trusting(&site).connect("localhost", stream.into_inner()).await.unwrap());
    stream.write_all(b"a2 CAPABILITY\r\na3 STARTTLS\r\n").await.unwrap();
    let capabilities = line(&mut stream).await;
    assert!(!capabilities.contains("STARTTLS") && !capabilities.contains("LOGINDISABLED"), "{capabilities}");
    assert!(capabilities.contains("AUTH=PLAIN"), "{capabilities}");
    assert!(line(&mut stream).await.starts_with("a2 OK"));
    assert!(line(&mut stream).await.starts_with("a3 BAD"), "there is no TLS within TLS");
}
