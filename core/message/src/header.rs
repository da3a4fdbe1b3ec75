//! Header fields as they stand in a message (RFC 5322 §2.2), with the faults that real mail has.

use std::borrow::Cow;

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The name without blanks before its colon. Of a line without colon it is the whole line.
    pub name: &'a [u8],
    /// Behind the colon, blanks trimmed in front; still folded, without the last line break.
    pub value: &'a [u8],
    /// The field as it stands, all its lines with their line breaks.
    pub raw: &'a [u8],
    /// Where `raw` begins in the slice that was given.
    pub offset: usize,
}

impl<'a> Header<'a> {
    /// Compares the name, case aside.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value on one line.
    pub fn unfolded(&self) -> Cow<'a, [u8]> {
        unfold(self.value)
    }
}

/// The fields of a header block, up to the blank line or the end.
pub fn headers(block: &[u8]) -> Headers<'_> {
    Headers { block, offset: 0 }
}

/// The first field of that name, case aside.
pub fn find<'a>(block: &'a [u8], name: &str) -> Option<Header<'a>> {
    headers(block).find(|field| field.is(name))
}

/// Behind the blank line that ends the header of `message`; its length where there is none.
pub fn header_end(message: &[u8]) -> usize {
    let mut at = 0;
    while at < message.len() {
        let end = line_end(message, at);
        if is_blank(&message[at..end]) {
            return end;
        }
        at = end;
    }
    message.len()
}

/// Takes the line breaks out of a folded value (RFC 5322 §2.2.3); the blanks behind them stay.
pub fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\r', b'\n', value).is_none() {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect())
}

/// Behind the line feed of the line that begins at `at`, or the end of the bytes.
pub(crate) fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found + 1)
}

/// A line that ends a header: nothing but its line break.
pub(crate) fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

/// See [`headers`].
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    block: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        let start = self.offset;
        if start >= self.block.len() {
            return None;
        }
        let mut end = line_end(self.block, start);
        if is_blank(&self.block[start..end]) {
            self.offset = self.block.len();
            return None;
        }
        while matches!(self.block.get(end), Some(b' ' | b'\t')) {
            end = line_end(self.block, end);
        }
        self.offset = end;
        let raw = &self.block[start..end];
        let text = raw.strip_suffix(b"\n").map_or(raw, |line| line.strip_suffix(b"\r").unwrap_or(line));
        // The colon has to be on the first line; a line without one is a name and nothing else.
        let first_line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
        let (name, value) = match memchr::memchr(b':', first_line) {
            Some(colon) => (text[..colon].trim_ascii_end(), trim_blanks_start(&text[colon + 1..])),
            None => (text, &text[text.len()..]),
        };
        Some(Header { name, value, raw, offset: start })
    }
}

/// Blanks only: a value that begins on the next line keeps its line break, as unfolding drops it anyway.
fn trim_blanks_start(value: &[u8]) -> &[u8] {
    let blanks = value.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &value[blanks..]
}
