//! A plain IMAP client for tests: sends lines, reads whole responses with their literals, checks nothing it is not asked to.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::{
    tree::{Node, Quoting, parse},
    wait::DEADLINE,
};

/// One logical line from the server, literals included, without the final CRLF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response(pub Vec<u8>);

impl Response {
    /// The line as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// The values of the line; panics when they are not well formed.
    #[track_caller]
    pub fn nodes(&self) -> Vec<Node> {
        parse(&self.0, Quoting::Wire).unwrap_or_else(|reason| panic!("{reason}: {}", self.text()))
    }

    /// For `* n FETCH (…)`: the sequence number and the value of the item `name` (`UID`, `BODY[]`, …).
    pub fn fetch_item(&self, name: &str) -> Option<(u64, Node)> {
        let nodes = self.nodes();
        let sequence = nodes.get(1)?.number()?;
        if !nodes.get(2)?.bytes()?.eq_ignore_ascii_case(b"FETCH") {
            return None;
        }
        let items = nodes.get(3)?.items();
        let pair = items
            .chunks_exact(2)
            .find(|pair| pair[0].bytes().is_some_and(|bytes| bytes.eq_ignore_ascii_case(name.as_bytes())))?;
        Some((sequence, pair[1].clone()))
    }
}

/// What came back for one command.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The tagged line without its tag: `OK [READ-WRITE] done`.
    pub status: String,
    /// The untagged responses before it.
    pub untagged: Vec<Response>,
}

impl Reply {
    /// Whether the command succeeded.
    pub fn is_ok(&self) -> bool {
        self.status.starts_with("OK")
    }

    /// The FETCH item `name` of every FETCH response, with the sequence number.
    pub fn fetch_items(&self, name: &str) -> Vec<(u64, Node)> {
        self.untagged.iter().filter_map(|response| response.fetch_item(name)).collect()
    }

    /// The numbers of the SEARCH responses.
    pub fn search(&self) -> Vec<u64> {
        self.untagged
            .iter()
            .map(Response::nodes)
            .filter(|nodes| nodes.get(1).and_then(Node::bytes) == Some(b"SEARCH"))
            .flat_map(|nodes| nodes[2..].iter().filter_map(Node::number).collect::<Vec<_>>())
            .collect()
    }
}

/// A connection.
pub struct ImapClient {
    reader: BufReader<TcpStream>,
    tags: u32,
    greeting: String,
}

impl ImapClient {
    /// Connects and reads the greeting.
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Self {
        let stream =
            TcpStream::connect_timeout(&address, DEADLINE).unwrap_or_else(|error| panic!("IMAP on {address}: {error}"));
        stream.set_read_timeout(Some(DEADLINE)).expect("a read deadline");
        stream.set_write_timeout(Some(DEADLINE)).expect("a write deadline");
        stream.set_nodelay(true).expect("no delay");
        let mut client = Self { reader: BufReader::new(stream), tags: 0, greeting: String::new() };
        client.greeting = client.response().text();
        client
    }

    /// The address that the server sees.
    #[track_caller]
    pub fn local_addr(&self) -> SocketAddr {
        self.reader.get_ref().local_addr().expect("a connected socket")
    }

    /// The greeting line.
    pub fn greeting(&self) -> &str {
        &self.greeting
    }

    /// Sets another deadline for single reads.
    pub fn deadline(&mut self, limit: Duration) {
        self.reader.get_ref().set_read_timeout(Some(limit)).expect("a read deadline");
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).expect("sending to the IMAP server");
    }

    /// The next response; the reason when none came.
    pub fn try_response(&mut self) -> Result<Response, String> {
        let mut bytes = Vec::new();
        loop {
            let start = bytes.len();
            match self.reader.read_until(b'\n', &mut bytes) {
                Ok(0) => return Err("the server closed the connection".to_owned()),
                Ok(_) => {}
                Err(error) => {
                    return Err(format!("no response ({error}); so far: {}", String::from_utf8_lossy(&bytes)));
                }
            }
            if !bytes.ends_with(b"\r\n") {
                return Err(format!("a line without CRLF: {}", bytes.escape_ascii()));
            }
            match literal_length(&bytes[start..bytes.len() - 2]) {
                Some(length) => {
                    let start = bytes.len();
                    bytes.resize(start + length, 0);
                    self.reader
                        .read_exact(&mut bytes[start..])
                        .map_err(|error| format!("a literal of {length} bytes is cut short: {error}"))?;
                }
                None => {
                    bytes.truncate(bytes.len() - 2);
                    return Ok(Response(bytes));
                }
            }
        }
    }

    /// The next response.
    #[track_caller]
    pub fn response(&mut self) -> Response {
        self.try_response().unwrap_or_else(|reason| panic!("{reason}"))
    }

    fn next_tag(&mut self) -> String {
        self.tags += 1;
        format!("t{}", self.tags)
    }

    #[track_caller]
    fn reply(&mut self, tag: &str) -> Reply {
        let mut untagged = Vec::new();
        loop {
            let response = self.response();
            if let Some(status) = response.text().strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) {
                return Reply { status: status.to_owned(), untagged };
            }
            untagged.push(response);
        }
    }

    /// Sends a command, returns what came back whether it succeeded or not.
    #[track_caller]
    pub fn attempt(&mut self, command: &str) -> Reply {
        let tag = self.next_tag();
        self.send(format!("{tag} {command}\r\n").as_bytes());
        self.reply(&tag)
    }

    /// Sends a command that must succeed.
    #[track_caller]
    pub fn command(&mut self, command: &str) -> Reply {
        let reply = self.attempt(command);
        assert!(reply.is_ok(), "{command}: {}", reply.status);
        reply
    }

    /// LOGIN with quoted arguments.
    #[track_caller]
    pub fn login(&mut self, user: &str, password: &str) {
        self.command(&format!("LOGIN \"{user}\" \"{password}\""));
    }

    /// APPEND with a synchronising literal; `flags` as `(\Seen)` or empty. Must succeed.
    #[track_caller]
    pub fn append(&mut self, mailbox: &str, flags: &str, message: &[u8]) -> Reply {
        let tag = self.next_tag();
        let blank = if flags.is_empty() { "" } else { " " };
        self.send(format!("{tag} APPEND \"{mailbox}\" {flags}{blank}{{{}}}\r\n", message.len()).as_bytes());
        let go = self.response().text();
        assert!(go.starts_with('+'), "APPEND: {go}");
        self.send(message);
        self.send(b"\r\n");
        let reply = self.reply(&tag);
        assert!(reply.is_ok(), "APPEND: {}", reply.status);
        reply
    }

    /// The whole message `uid` of the selected mailbox, without setting \Seen.
    #[track_caller]
    pub fn message(&mut self, uid: u64) -> Vec<u8> {
        let reply = self.command(&format!("UID FETCH {uid} BODY.PEEK[]"));
        let items = reply.fetch_items("BODY[]");
        assert_eq!(items.len(), 1, "one message with UID {uid}");
        items[0].1.bytes().expect("a body is a string").to_vec()
    }

    /// The UIDs of the selected mailbox.
    #[track_caller]
    pub fn uids(&mut self) -> Vec<u64> {
        self.command("UID SEARCH ALL").search()
    }
}

/// The length of the literal that `line` ends with.
fn literal_length(line: &[u8]) -> Option<usize> {
    let digits = line.strip_suffix(b"}")?;
    let start = digits.iter().rposition(|byte| *byte == b'{')? + 1;
    std::str::from_utf8(&digits[start..]).ok()?.parse().ok()
}
