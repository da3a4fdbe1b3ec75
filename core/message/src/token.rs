//! Lexical tokens of RFC 5322 §3.2 and RFC 2045 §5.1 in structured fields, obsolete and broken forms included.

/// What there is behind a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// More text.
    More,
    /// The end of the field.
    End,
    /// The token was not closed, or was not there.
    Broken,
}

impl After {
    pub(crate) fn more(self) -> bool {
        self == After::More
    }
}

/// A place in a field value. Every method moves forward only, so that a field is read in linear time.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    pub(crate) at: usize,
    /// The text of the comment skipped last, where the caller keeps comments: an old form of display names.
    pub(crate) comment: Option<Vec<u8>>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, comment: None }
    }

    pub(crate) fn keep_comments(mut self) -> Self {
        self.comment = Some(Vec::new());
        self
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(crate) fn is_at(&self, byte: u8) -> bool {
        self.peek() == Some(byte)
    }

    /// Passes over one byte, if there is one.
    pub(crate) fn step(&mut self) {
        self.at = self.text.len().min(self.at + 1);
    }

    fn after(&self) -> After {
        if self.at < self.text.len() { After::More } else { After::End }
    }

    /// Skips blanks, line breaks and comments.
    pub(crate) fn skip_cfws(&mut self) -> After {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'(' => {
                    if self.skip_comment() == After::Broken {
                        return After::Broken;
                    }
                }
                _ => break,
            }
        }
        self.after()
    }

    fn skip_comment(&mut self) -> After {
        let mut level = 0usize;
        let mut kept = Vec::new();
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => level += 1,
                b')' => level -= 1,
                b'\\' => {
                    let Some(quoted) = self.peek() else { break };
                    self.at += 1;
                    kept.push(quoted);
                    continue;
                }
                _ => {}
            }
            if level == 0 {
                if let Some(comment) = &mut self.comment {
                    kept.remove(0);
                    *comment = kept;
                }
                return self.after();
            }
            kept.push(byte);
        }
        After::Broken
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool, into: &mut Vec<u8>) -> usize {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|&byte| !belongs(byte)).unwrap_or(rest.len());
        into.extend_from_slice(&rest[..length]);
        self.at += length;
        length
    }

    /// An atom and the blanks behind it.
    pub(crate) fn atom(&mut self, into: &mut Vec<u8>) -> After {
        if self.take_while(is_atext, into) == 0 {
            return After::Broken;
        }
        self.skip_cfws()
    }

    /// Atoms with dots between them; blanks around the dots are dropped (RFC 5322 §4.4).
    pub(crate) fn dot_atom(&mut self, into: &mut Vec<u8>) -> After {
        loop {
            if self.take_while(is_atext, into) == 0 {
                return After::Broken;
            }
            match self.skip_cfws() {
                After::More if self.is_at(b'.') => {}
                other => return other,
            }
            self.at += 1;
            into.push(b'.');
            if self.skip_cfws() == After::Broken {
                return After::Broken;
            }
        }
    }

    /// Words with dots between them, some of which may be quoted; dots may stand anywhere, as they do
    /// in real addresses (RFC 5322 §4.4 obs-local-part).
    pub(crate) fn local_part(&mut self, into: &mut Vec<u8>) -> After {
        let mut after = After::Broken;
        loop {
            while self.is_at(b'.') {
                into.push(b'.');
                self.at += 1;
                after = self.after();
                if after == After::End {
                    return after;
                }
            }
            if self.is_at(b'@') {
                return after;
            }
            after = if self.is_at(b'"') { self.quoted_string(into) } else { self.atom(into) };
            if !(after.more() && self.is_at(b'.')) {
                return after;
            }
        }
    }

    /// A quoted string without its quotes and backslashes, and the blanks behind it.
    pub(crate) fn quoted_string(&mut self, into: &mut Vec<u8>) -> After {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => return self.skip_cfws(),
                b'\r' if self.is_at(b'\n') => {}
                b'\n' => {}
                b'\\' => match self.peek() {
                    Some(quoted) => {
                        into.push(quoted);
                        self.at += 1;
                    }
                    None => return After::Broken,
                },
                other => into.push(other),
            }
        }
        After::Broken
    }

    /// Words with one blank between them; dots count as atom text (RFC 5322 §4.1).
    pub(crate) fn phrase(&mut self, into: &mut Vec<u8>) -> After {
        match self.peek() {
            None => return After::End,
            Some(b'.') => return After::Broken,
            Some(_) => {}
        }
        loop {
            let after = if self.is_at(b'"') {
                self.quoted_string(into)
            } else {
                self.take_while(|byte| is_atext(byte) || byte == b'.', into);
                self.skip_cfws()
            };
            if !after.more() {
                return after;
            }
            if !self.peek().is_some_and(|byte| is_atext(byte) || matches!(byte, b'"' | b'.')) {
                return After::More;
            }
            into.push(b' ');
        }
    }

    /// From the `@`: a domain or a domain literal with its brackets.
    pub(crate) fn domain(&mut self, into: &mut Vec<u8>) -> After {
        self.at += 1;
        if !self.skip_cfws().more() {
            return After::Broken;
        }
        if !self.is_at(b'[') {
            return self.dot_atom(into);
        }
        let start = self.at;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' if self.peek().is_some() => self.at += 1,
                b']' => {
                    into.extend_from_slice(&self.text[start..self.at]);
                    return self.skip_cfws();
                }
                _ => {}
            }
        }
        After::Broken
    }

    /// A MIME token, which may be empty, and the blanks behind it.
    pub(crate) fn mime_token(&mut self, into: &mut Vec<u8>) -> After {
        self.take_while(is_mime_token, into);
        self.skip_cfws()
    }

    /// Text up to a blank or semicolon: a value that should have been quoted.
    pub(crate) fn unquoted_value(&mut self, into: &mut Vec<u8>) {
        self.take_while(|byte| !matches!(byte, b';' | b' ' | b'\t' | b'\r' | b'\n'), into);
    }
}

/// RFC 5322 atext, with all of 8-bit: raw UTF-8 names are common.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// RFC 2045 token: atext and dots without `/`, `?` and `=`.
fn is_mime_token(byte: u8) -> bool {
    (is_atext(byte) && !matches!(byte, b'/' | b'?' | b'=')) || byte == b'.'
}
