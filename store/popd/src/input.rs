//! What the client has sent and that is not used up yet, cut into lines (RFC 1939 §3; RFC 2449 §4).

use auth::sasl;

/// Longest command with its line end (RFC 2449 §4).
const LONGEST_COMMAND: usize = 255;
/// Longest line of an authentication exchange; an initial response comes with its command (RFC 5034 §4).
const LONGEST_SASL: usize = sasl::MAX_ENCODED + 64;

/// What is expected, which decides how long it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A command.
    Command,
    /// The answer to a challenge.
    Answer,
}

/// What is next in the input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A whole line, without its line end. A bare LF is taken for one, for people at a terminal.
    Whole(Vec<u8>),
    /// A line longer than allowed; it has been thrown away to its end, but for its beginning, a command's length at most.
    TooLong(Vec<u8>),
    /// The end of the line has not come yet.
    Incomplete,
}

/// Buffered input. It never holds more than one read and one unfinished line.
#[derive(Debug, Default)]
pub(crate) struct Input {
    buffer: Vec<u8>,
    /// The beginning of a line that is being thrown away.
    skipping: Option<Vec<u8>>,
}

impl Input {
    /// Adds what was read.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes the next line.
    pub(crate) fn line(&mut self, expected: Expected) -> Line {
        let longest = match expected {
            Expected::Command if !self.begins_with(b"AUTH ") => LONGEST_COMMAND,
            _ => LONGEST_SASL,
        };
        let Some(end) = memchr::memchr(b'\n', &self.buffer) else {
            if self.buffer.len() >= longest || self.skipping.is_some() {
                self.skipping.get_or_insert_with(|| beginning(&self.buffer));
                self.buffer.clear();
            }
            return Line::Incomplete;
        };
        let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
        if let Some(begun) = self.skipping.take() {
            return Line::TooLong(begun);
        }
        if line.len() > longest {
            return Line::TooLong(beginning(&line));
        }
        line.truncate(if line.ends_with(b"\r\n") { end - 1 } else { end });
        Line::Whole(line)
    }

    /// Forgets everything: what came before a TLS handshake must not be obeyed after it (RFC 2595 §4).
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Gives memory back.
    pub(crate) fn shrink(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = Vec::new();
        }
    }

    fn begins_with(&self, word: &[u8]) -> bool {
        self.buffer.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
    }
}

fn beginning(line: &[u8]) -> Vec<u8> {
    line[..line.len().min(LONGEST_COMMAND)].to_vec()
}
