//! A plain LMTP (and SMTP) client for tests.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
};

use crate::wait::DEADLINE;

/// A reply of one or several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LmtpReply {
    /// The three digits.
    pub code: u16,
    /// The texts after the code, one a line.
    pub lines: Vec<String>,
}

/// A connection.
pub struct LmtpClient {
    reader: BufReader<TcpStream>,
    greeting: LmtpReply,
    features: LmtpReply,
}

impl LmtpClient {
    /// Connects, reads the greeting and says LHLO.
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Self {
        let mut client = Self::connect_silent(address);
        client.features = client.command("LHLO client.test");
        assert_eq!(client.features.code, 250, "{:?}", client.features);
        client
    }

    /// Connects and reads the greeting only.
    #[track_caller]
    pub fn connect_silent(address: SocketAddr) -> Self {
        let stream =
            TcpStream::connect_timeout(&address, DEADLINE).unwrap_or_else(|error| panic!("LMTP on {address}: {error}"));
        stream.set_read_timeout(Some(DEADLINE)).expect("a read deadline");
        stream.set_write_timeout(Some(DEADLINE)).expect("a write deadline");
        stream.set_nodelay(true).expect("no delay");
        let none = LmtpReply { code: 0, lines: Vec::new() };
        let mut client = Self { reader: BufReader::new(stream), greeting: none.clone(), features: none };
        client.greeting = client.reply();
        assert_eq!(client.greeting.code, 220, "{:?}", client.greeting);
        client
    }

    /// The greeting.
    pub fn greeting(&self) -> &LmtpReply {
        &self.greeting
    }

    /// The lines of the LHLO reply.
    pub fn features(&self) -> &[String] {
        &self.features.lines
    }

    /// Sends bytes as they are; the error when the connection is gone.
    pub fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).expect("sending to the LMTP server");
    }

    /// The next reply; the reason when none came.
    pub fn try_reply(&mut self) -> Result<LmtpReply, String> {
        let mut reply = LmtpReply { code: 0, lines: Vec::new() };
        loop {
            let mut line = Vec::new();
            match self.reader.read_until(b'\n', &mut line) {
                Ok(0) => return Err("the server closed the connection".to_owned()),
                Ok(_) => {}
                Err(error) => return Err(format!("no reply: {error}")),
            }
            let line = String::from_utf8_lossy(&line).into_owned();
            let text = line.strip_suffix("\r\n").ok_or_else(|| format!("no CRLF: {line:?}"))?;
            reply.code = text.get(..3).and_then(|code| code.parse().ok()).ok_or_else(|| format!("no code: {text}"))?;
            reply.lines.push(text.get(4..).unwrap_or_default().to_owned());
            if text.as_bytes().get(3) != Some(&b'-') {
                return Ok(reply);
            }
        }
    }

    /// The next reply.
    #[track_caller]
    pub fn reply(&mut self) -> LmtpReply {
        self.try_reply().unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// Sends a line and reads the reply.
    #[track_caller]
    pub fn command(&mut self, line: &str) -> LmtpReply {
        self.send(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    /// Delivers `message` to `recipients`; every one must be accepted.
    #[track_caller]
    pub fn deliver(&mut self, from: &str, recipients: &[&str], message: &[u8]) {
        for (recipient, reply) in recipients.iter().zip(self.attempt(from, recipients, message)) {
            assert_eq!(reply.code, 250, "{recipient}: {reply:?}");
        }
    }

    /// Offers `message` to `recipients`: for each the reply that decided, from RCPT or after the data.
    #[track_caller]
    pub fn attempt(&mut self, from: &str, recipients: &[&str], message: &[u8]) -> Vec<LmtpReply> {
        let mail = self.command(&format!("MAIL FROM:<{from}>"));
        assert_eq!(mail.code, 250, "MAIL: {mail:?}");
        let mut replies: Vec<LmtpReply> =
            recipients.iter().map(|recipient| self.command(&format!("RCPT TO:<{recipient}>"))).collect();
        if replies.iter().any(|reply| reply.code == 250) {
            let go = self.command("DATA");
            assert_eq!(go.code, 354, "DATA: {go:?}");
            self.send(&stuffed(message));
            for reply in replies.iter_mut().filter(|reply| reply.code == 250) {
                *reply = self.reply();
            }
        } else {
            self.command("RSET");
        }
        replies
    }
}

/// A message as it goes over the wire after DATA: dots stuffed, a CRLF at the end, the final dot.
pub fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(message.len() + 16);
    let mut line_start = true;
    for &byte in message {
        if line_start && byte == b'.' {
            wire.push(b'.');
        }
        wire.push(byte);
        line_start = byte == b'\n';
    }
    if !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}
