//! STLS (RFC 2595 §4).

use suite::wait::DEADLINE;
use tls::{Connector, ConnectorOptions};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fixture::{Options, Pop};

async fn read(stream: &mut (impl AsyncBufReadExt + Unpin)) -> String {
    let mut line = String::new();
    timeout(DEADLINE, stream.read_line(&mut line)).await.expect("an answer in time").unwrap();
    line
}

fn connector(pop: &Pop) -> Connector {
    Connector::new(&ConnectorOptions { ca_files: vec![pop.certificate()], alpn: vec![], ..ConnectorOptions::default() })
        .unwrap()
}

#[test]
fn commands_sent_before_the_handshake_are_not_obeyed_after_it() {
    let pop = Pop::new();
    pop.runtime.block_on(async {
        let mut stream = BufReader::new(TcpStream::connect(pop.address()).await.unwrap());
        assert!(read(&mut stream).await.starts_with("+OK "));
        // What an attacker in the middle puts behind STLS must be lost.
        stream.write_all(b"USER alice\r\nSTLS\r\nUSER bob\r\nCAPA\r\n").await.unwrap();
        assert_eq!(read(&mut stream).await, "+OK Send the password\r\n");
        assert_eq!(read(&mut stream).await, "+OK Begin TLS negotiation\r\n");
        assert!(stream.buffer().is_empty());
        let mut stream = BufReader::new(connector(&pop).connect("localhost", stream.into_inner()).await.unwrap());
        // Nor is the name from before known any more.
        stream.write_all(b"PASS secret\r\nUSER alice\r\nPASS secret\r\nCAPA\r\n").await.unwrap();
        assert_eq!(read(&mut stream).await, "-ERR Send USER first\r\n");
        assert_eq!(read(&mut stream).await, "+OK Send the password\r\n");
        assert!(read(&mut stream).await.starts_with("+OK Maildrop"));
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != ".\r\n") {
            lines.push(read(&mut stream).await);
        }
        assert!(!lines.contains(&"STLS\r\n".to_owned()), "{lines:?}");
    });
}

#[test]
fn passwords_are_taken_under_tls_of_the_strength_that_the_site_wants() {
    for (least, answer) in [(128, "+OK Send the password\r\n"), (512, "-ERR Sign in under TLS: send STLS first\r\n")] {
        let pop = Pop::with(Options { plaintext_min_cipher: least, ..Options::default() });
        pop.runtime.block_on(async {
            let mut stream = BufReader::new(TcpStream::connect(pop.address()).await.unwrap());
            read(&mut stream).await;
            stream.write_all(b"STLS\r\n").await.unwrap();
            read(&mut stream).await;
            let mut stream = BufReader::new(connector(&pop).connect("localhost", stream.into_inner()).await.unwrap());
            stream.write_all(b"STLS\r\nUSER alice\r\n").await.unwrap();
            assert_eq!(read(&mut stream).await, "-ERR TLS is not available or active already\r\n");
            assert_eq!(read(&mut stream).await, answer, "{least}");
        });
    }
}

#[test]
fn stls_is_refused_where_it_cannot_be() {
    let pop = Pop::with(Options { with_tls: false, ..Options::default() });
    assert_eq!(pop.connect().err("STLS"), "TLS is not available or active already");
    let pop = Pop::new();
    let mut client = pop.connect();
    client.ok("UTF8");
    assert_eq!(client.err("STLS"), "STLS comes before UTF8");
}

#[test]
fn a_broken_handshake_ends_the_connection() {
    let pop = Pop::new();
    let mut client = pop.connect();
    client.ok("STLS");
    client.send(b"USER alice\r\n");
    // Perhaps an alert, never an answer.
    let rest = client.raw_line();
    assert!(!rest.starts_with(b"+OK") && !rest.starts_with(b"-ERR"), "{:?}", String::from_utf8_lossy(&rest));
}
