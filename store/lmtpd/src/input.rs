//! The bytes that a client has sent and that are not used up yet.

use bytes::{Buf, BytesMut};

/// Longest command line, with its line end. RFC 5321 asks for 512 and more for parameters.
pub(crate) const LONGEST_LINE: usize = 4096;

/// Reads are this large while a message comes in, and small while commands do.
pub(crate) const DATA_READ: usize = 64 * 1024;
pub(crate) const COMMAND_READ: usize = 4 * 1024;

/// What is next in the buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A whole line, without its CRLF.
    Whole(BytesMut),
    /// A line that ended with a bare LF.
    BareLf,
    /// A line longer than allowed; it has been thrown away to its end.
    TooLong,
    /// The end of the line has not come yet.
    Incomplete,
}

/// Buffered input.
#[derive(Debug, Default)]
pub(crate) struct Input {
    pub(crate) buffer: BytesMut,
    /// Bytes at the front of the buffer known to hold no LF.
    scanned: usize,
    /// Inside a line that is being thrown away.
    skipping: bool,
}

impl Input {
    /// Takes the next command line out of the buffer.
    pub(crate) fn line(&mut self) -> Line {
        let found = memchr::memchr(b'\n', &self.buffer[self.scanned..]).map(|at| self.scanned + at);
        self.scanned = 0;
        let Some(end) = found else {
            if self.buffer.len() >= LONGEST_LINE {
                self.skipping = true;
            }
            if self.skipping {
                self.buffer.clear();
            }
            self.scanned = self.buffer.len();
            return Line::Incomplete;
        };
        let mut line = self.buffer.split_to(end + 1);
        if std::mem::take(&mut self.skipping) || line.len() > LONGEST_LINE {
            return Line::TooLong;
        }
        if !line.ends_with(b"\r\n") {
            return Line::BareLf;
        }
        line.truncate(end - 1);
        Line::Whole(line)
    }

    /// Takes bytes off the front.
    pub(crate) fn consume(&mut self, count: usize) {
        self.buffer.advance(count);
        self.scanned = 0;
    }
}
