//! A plain POP client that hides nothing of what the server says.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
};

use suite::wait::DEADLINE;

pub struct Client {
    reader: BufReader<TcpStream>,
    pub greeting: String,
}

impl Client {
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Client { reader: BufReader::new(stream), greeting: String::new() };
        client.greeting = client.line();
        assert!(client.greeting.starts_with("+OK "), "{}", client.greeting);
        client
    }

    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap();
    }

    /// How long a line may take.
    pub fn patience(&mut self, limit: std::time::Duration) {
        self.reader.get_ref().set_read_timeout(Some(limit)).unwrap();
    }

    /// Whether the server has closed the connection, as far as that is known by now.
    pub fn is_cut_off(&mut self) -> bool {
        self.reader.fill_buf().is_ok_and(<[u8]>::is_empty)
    }

    /// The next line with its line end; empty when the server has closed the connection.
    #[track_caller]
    pub fn raw_line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line).unwrap();
        line
    }

    /// The next line, which must end with CRLF and be no longer than a first line may be.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let line = self.raw_line();
        assert!(line.len() <= 512, "{} octets", line.len());
        let line = String::from_utf8(line).unwrap();
        line.strip_suffix("\r\n").unwrap_or_else(|| panic!("no CRLF: {line:?}")).to_owned()
    }

    /// Sends a command and reads the first line of the answer.
    #[track_caller]
    pub fn command(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes());
        self.line()
    }

    /// The text behind `+OK `.
    #[track_caller]
    pub fn ok(&mut self, line: &str) -> String {
        let answer = self.command(line);
        answer.strip_prefix("+OK ").unwrap_or_else(|| panic!("{line}: {answer}")).to_owned()
    }

    /// Says NOOP; whether the server is still there to answer.
    pub fn try_noop(&mut self) -> bool {
        let mut line = Vec::new();
        self.reader.get_mut().write_all(b"NOOP\r\n").is_ok()
            && self.reader.read_until(b'\n', &mut line).is_ok()
            && line.starts_with(b"+OK")
    }

    /// The text behind `-ERR `.
    #[track_caller]
    pub fn err(&mut self, line: &str) -> String {
        let answer = self.command(line);
        answer.strip_prefix("-ERR ").unwrap_or_else(|| panic!("{line}: {answer}")).to_owned()
    }

    /// The lines of a multi-line answer as they are on the wire, without the last dot.
    #[track_caller]
    pub fn raw_lines(&mut self) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        loop {
            let line = self.raw_line();
            assert!(line.ends_with(b"\r\n"), "no CRLF: {:?}", String::from_utf8_lossy(&line));
            if line == b".\r\n" {
                return lines;
            }
            lines.push(line);
        }
    }

    /// The rest of a multi-line answer: unstuffed.
    #[track_caller]
    pub fn body(&mut self) -> Vec<u8> {
        self.raw_lines().iter().flat_map(|line| line.strip_prefix(b".").unwrap_or(line)).copied().collect()
    }

    /// Sends a command with a multi-line answer: its lines as text.
    #[track_caller]
    pub fn list(&mut self, line: &str) -> Vec<String> {
        self.ok(line);
        let body = String::from_utf8(self.body()).unwrap();
        body.lines().map(str::to_owned).collect()
    }

    /// RETR: the octets that the first line announces, and the message.
    #[track_caller]
    pub fn retr(&mut self, number: usize) -> (u64, Vec<u8>) {
        let first = self.ok(&format!("RETR {number}"));
        (first.split(' ').next().unwrap().parse().unwrap(), self.body())
    }

    #[track_caller]
    pub fn sign_in(&mut self, login: &str) -> String {
        self.ok(&format!("USER {login}"));
        self.ok("PASS secret")
    }

    /// Whether the server has closed the connection without another word.
    #[track_caller]
    pub fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => rest.is_empty(),
            Err(error) => panic!("still open: {error}"),
        }
    }

    /// Cuts the connection, as a modem did.
    pub fn cut(self) {
        let _ = self.reader.get_ref().shutdown(Shutdown::Both);
    }
}
