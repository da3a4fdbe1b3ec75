//! The one pass over a message that finds its parts (RFC 2046 §5.1, RFC 5322 §2).
//!
//! Lines are looked at once, from the front. A stack holds the boundaries of the open multiparts; a
//! line that begins with one of them ends everything inside it, however deep. Missing end boundaries,
//! boundaries inside a header, text before the first and after the last part are all read as what the
//! longest-standing servers make of them.

mod fields;

pub(crate) use fields::{Content, Envelope};

use crate::Limits;
use crate::digest::PartKind;
use crate::header::{is_blank, line_end};
use std::ops::Range;

/// Nesting that no limit may exceed, so that those who walk the tree may recurse.
const DEEPEST: usize = 200;

/// One part in the tree; children have higher indices than their parents.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) kind: PartKind,
    pub(crate) header: Range<usize>,
    pub(crate) body: Range<usize>,
    pub(crate) lines: u64,
    pub(crate) content: Content,
    /// Of the root and of every message in a message.
    pub(crate) envelope: Option<Envelope>,
    pub(crate) children: Vec<usize>,
    parent: Option<usize>,
    depth: usize,
    digest: bool,
    line_feeds_before: u64,
}

/// Finds all parts of `message`. The first is the message itself.
pub(crate) fn scan(message: &[u8], limits: &Limits) -> Vec<Part> {
    let mut scanner = Scanner {
        message,
        limits: *limits,
        parts: Vec::new(),
        boundaries: Vec::new(),
        finder: memchr::memmem::Finder::new(b"\n--"),
        counted_to: 0,
        line_feeds: 0,
    };
    scanner.run();
    scanner.parts
}

/// A boundary of an open multipart.
struct Boundary {
    text: Vec<u8>,
    part: usize,
}

/// A line that ends parts.
struct BoundaryLine {
    /// Where the parts end: before the line break that belongs to the boundary.
    content_end: usize,
    line_start: usize,
    /// Index into the stack of boundaries.
    index: usize,
    /// `--boundary--`
    closing: bool,
}

struct Scanner<'a> {
    message: &'a [u8],
    limits: Limits,
    parts: Vec<Part>,
    boundaries: Vec<Boundary>,
    finder: memchr::memmem::Finder<'static>,
    counted_to: usize,
    line_feeds: u64,
}

/// What comes next, and where.
enum Step {
    /// The header of a new part below this one.
    Header {
        parent: Option<usize>,
        at: usize,
    },
    /// The body, or the rest of the body, of this part.
    Body {
        part: usize,
        at: usize,
    },
    Done,
}

impl Scanner<'_> {
    fn run(&mut self) {
        let mut step = Step::Header { parent: None, at: 0 };
        loop {
            step = match step {
                Step::Header { parent, at } => self.read_header(parent, at),
                Step::Body { part, at } => self.read_body(part, at),
                Step::Done => return,
            };
        }
    }

    /// Line feeds before `at`; asked for rising places only, so that each byte is counted once.
    fn line_feeds_before(&mut self, at: usize) -> u64 {
        if at > self.counted_to {
            self.line_feeds += memchr::memchr_iter(b'\n', &self.message[self.counted_to..at]).count() as u64;
            self.counted_to = at;
        }
        self.line_feeds
    }

    fn read_header(&mut self, parent: Option<usize>, start: usize) -> Step {
        let (header_end, stopped_by) = self.find_header_end(start);
        let complete = stopped_by.is_none() && self.message[start..header_end].ends_with(b"\n");
        let below = parent.map(|parent| &self.parts[parent]);
        let depth = below.map_or(0, |part| part.depth + 1);
        let in_multipart = below.is_some_and(|part| part.kind == PartKind::Multipart);
        let in_digest = below.is_some_and(|part| part.digest);

        let readable = header_end.min(start.saturating_add(self.limits.header_bytes));
        let fields = fields::read(&self.message[start..readable], in_multipart, in_digest);
        let mut content = fields.content;
        if parent.is_none() {
            content.normalise_default();
        }
        let mut kind = content.kind();
        let may_open = depth < self.limits.depth.min(DEEPEST) && self.parts.len() < self.limits.parts;
        if matches!(kind, PartKind::Message | PartKind::Multipart) && !may_open {
            content.make_opaque();
            kind = PartKind::Basic;
        }

        let index = self.parts.len();
        let line_feeds_before = self.line_feeds_before(header_end);
        self.parts.push(Part {
            kind,
            header: start..header_end,
            body: header_end..header_end,
            lines: 0,
            digest: kind == PartKind::Multipart && content.subtype.eq_ignore_ascii_case(b"digest"),
            envelope: (!in_multipart).then_some(fields.envelope),
            content,
            children: Vec::new(),
            parent,
            depth,
            line_feeds_before,
        });
        if let Some(parent) = parent {
            self.parts[parent].children.push(index);
        }
        match (kind, stopped_by) {
            // The message in it begins at once, and sees the same boundary.
            (PartKind::Message, stopped_by) => {
                if let Some(line) = stopped_by {
                    self.add_empty_part(index, PartKind::Text);
                    return self.end_parts(self.parts.len() - 1, &line);
                }
                Step::Header { parent: Some(index), at: header_end }
            }
            (_, Some(line)) => self.end_parts(index, &line),
            (_, None) => {
                if kind == PartKind::Multipart
                    && complete
                    && let Some(text) = self.parts[index].content.boundary.take()
                {
                    self.boundaries.push(Boundary { text, part: index });
                }
                Step::Body { part: index, at: header_end }
            }
        }
    }

    /// Where the header that begins at `start` ends, and the boundary line that cut it short.
    fn find_header_end(&self, start: usize) -> (usize, Option<BoundaryLine>) {
        let mut at = start;
        while at < self.message.len() {
            let end = line_end(self.message, at);
            if is_blank(&self.message[at..end]) {
                return (end, None);
            }
            if let Some((index, closing)) = self.match_boundary(at) {
                let content_end = if at > start { self.before_line_break(at) } else { at };
                return (content_end, Some(BoundaryLine { content_end, line_start: at, index, closing }));
            }
            at = end;
        }
        (self.message.len(), None)
    }

    fn before_line_break(&self, line_start: usize) -> usize {
        let line_feed = line_start - 1;
        if line_feed > 0 && self.message[line_feed - 1] == b'\r' { line_feed - 1 } else { line_feed }
    }

    /// The open boundary that the line at `at` begins with: the longest, and of equal ones the innermost.
    fn match_boundary(&self, at: usize) -> Option<(usize, bool)> {
        let line = self.message[at..].strip_prefix(b"--")?;
        let mut best: Option<(usize, usize)> = None;
        for (index, boundary) in self.boundaries.iter().enumerate().rev() {
            if best.is_none_or(|(_, length)| boundary.text.len() > length) && line.starts_with(&boundary.text) {
                best = Some((index, boundary.text.len()));
            }
        }
        best.map(|(index, length)| (index, line[length..].starts_with(b"--")))
    }

    /// The next line from `start` on that ends parts. `start` begins a line of a body that began at `body_start`.
    fn find_boundary(&self, start: usize, body_start: usize) -> Option<BoundaryLine> {
        if self.boundaries.is_empty() {
            return None;
        }
        if let Some((index, closing)) = self.match_boundary(start) {
            // Behind the last boundary line of an inner multipart the line break still belongs to this one.
            let content_end = if start > body_start { self.before_line_break(start) } else { start };
            return Some(BoundaryLine { content_end, line_start: start, index, closing });
        }
        self.finder.find_iter(&self.message[start..]).find_map(|found| {
            let line_start = start + found + 1;
            let (index, closing) = self.match_boundary(line_start)?;
            let content_end = self.before_line_break(line_start).max(start);
            Some(BoundaryLine { content_end, line_start, index, closing })
        })
    }

    fn read_body(&mut self, part: usize, at: usize) -> Step {
        match self.find_boundary(at, self.parts[part].body.start) {
            Some(line) => self.end_parts(part, &line),
            None => {
                let end = self.message.len();
                let line_feeds = self.line_feeds_before(end);
                self.close(part, None, end, line_feeds);
                Step::Done
            }
        }
    }

    /// Ends `part` and its parents, up to and without `stop`.
    fn close(&mut self, part: usize, stop: Option<usize>, end: usize, line_feeds: u64) {
        let mut next = Some(part);
        while next != stop {
            let Some(index) = next else { return };
            if self.parts[index].kind == PartKind::Multipart && self.parts[index].children.is_empty() {
                self.add_empty_part(index, PartKind::Text);
            }
            let part = &mut self.parts[index];
            part.body.end = end.max(part.body.start);
            part.lines = line_feeds.saturating_sub(part.line_feeds_before);
            next = part.parent;
        }
    }

    fn end_parts(&mut self, part: usize, line: &BoundaryLine) -> Step {
        let owner = self.boundaries[line.index].part;
        let line_feeds = self.line_feeds_before(line.line_start) - u64::from(line.content_end < line.line_start);
        self.close(part, Some(owner), line.content_end, line_feeds);
        self.boundaries.truncate(line.index + usize::from(!line.closing));
        let next_line = line_end(self.message, line.line_start);
        let has_next_line = self.message[..next_line].ends_with(b"\n");
        if !line.closing && has_next_line {
            if self.parts.len() < self.limits.parts {
                return Step::Header { parent: Some(owner), at: next_line };
            }
            self.boundaries.clear();
        }
        Step::Body { part: owner, at: next_line }
    }

    /// A multipart without parts is shown as having one empty text part, as IMAP's grammar wants one.
    fn add_empty_part(&mut self, parent: usize, kind: PartKind) {
        let at = self.parts[parent].body.start;
        let index = self.parts.len();
        self.parts.push(Part {
            kind,
            header: at..at,
            body: at..at,
            lines: 0,
            content: Content::default(),
            envelope: (self.parts[parent].kind == PartKind::Message).then(Envelope::default),
            children: Vec::new(),
            parent: Some(parent),
            depth: self.parts[parent].depth + 1,
            digest: false,
            line_feeds_before: self.parts[parent].line_feeds_before,
        });
        self.parts[parent].children.push(index);
    }
}
