//! Reads the tokens of a command: atoms, strings, numbers (RFC 3501 §4 and §9).

use std::borrow::Cow;

use crate::error::{Result, WireError};

/// What a client has enabled that changes how its strings are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// RFC 3501: mailbox names in modified UTF-7.
    #[default]
    Utf7,
    /// IMAP4rev2 or UTF8=ACCEPT: UTF-8 in quoted strings and mailbox names (RFC 9051 §4.3, §5.1; RFC 6855 §3).
    Utf8,
}

/// A place in the text of one command, literals inline.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    dialect: Names,
}

/// ATOM-CHAR: any CHAR but `( ) { SP CTL % * " \ ]`.
pub fn is_atom_char(byte: u8) -> bool {
    is_astring_char(byte) && byte != b']'
}

/// ASTRING-CHAR: ATOM-CHAR or `]`.
pub fn is_astring_char(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\')
}

impl<'a> Cursor<'a> {
    /// At the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, dialect: Names::Utf7 }
    }

    /// At the start of what a client has written in a dialect.
    pub fn speaking(bytes: &'a [u8], dialect: Names) -> Self {
        Self { bytes, at: 0, dialect }
    }

    /// How strings are read.
    pub fn dialect(&self) -> Names {
        self.dialect
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next byte, not taken.
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Takes `byte` if it is next.
    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes `byte` or fails.
    pub fn need(&mut self, byte: u8, text: &'static str) -> Result<()> {
        if self.eat(byte) { Ok(()) } else { Err(WireError::bad(text)) }
    }

    /// One space. More than one is not IMAP.
    pub fn space(&mut self) -> Result<()> {
        self.need(b' ', "Expected a space and an argument")
    }

    /// The end of the command.
    pub fn end(&self) -> Result<()> {
        if self.rest().is_empty() { Ok(()) } else { Err(WireError::bad("Unexpected text after the command")) }
    }

    /// Takes `word` if it is next, in any case, and not a part of a longer atom.
    pub fn eat_word(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let found = rest.len() >= word.len()
            && rest[..word.len()].eq_ignore_ascii_case(word.as_bytes())
            && rest.get(word.len()).is_none_or(|byte| !is_atom_char(*byte));
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes `prefix` if it is next, in any case.
    pub fn eat_prefix(&mut self, prefix: &str) -> bool {
        let rest = self.rest();
        let found = rest.len() >= prefix.len() && rest[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes());
        if found {
            self.at += prefix.len();
        }
        found
    }

    /// Takes bytes while `keep` says so; may be empty.
    pub fn run(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let count = rest.iter().position(|byte| !keep(*byte)).unwrap_or(rest.len());
        self.at += count;
        &rest[..count]
    }

    /// An atom.
    pub fn atom(&mut self) -> Result<&'a [u8]> {
        match self.run(is_atom_char) {
            [] => Err(WireError::bad("Expected an atom")),
            atom => Ok(atom),
        }
    }

    /// An atom as upper-case text, for a keyword of the grammar.
    pub fn keyword(&mut self) -> Result<String> {
        Ok(self.atom()?.iter().map(|byte| char::from(byte.to_ascii_uppercase())).collect())
    }

    /// number: 0 to 4,294,967,295.
    pub fn number(&mut self) -> Result<u32> {
        let number = self.number64()?;
        u32::try_from(number).map_err(|_| WireError::bad("Number too large"))
    }

    /// nz-number.
    pub fn nz_number(&mut self) -> Result<u32> {
        match self.number()? {
            0 => Err(WireError::bad("Number must not be zero")),
            number => Ok(number),
        }
    }

    /// number64 of RFC 9051, mod-sequence-value of RFC 7162: up to 2^63 - 1.
    pub fn number64(&mut self) -> Result<u64> {
        let digits = self.run(|byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return Err(WireError::bad("Expected a number"));
        }
        let number =
            digits.iter().try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
        number.filter(|number| *number < 1 << 63).ok_or(WireError::bad("Number too large"))
    }

    /// string: quoted or literal. Octets above 127 are taken in a quoted string too, as clients send them.
    pub fn string(&mut self) -> Result<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(Cow::Borrowed),
            _ => Err(WireError::bad("Expected a string")),
        }
    }

    /// astring: an atom that may hold `]`, or a string.
    pub fn astring(&mut self) -> Result<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            _ => match self.run(is_astring_char) {
                [] => Err(WireError::bad("Expected an atom or a string")),
                atom => Ok(Cow::Borrowed(atom)),
            },
        }
    }

    /// nstring: a string or NIL.
    pub fn nstring(&mut self) -> Result<Option<Cow<'a, [u8]>>> {
        if self.eat_word("NIL") { Ok(None) } else { self.string().map(Some) }
    }

    /// list-mailbox: a name with wildcards.
    pub fn list_mailbox(&mut self) -> Result<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            _ => match self.run(|byte| is_astring_char(byte) || matches!(byte, b'%' | b'*')) {
                [] => Err(WireError::bad("Expected a mailbox pattern")),
                pattern => Ok(Cow::Borrowed(pattern)),
            },
        }
    }

    fn quoted(&mut self) -> Result<Cow<'a, [u8]>> {
        let rest = &self.rest()[1..];
        let mut owned: Option<Vec<u8>> = None;
        let mut at = 0;
        while let Some(&byte) = rest.get(at) {
            match byte {
                b'"' => {
                    // RFC 6855 §3: what is not UTF-8 is a syntax error then.
                    if self.dialect == Names::Utf8 && std::str::from_utf8(&rest[..at]).is_err() {
                        return Err(WireError::bad("Quoted string is not UTF-8"));
                    }
                    self.at += at + 2;
                    return Ok(owned.map_or(Cow::Borrowed(&rest[..at]), Cow::Owned));
                }
                b'\\' => {
                    let Some(&escaped @ (b'"' | b'\\')) = rest.get(at + 1) else {
                        return Err(WireError::bad(
                            "Only a quote or a backslash may follow a backslash in a quoted string",
                        ));
                    };
                    owned.get_or_insert_with(|| rest[..at].to_vec()).push(escaped);
                    at += 2;
                }
                b'\r' | b'\n' | 0 => return Err(WireError::bad("Invalid character in a quoted string")),
                byte => {
                    if let Some(owned) = &mut owned {
                        owned.push(byte);
                    }
                    at += 1;
                }
            }
        }
        Err(WireError::bad("Quoted string has no end"))
    }

    /// A literal that the splitter kept inline.
    pub fn literal(&mut self) -> Result<&'a [u8]> {
        let octets = self.octets()?;
        if memchr::memchr(0, octets).is_some() {
            return Err(WireError::bad("NUL in a literal"));
        }
        Ok(octets)
    }

    fn octets(&mut self) -> Result<&'a [u8]> {
        const BROKEN: WireError = WireError::bad("Invalid literal");
        self.need(b'{', "Expected a literal")?;
        let size = usize::try_from(self.number64().map_err(|_| BROKEN)?).map_err(|_| BROKEN)?;
        self.eat(b'+');
        self.need(b'}', BROKEN.text)?;
        self.eat(b'\r');
        self.need(b'\n', BROKEN.text)?;
        let octets = self.rest().get(..size).ok_or(BROKEN)?;
        self.at += size;
        Ok(octets)
    }

    /// A literal8 that the splitter kept inline: it may hold NUL (RFC 3516).
    pub fn literal8(&mut self) -> Result<&'a [u8]> {
        self.need(b'~', "Expected a literal8")?;
        self.octets()
    }

    /// `( item *(SP item) )`, one or more items.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.need(b'(', "Expected a parenthesized list")?;
        let mut items = vec![item(self)?];
        while self.eat(b' ') {
            items.push(item(self)?);
        }
        self.need(b')', "Expected a space or a closing parenthesis")?;
        Ok(items)
    }

    /// `( [item *(SP item)] )`: the list may be empty.
    pub fn list_or_empty<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if self.rest().starts_with(b"()") {
            self.at += 2;
            return Ok(Vec::new());
        }
        self.list(item)
    }
}
