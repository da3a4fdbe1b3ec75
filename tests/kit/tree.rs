//! IMAP responses as trees of atoms, strings and lists, read leniently: a test's own eyes, not the product's parser.

/// One value of an IMAP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An atom, number, flag or section (`BODY[HEADER.FIELDS (From)]<0>` is one atom).
    Atom(Vec<u8>),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    /// A parenthesised list.
    List(Vec<Node>),
}

impl Node {
    /// Whether this is the atom NIL.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Atom(atom) if atom.eq_ignore_ascii_case(b"NIL"))
    }

    /// The bytes of an atom or string; `None` for a list.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Atom(bytes) | Self::Text(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }

    /// The items of a list; empty for anything else.
    pub fn items(&self) -> &[Node] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// An atom or string as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes().unwrap_or_default()).into_owned()
    }

    /// An atom as a number.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Atom(atom) => std::str::from_utf8(atom).ok()?.parse().ok(),
            _ => None,
        }
    }
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Atom(atom) => write!(f, "{}", String::from_utf8_lossy(atom)),
            Self::Text(text) => write!(f, "\"{}\"", text.escape_ascii()),
            Self::List(items) => {
                write!(f, "(")?;
                for (index, item) in items.iter().enumerate() {
                    let blank = if index == 0 { "" } else { " " };
                    write!(f, "{blank}{item}")?;
                }
                write!(f, ")")
            }
        }
    }
}

/// How quoted strings are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// As on the wire: a backslash takes the next byte.
    Wire,
    /// As in a transcript: also `\r`, `\n`, `\t` and `\xHH`.
    Transcript,
}

/// Reads all values of `bytes`; the reason when they are not well formed.
pub fn parse(bytes: &[u8], quoting: Quoting) -> Result<Vec<Node>, String> {
    let mut reader = Reader { bytes, at: 0, quoting };
    let nodes = reader.items(0)?;
    if reader.at < bytes.len() {
        return Err(format!("a ')' too many at byte {}", reader.at));
    }
    Ok(nodes)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    quoting: Quoting,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, String> {
        if depth > 200 {
            return Err("too deep".to_owned());
        }
        let mut items = Vec::new();
        loop {
            match self.peek() {
                None | Some(b')') => return Ok(items),
                Some(b' ' | b'\r' | b'\n') => self.at += 1,
                Some(b'(') => {
                    self.at += 1;
                    let list = self.items(depth + 1)?;
                    if self.peek() != Some(b')') {
                        return Err("a list does not end".to_owned());
                    }
                    self.at += 1;
                    items.push(Node::List(list));
                }
                Some(b'"') => items.push(Node::Text(self.quoted()?)),
                Some(b'{') | Some(b'~') if self.literal_length().is_some() => {
                    let (start, length) = self.literal_length().ok_or("a literal")?;
                    let end = start + length;
                    let text = self.bytes.get(start..end).ok_or("a literal is cut short")?;
                    self.at = end;
                    items.push(Node::Text(text.to_vec()));
                }
                Some(_) => items.push(Node::Atom(self.atom()?)),
            }
        }
    }

    /// The start and the length of the literal at this place.
    fn literal_length(&self) -> Option<(usize, usize)> {
        let rest = self.bytes.get(self.at..)?;
        let rest = rest.strip_prefix(b"~").unwrap_or(rest);
        let rest = rest.strip_prefix(b"{")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        let after = rest[digits..].strip_prefix(b"}\r\n")?;
        Some((self.bytes.len() - after.len(), length))
    }

    fn quoted(&mut self) -> Result<Vec<u8>, String> {
        self.at += 1;
        let mut text = Vec::new();
        loop {
            let byte = self.peek().ok_or("a quoted string does not end")?;
            self.at += 1;
            match byte {
                b'"' => return Ok(text),
                b'\\' => {
                    let byte = self.peek().ok_or("a quoted string does not end")?;
                    self.at += 1;
                    match (self.quoting, byte) {
                        (Quoting::Transcript, b'r') => text.push(b'\r'),
                        (Quoting::Transcript, b'n') => text.push(b'\n'),
                        (Quoting::Transcript, b't') => text.push(b'\t'),
                        (Quoting::Transcript, b'x') => {
                            let digits = self.bytes.get(self.at..self.at + 2).ok_or("\\x wants two digits")?;
                            let digits = std::str::from_utf8(digits).map_err(|error| error.to_string())?;
                            text.push(u8::from_str_radix(digits, 16).map_err(|error| error.to_string())?);
                            self.at += 2;
                        }
                        _ => text.push(byte),
                    }
                }
                _ => text.push(byte),
            }
        }
    }

    /// An atom; inside `[…]` blanks, parentheses and strings belong to it, as in a FETCH section.
    fn atom(&mut self) -> Result<Vec<u8>, String> {
        let start = self.at;
        let mut brackets = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'[' => brackets += 1,
                b']' => brackets = brackets.saturating_sub(1),
                b'"' if brackets > 0 => {
                    self.quoted()?;
                    continue;
                }
                b' ' | b'(' | b')' | b'"' | b'\r' | b'\n' if brackets == 0 => break,
                _ => {}
            }
            self.at += 1;
        }
        if brackets > 0 {
            return Err("a '[' is not closed".to_owned());
        }
        Ok(self.bytes[start..self.at].to_vec())
    }
}
