//! A message as lines of a multi-line response: CRLF line ends, byte-stuffed (RFC 1939 §3).

/// Turns message bytes, given piece by piece, into response lines.
///
/// A bare LF becomes CRLF: many clients take it for a line end whatever a standard says, and one before a `.` would then end the response in the
/// middle of the message. What goes out is at most twice as long as what comes in.
#[derive(Debug)]
pub(crate) struct Stuffing {
    /// Body lines that may still go out; `None` without a limit.
    body_lines: Option<u64>,
    in_header: bool,
    /// Octets of the line that the last piece left unfinished.
    line_octets: u64,
    /// Whether that line so far ends with CR.
    ends_with_cr: bool,
}

impl Stuffing {
    /// `body_lines`: of the body that many lines only (TOP).
    pub(crate) fn new(body_lines: Option<u64>) -> Self {
        Self { body_lines, in_header: true, line_octets: 0, ends_with_cr: false }
    }

    /// Whether nothing more is wanted: the header and the body lines asked for are out.
    pub(crate) fn is_full(&self) -> bool {
        !self.in_header && self.body_lines == Some(0)
    }

    /// Writes a piece.
    pub(crate) fn write(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        while !piece.is_empty() && !self.is_full() {
            if self.line_octets == 0 && piece[0] == b'.' {
                out.push(b'.');
            }
            let line_feed = memchr::memchr(b'\n', piece);
            let text = &piece[..line_feed.unwrap_or(piece.len())];
            out.extend_from_slice(text);
            self.line_octets += text.len() as u64;
            if let Some(last) = text.last() {
                self.ends_with_cr = *last == b'\r';
            }
            match line_feed {
                Some(at) => {
                    out.extend_from_slice(if self.ends_with_cr { b"\n" } else { b"\r\n" });
                    self.line_ended();
                    piece = &piece[at + 1..];
                }
                None => return,
            }
        }
    }

    /// Ends the last line if the message did not, and the response.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.line_octets > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }

    fn line_ended(&mut self) {
        let is_blank = self.line_octets == u64::from(self.ends_with_cr);
        if self.in_header {
            self.in_header = !is_blank;
        } else if let Some(lines) = &mut self.body_lines {
            *lines -= 1;
        }
        self.line_octets = 0;
        self.ends_with_cr = false;
    }
}
