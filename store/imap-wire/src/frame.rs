//! Cuts a byte stream into commands: lines, synchronising literals and non-synchronising ones (RFC 3501 §4.3, RFC 7888).
//!
//! Bytes go in through [`Splitter::feed`]; [`Splitter::advance`] says what they make. A complete command is kept as it came,
//! with its literals inline (`{3}` CRLF `abc`), because the parser reads them there. A literal can also be streamed past the
//! splitter (the message of an APPEND) or be refused, and then the rest of the command is thrown away in step with the client.

use memchr::memchr;

use crate::command::tag_of;

/// Bounds that hold before a command is parsed at all.
#[derive(Debug, Clone)]
pub struct FrameLimits {
    /// Longest run of bytes between two line ends, literals not counted.
    pub line: usize,
    /// Longest literal that is kept as a part of the command.
    pub literal: usize,
    /// Longest command with its literals.
    pub command: usize,
}

impl FrameLimits {
    /// For a client that has not said who it is.
    pub const fn before_login() -> Self {
        Self { line: 8192, literal: 8192, command: 16 * 1024 }
    }

    /// For a client that has signed in: long UID sets and large search strings are in use.
    pub const fn after_login() -> Self {
        Self { line: 128 * 1024, literal: 512 * 1024, command: 1024 * 1024 }
    }
}

/// A literal that the client has announced and not yet been allowed to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// Octets of the literal.
    pub size: u64,
    /// The client waits for a continuation request (`{n}`, not `{n+}`).
    pub synchronising: bool,
    /// The literal may hold NUL (`~{n}`, RFC 3516).
    pub binary: bool,
}

/// What the bytes so far make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Nothing whole yet: feed more bytes.
    More,
    /// [`Splitter::text`] is a complete command, or the last piece of one whose literal was streamed.
    Command,
    /// [`Splitter::text`] ends in a literal announcement. Answer with [`Splitter::keep_literal`], [`Splitter::stream_literal`] or
    /// [`Splitter::refuse_literal`].
    Literal(Announced),
    /// A literal is being streamed: [`Splitter::streamed`] has bytes of it.
    Streaming,
    /// The line or the command passed its limit. The rest of it is thrown away; answer once, with [`Splitter::refused_tag`].
    TooLong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Reading a line; the text is whole up to `scanned`.
    Line,
    /// Copying a literal into the text.
    Keep { left: u64 },
    /// Handing a literal to the caller.
    Stream { left: u64 },
    /// An announcement waits for the caller's word.
    Asked(Announced),
    /// A command waits for [`Splitter::finish`].
    Ready,
    /// Throwing away a literal of a refused command, then its next line.
    DropLiteral { left: u64 },
    /// Throwing away a line of a refused command.
    DropLine,
}

/// The incremental command splitter. Holds no more than the limits allow plus what one `feed` brought.
#[derive(Debug)]
pub struct Splitter {
    limits: FrameLimits,
    /// Bytes from the client that are not taken yet.
    input: Vec<u8>,
    taken: usize,
    text: Vec<u8>,
    /// Where the present line starts in `text`.
    line_start: usize,
    /// Last bytes of a line being thrown away, to see whether a literal follows.
    tail: Vec<u8>,
    /// The tag of the command that was too long.
    refused_tag: Option<String>,
    state: State,
    /// A streamed literal came before: the text is a continuation of that command.
    continued: bool,
}

const TAIL: usize = 32;

impl Splitter {
    /// An empty splitter.
    pub fn new(limits: FrameLimits) -> Self {
        Self {
            limits,
            input: Vec::new(),
            taken: 0,
            text: Vec::new(),
            line_start: 0,
            tail: Vec::new(),
            refused_tag: None,
            state: State::Line,
            continued: false,
        }
    }

    /// Other limits from the next line on, as after signing in.
    pub fn set_limits(&mut self, limits: FrameLimits) {
        self.limits = limits;
    }

    /// Takes bytes from the client.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.taken > 0 && self.taken == self.input.len() {
            self.input.clear();
            self.taken = 0;
        } else if self.taken > 64 * 1024 {
            self.input.drain(..self.taken);
            self.taken = 0;
        }
        self.input.extend_from_slice(bytes);
    }

    /// The command's text: complete at [`Event::Command`], up to and with the announcement's line end at [`Event::Literal`].
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The tag of the command that was too long, once after [`Event::TooLong`]; `None` when it had none, or when what was
    /// too long continues a command whose literal was streamed.
    pub fn refused_tag(&mut self) -> Option<String> {
        self.refused_tag.take()
    }

    /// True when the text continues a command whose literal was streamed.
    pub fn is_continuation(&self) -> bool {
        self.continued
    }

    /// True when bytes wait that no command has used; after STARTTLS they must be thrown away (RFC 3501 §6.2.1).
    pub fn has_input(&self) -> bool {
        self.taken < self.input.len()
    }

    /// True between commands: nothing of the next one has arrived.
    pub fn is_idle(&self) -> bool {
        self.state == State::Line && self.text.is_empty() && !self.has_input()
    }

    /// Throws away everything that has arrived.
    pub fn clear_input(&mut self) {
        self.input = Vec::new();
        self.taken = 0;
    }

    /// Gives the memory of past commands back; for a client that idles.
    pub fn shrink(&mut self) {
        if !self.has_input() {
            self.clear_input();
        }
        if self.text.is_empty() {
            self.text = Vec::new();
        }
        self.tail = Vec::new();
    }

    /// Moves on as far as the bytes allow.
    pub fn advance(&mut self) -> Event {
        loop {
            match self.state {
                State::Line => match self.line() {
                    Some(event) => return event,
                    None => return Event::More,
                },
                State::Keep { left } => {
                    let piece = self.piece(left);
                    let (from, to) = (self.taken, self.taken + piece);
                    self.text.extend_from_slice(&self.input[from..to]);
                    self.taken = to;
                    let left = left - piece as u64;
                    if left > 0 {
                        self.state = State::Keep { left };
                        return Event::More;
                    }
                    self.line_start = self.text.len();
                    self.state = State::Line;
                }
                State::Stream { left: 0 } => {
                    self.text.clear();
                    self.line_start = 0;
                    self.continued = true;
                    self.state = State::Line;
                }
                State::Stream { .. } => {
                    return if self.has_input() { Event::Streaming } else { Event::More };
                }
                State::Asked(announced) => return Event::Literal(announced),
                State::Ready => return Event::Command,
                State::DropLiteral { left } => {
                    let piece = self.piece(left);
                    self.taken += piece;
                    let left = left - piece as u64;
                    if left > 0 {
                        self.state = State::DropLiteral { left };
                        return Event::More;
                    }
                    self.tail.clear();
                    self.state = State::DropLine;
                }
                State::DropLine => {
                    if !self.drop_line() {
                        return Event::More;
                    }
                }
            }
        }
    }

    /// Keeps the announced literal as a part of the command. The caller sends the continuation request when it is synchronising.
    /// False, and nothing is kept, when it is larger than the limits allow.
    pub fn keep_literal(&mut self) -> bool {
        let State::Asked(announced) = self.state else { return true };
        let room = self.limits.command.saturating_sub(self.text.len());
        if announced.size > self.limits.literal.min(room) as u64 {
            return false;
        }
        self.state = State::Keep { left: announced.size };
        true
    }

    /// Hands the announced literal to the caller piece by piece, as [`Event::Streaming`]; the text so far is dropped when it ends.
    pub fn stream_literal(&mut self) {
        if let State::Asked(announced) = self.state {
            self.state = State::Stream { left: announced.size };
        }
    }

    /// Refuses the announced literal: a synchronising one ends the command here; the octets of the other kind and the rest of the
    /// command are read and thrown away, since the client sends them anyway (RFC 7888 §4).
    pub fn refuse_literal(&mut self) {
        if let State::Asked(announced) = self.state {
            self.reset_text();
            self.state = match announced.synchronising {
                true => State::Line,
                false => State::DropLiteral { left: announced.size },
            };
        }
    }

    /// Bytes of the literal that is being streamed; say how many were used with [`Splitter::consume`].
    pub fn streamed(&self) -> &[u8] {
        match self.state {
            State::Stream { left } => &self.input[self.taken..self.taken + self.piece(left)],
            _ => &[],
        }
    }

    /// Takes `count` bytes of the streamed literal.
    pub fn consume(&mut self, count: usize) {
        if let State::Stream { left } = self.state {
            let count = count.min(self.piece(left));
            self.taken += count;
            self.state = State::Stream { left: left - count as u64 };
        }
    }

    /// Octets of the streamed literal that are still to come.
    pub fn stream_left(&self) -> u64 {
        match self.state {
            State::Stream { left } => left,
            _ => 0,
        }
    }

    /// Throws away the rest of a streamed literal and of its command.
    pub fn abandon_stream(&mut self) {
        if let State::Stream { left } = self.state {
            self.reset_text();
            self.state = State::DropLiteral { left };
        }
    }

    /// Done with the command: the next one may start.
    pub fn finish(&mut self) {
        self.reset_text();
        self.state = State::Line;
    }

    fn reset_text(&mut self) {
        self.text.clear();
        self.line_start = 0;
        self.continued = false;
    }

    fn piece(&self, left: u64) -> usize {
        let there = self.input.len() - self.taken;
        usize::try_from(left).map_or(there, |left| left.min(there))
    }

    fn line(&mut self) -> Option<Event> {
        let fresh = &self.input[self.taken..];
        let Some(end) = memchr(b'\n', fresh) else {
            let count = fresh.len();
            self.text.extend_from_slice(&self.input[self.taken..]);
            self.taken += count;
            return self.too_long(false);
        };
        let to = self.taken + end + 1;
        self.text.extend_from_slice(&self.input[self.taken..to]);
        self.taken = to;
        if let Some(event) = self.too_long(true) {
            return Some(event);
        }
        let line = trim_line(&self.text[self.line_start..]);
        if let Some(announced) = announcement(line) {
            self.state = State::Asked(announced);
            return Some(Event::Literal(announced));
        }
        let end = self.line_start + line.len();
        self.text.truncate(end);
        self.state = State::Ready;
        Some(Event::Command)
    }

    fn too_long(&mut self, ended: bool) -> Option<Event> {
        if self.text.len() - self.line_start <= self.limits.line && self.text.len() <= self.limits.command {
            return None;
        }
        let from = self.text.len().saturating_sub(TAIL).max(self.line_start);
        self.tail = self.text[from..].to_vec();
        self.refused_tag = if self.continued { None } else { tag_of(&self.text) };
        self.reset_text();
        self.state = match (ended, announcement(trim_line(&self.tail))) {
            (false, _) => State::DropLine,
            // A synchronising literal is never asked for: the client will not send it.
            (true, Some(a)) if !a.synchronising => State::DropLiteral { left: a.size },
            (true, _) => State::Line,
        };
        Some(Event::TooLong)
    }

    /// Throws away the present line of a refused command. True when the state changed.
    fn drop_line(&mut self) -> bool {
        let fresh = &self.input[self.taken..];
        let (count, ended) = match memchr(b'\n', fresh) {
            Some(end) => (end + 1, true),
            None => (fresh.len(), false),
        };
        self.tail.extend_from_slice(&fresh[count.saturating_sub(TAIL)..count]);
        let excess = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..excess);
        self.taken += count;
        if !ended {
            return false;
        }
        self.state = match announcement(trim_line(&self.tail)) {
            Some(a) if !a.synchronising => State::DropLiteral { left: a.size },
            _ => State::Line,
        };
        self.tail = Vec::new();
        true
    }
}

fn trim_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// `{n}`, `{n+}`, `~{n}` or `~{n+}` at the end of a line.
pub(crate) fn announcement(line: &[u8]) -> Option<Announced> {
    let inner = line.strip_suffix(b"}")?;
    let (inner, synchronising) = match inner.strip_suffix(b"+") {
        Some(inner) => (inner, false),
        None => (inner, true),
    };
    let digits = inner.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 19 {
        return None;
    }
    let (head, number) = inner.split_at(inner.len() - digits);
    let head = head.strip_suffix(b"{")?;
    let size = number.iter().fold(0u64, |size, digit| size.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(Announced { size, synchronising, binary: head.ends_with(b"~") })
}
