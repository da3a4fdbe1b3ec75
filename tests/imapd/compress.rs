//! COMPRESS=DEFLATE, RFC 4978: both directions are one stream each, over pauses and large answers.

use std::io::{Read, Write};
use std::net::TcpStream;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use suite::{ImapClient, Site, wait::DEADLINE};

/// A client of its own, which deflates raw.
struct Deflated {
    stream: TcpStream,
    deflate: Compress,
    inflate: Decompress,
    text: Vec<u8>,
}

impl Deflated {
    #[track_caller]
    fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.text.drain(..=end).collect();
                return String::from_utf8(line).unwrap().trim_end().to_owned();
            }
            let mut octets = [0; 1000];
            let count = self.stream.read(&mut octets).unwrap();
            assert!(count > 0, "the server closed the connection");
            let mut input = &octets[..count];
            while !input.is_empty() {
                let before = self.inflate.total_in();
                let mut piece = Vec::with_capacity(4096);
                self.inflate.decompress_vec(input, &mut piece, FlushDecompress::Sync).unwrap();
                input = &input[(self.inflate.total_in() - before) as usize..];
                self.text.extend(piece);
            }
            // What did not fit.
            loop {
                let mut piece = Vec::with_capacity(4096);
                let _ = self.inflate.decompress_vec(&[], &mut piece, FlushDecompress::Sync);
                if piece.is_empty() {
                    break;
                }
                self.text.extend(piece);
            }
        }
    }

    fn send(&mut self, text: &str) {
        let mut octets = Vec::with_capacity(text.len() + 1000);
        self.deflate.compress_vec(text.as_bytes(), &mut octets, FlushCompress::Sync).unwrap();
        self.stream.write_all(&octets).unwrap();
    }

    #[track_caller]
    fn ask(&mut self, text: &str) -> Vec<String> {
        self.send(text);
        let tag = text.split(' ').next().unwrap().to_owned() + " ";
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            let last = line.starts_with(&tag);
            lines.push(line);
            if last {
                return lines;
            }
        }
    }
}

fn plain(site: &Site) -> (TcpStream, Vec<u8>) {
    let stream = TcpStream::connect(site.listener("imap")).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    (stream, Vec::new())
}

/// Sends a line as it is and reads to the tagged answer, octet by octet: what follows may be compressed.
#[track_caller]
fn ask_plain(stream: &mut TcpStream, line: &str) -> String {
    stream.write_all(line.as_bytes()).unwrap();
    let tag = line.split(' ').next().unwrap().to_owned() + " ";
    loop {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n") {
            let mut octet = [0];
            stream.read_exact(&mut octet).unwrap();
            read.push(octet[0]);
        }
        let read = String::from_utf8(read).unwrap();
        if read.starts_with(&tag) {
            return read.trim_end().to_owned();
        }
    }
}

fn deflated(site: &Site) -> Deflated {
    let (mut stream, text) = plain(site);
    assert!(ask_plain(&mut stream, "a0 COMPRESS DEFLATE\r\n").starts_with("a0 BAD"), "not before sign-in");
    let login = format!("a1 LOGIN alice {}\r\n", suite::site::password());
    assert!(ask_plain(&mut stream, &login).contains("COMPRESS=DEFLATE"));
    assert!(ask_plain(&mut stream, "a2 COMPRESS LZMA\r\n").starts_with("a2 BAD"));
    assert!(ask_plain(&mut stream, "a3 compress deflate\r\n").starts_with("a3 OK"));
    let deflate = Compress::new(Compression::default(), false);
    Deflated { stream, deflate, inflate: Decompress::new(false), text }
}

#[test]
fn everything_after_the_answer_is_compressed() {
    let site = Site::new();
    let mut imap: ImapClient = site.imap_as("alice");
    for number in 0..300 {
        imap.append("INBOX", "", &suite::corpus::message(&format!("Number {number}"), "body\r\n"));
    }
    let mut client = deflated(&site);
    assert!(client.ask("b1 COMPRESS DEFLATE\r\n")[0].starts_with("b1 NO [COMPRESSIONACTIVE]"));
    client.ask("b2 SELECT INBOX\r\n");
    for _ in 0..3 {
        let lines = client.ask("b3 FETCH 1:* (UID ENVELOPE BODYSTRUCTURE)\r\n");
        assert_eq!(lines.iter().filter(|line| line.starts_with("* ")).count(), 300);
    }
    // Several commands in one block, and one command in several.
    client.send("b4 NOOP\r\nb5 NOOP\r\n");
    assert!(client.line().starts_with("b4 OK"));
    assert!(client.line().starts_with("b5 OK"));
    for piece in ["b6 ", "NO", "OP\r", "\n"] {
        client.send(piece);
    }
    assert!(client.line().starts_with("b6 OK"));
    client.send("b7 IDLE\r\n");
    assert!(client.line().starts_with("+ "));
    imap.append("INBOX", "", &suite::corpus::message("Another", "body\r\n"));
    assert_eq!(client.line(), "* 301 EXISTS");
    client.send("DONE\r\n");
    while !client.line().starts_with("b7 OK") {}
    // RFC 8437 §2: signing out ends the layer behind its answer.
    assert!(client.ask("b8 UNAUTHENTICATE\r\n").last().unwrap().starts_with("b8 OK"));
    assert!(ask_plain(&mut client.stream, "b9 NOOP\r\n").starts_with("b9 OK"));
}

#[test]
fn what_is_no_deflate_stream_ends_the_session() {
    let site = Site::new();
    let mut client = deflated(&site);
    client.stream.write_all(b"\xff\xff\xff\xffNOOP\r\n").unwrap();
    let mut rest = Vec::new();
    client.stream.read_to_end(&mut rest).unwrap();
}
