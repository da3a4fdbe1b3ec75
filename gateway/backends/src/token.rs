//! Reading the inside of a response: atoms, strings, literals, lists (RFC 3501 §9).
//!
//! Written here because `imap-proto` gives quoted strings back with their backslashes, replaces bytes that are not
//! UTF-8, and knows no PREVIEW: real mail needs the very bytes.

use std::borrow::Cow;

use bytes::Bytes;

/// The response is not what the grammar says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Malformed;

/// A position in one whole response.
#[derive(Clone)]
pub(crate) struct Tokens<'a> {
    data: &'a Bytes,
    at: usize,
}

type Read<T> = Result<T, Malformed>;

impl<'a> Tokens<'a> {
    /// Starts at `at`.
    pub(crate) fn new(data: &'a Bytes, at: usize) -> Self {
        Self { data, at }
    }

    /// The next byte.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    /// Takes `byte` if it comes next.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// `byte` must come next.
    pub(crate) fn expect(&mut self, byte: u8) -> Read<()> {
        if self.take(byte) { Ok(()) } else { Err(Malformed) }
    }

    /// Passes blanks.
    pub(crate) fn space(&mut self) {
        while self.take(b' ') {}
    }

    /// Number of bytes left, the line end included.
    pub(crate) fn remaining(&self) -> usize {
        self.data.len().saturating_sub(self.at)
    }

    /// What is left of the response, without the line end.
    pub(crate) fn rest(&self) -> &'a [u8] {
        let rest = self.data.get(self.at..).unwrap_or_default();
        rest.strip_suffix(b"\r\n").or_else(|| rest.strip_suffix(b"\n")).unwrap_or(rest)
    }

    /// Bytes up to a blank, a parenthesis or the line end; may be empty.
    pub(crate) fn atom(&mut self) -> &'a [u8] {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let length =
            rest.iter().position(|b| matches!(b, b' ' | b'(' | b')' | b'\r' | b'\n' | b'"')).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// The name of a FETCH item with its section: `UID`, `BODY[1.2]<0>`, `BODY[HEADER.FIELDS (A B)]`.
    pub(crate) fn item_name(&mut self) -> &'a [u8] {
        let start = self.at;
        let mut inside = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'[' => inside = true,
                b']' => inside = false,
                b' ' | b'(' | b')' if !inside => break,
                b'\r' | b'\n' => break,
                _ => {}
            }
            self.at += 1;
        }
        &self.data[start..self.at]
    }

    /// A number.
    pub(crate) fn number(&mut self) -> Read<u64> {
        let start = self.at;
        let mut number: u64 = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit - b'0'))).ok_or(Malformed)?;
            self.at += 1;
        }
        if self.at > start { Ok(number) } else { Err(Malformed) }
    }

    /// A number of 32 bits.
    pub(crate) fn number32(&mut self) -> Read<u32> {
        u32::try_from(self.number()?).map_err(|_| Malformed)
    }

    /// The bytes of a literal, shared with the response.
    fn literal(&mut self) -> Read<Bytes> {
        self.take(b'~');
        self.expect(b'{')?;
        let length = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        self.take(b'+');
        self.expect(b'}')?;
        self.take(b'\r');
        self.expect(b'\n')?;
        let end = self.at.checked_add(length).filter(|end| *end <= self.data.len()).ok_or(Malformed)?;
        let bytes = self.data.slice(self.at..end);
        self.at = end;
        Ok(bytes)
    }

    fn quoted(&mut self) -> Read<Cow<'a, [u8]>> {
        self.expect(b'"')?;
        let start = self.at;
        let rest = &self.data[start..];
        let end = memchr::memchr2(b'"', b'\\', rest).ok_or(Malformed)?;
        if rest[end] == b'"' {
            self.at = start + end + 1;
            return Ok(Cow::Borrowed(&rest[..end]));
        }
        let mut text = rest[..end].to_vec();
        self.at = start + end;
        loop {
            match self.peek().ok_or(Malformed)? {
                b'"' => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                b'\\' => {
                    text.push(*self.data.get(self.at + 1).ok_or(Malformed)?);
                    self.at += 2;
                }
                byte => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    /// Whether a literal comes next. `~{` starts a literal8 (RFC 3516); any other `~` an atom.
    fn at_literal(&self) -> bool {
        let rest = self.data.get(self.at..).unwrap_or_default();
        rest.starts_with(b"{") || rest.starts_with(b"~{")
    }

    /// A quoted string or a literal; an atom is taken too, since servers differ.
    pub(crate) fn string(&mut self) -> Read<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(_) if self.at_literal() => {
                let end = self.literal()?.len();
                Ok(Cow::Borrowed(&self.data[self.at - end..self.at]))
            }
            _ => {
                let atom = self.atom();
                if atom.is_empty() { Err(Malformed) } else { Ok(Cow::Borrowed(atom)) }
            }
        }
    }

    /// A string or NIL.
    pub(crate) fn nstring(&mut self) -> Read<Option<Cow<'a, [u8]>>> {
        if self.nil() { Ok(None) } else { self.string().map(Some) }
    }

    /// A string or NIL as bytes shared with the response: how bodies are taken.
    pub(crate) fn nbytes(&mut self) -> Read<Option<Bytes>> {
        match self.peek() {
            Some(_) if self.at_literal() => self.literal().map(Some),
            _ => Ok(self.nstring()?.map(|text| Bytes::copy_from_slice(&text))),
        }
    }

    /// Takes NIL if it comes next.
    pub(crate) fn nil(&mut self) -> bool {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let there = rest.len() >= 3
            && rest[..3].eq_ignore_ascii_case(b"NIL")
            && matches!(rest.get(3), None | Some(b' ' | b'(' | b')' | b'\r' | b'\n'));
        self.at += if there { 3 } else { 0 };
        there
    }

    /// Passes one value of any kind, lists with all that is in them.
    pub(crate) fn skip(&mut self) -> Read<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek().ok_or(Malformed)? {
                b'(' => {
                    self.at += 1;
                    depth += 1;
                }
                b')' if depth > 0 => {
                    self.at += 1;
                    depth -= 1;
                }
                b' ' if depth > 0 => self.at += 1,
                b'"' => {
                    self.string()?;
                }
                _ if self.at_literal() => {
                    self.string()?;
                }
                _ => {
                    if self.item_name().is_empty() {
                        return Err(Malformed);
                    }
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}
