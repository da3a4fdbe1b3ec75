//! The end of a message after DATA, dot transparency, and what a message must not contain (RFC 5321 §4.5.2, §2.3.8).
//!
//! Only CRLF `.` CRLF ends a message. A line feed without its carriage return does not make a line, so nothing behind one can be
//! taken for the end by us and not by another server (SMTP smuggling); such a message is refused after its end, and so is one with
//! a NUL, which IMAP could not carry. A carriage return alone is kept as it is, and a line may be as long as the message.

use memchr::memchr;

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    BareLf,
    Nul,
}

/// Watches for faults; knows nothing of dots, so it serves BDAT as well.
#[derive(Debug, Default)]
pub(crate) struct Inspector {
    last: u8,
}

impl Inspector {
    /// Looks at the next bytes of the message. The first fault found is returned.
    pub(crate) fn look(&mut self, bytes: &[u8]) -> Option<Fault> {
        let mut before = self.last;
        self.last = *bytes.last()?;
        if memchr(0, bytes).is_some() {
            return Some(Fault::Nul);
        }
        let mut from = 0;
        while let Some(at) = memchr(b'\n', &bytes[from..]).map(|at| from + at) {
            if at > 0 {
                before = bytes[at - 1];
            }
            if before != b'\r' {
                return Some(Fault::BareLf);
            }
            from = at + 1;
        }
        None
    }
}

/// Undoes dot transparency and finds the end.
#[derive(Debug)]
pub(crate) struct DotReader {
    /// The last byte passed on; line starts are behind CRLF and at the beginning.
    last: u8,
    line_start: bool,
}

/// One step through the input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Input bytes that are done with; the rest must be offered again with more behind it.
    pub(crate) consumed: usize,
    /// The end of the message was among them.
    pub(crate) ended: bool,
}

impl DotReader {
    pub(crate) fn new() -> DotReader {
        DotReader { last: b'\n', line_start: true }
    }

    /// Reads `input` up to the end of the message or its own end, appending message bytes to `out`.
    pub(crate) fn read(&mut self, input: &[u8], out: &mut Vec<u8>) -> Step {
        let mut at = 0;
        // Start of the bytes that are to be copied in one piece.
        let mut run = 0;
        loop {
            if self.line_start {
                match &input[at..] {
                    [] => break,
                    [b'.'] | [b'.', b'\r'] => break,
                    [b'.', b'\r', b'\n', ..] => {
                        out.extend_from_slice(&input[run..at]);
                        return Step { consumed: at + 3, ended: true };
                    }
                    [b'.', ..] => {
                        out.extend_from_slice(&input[run..at]);
                        at += 1;
                        run = at;
                    }
                    _ => {}
                }
                self.line_start = false;
                self.last = b'\n';
            }
            let Some(found) = memchr(b'\n', &input[at..]) else {
                self.last = input.last().copied().filter(|_| at < input.len()).unwrap_or(self.last);
                at = input.len();
                break;
            };
            let before = if found > 0 { input[at + found - 1] } else { self.last };
            self.line_start = before == b'\r';
            self.last = b'\n';
            at += found + 1;
        }
        out.extend_from_slice(&input[run..at]);
        Step { consumed: at, ended: false }
    }
}
