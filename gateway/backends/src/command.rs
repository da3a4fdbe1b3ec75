//! Writing commands: the one door through which text gets into IMAP syntax (RFC 3501 §4.3, RFC 7888).
//!
//! Syntax is only ever `&'static str`; everything that comes from people or from other servers goes through
//! [`Command::string`], [`Command::mailbox`], [`Command::uids`] or [`Command::flags`], which quote, encode or refuse.

use std::fmt::Write;

use crate::{Error, Flag, UidSet};

/// Strings longer than this become literals: servers bound the length of a line.
const LONGEST_QUOTED: usize = 500;

/// Text before a literal, and the literal's bytes.
pub(crate) type Literal = (Vec<u8>, Vec<u8>);

/// A command without its tag.
#[derive(Debug)]
pub(crate) struct Command {
    literals: Vec<Literal>,
    tail: Vec<u8>,
}

impl Command {
    /// Starts with a verb and fixed arguments.
    pub(crate) fn new(syntax: &'static str) -> Self {
        Self { literals: Vec::new(), tail: syntax.as_bytes().to_vec() }
    }

    /// Fixed syntax.
    pub(crate) fn raw(mut self, syntax: &'static str) -> Self {
        self.tail.extend_from_slice(syntax.as_bytes());
        self
    }

    /// A number.
    pub(crate) fn number(mut self, number: u64) -> Self {
        self.tail.extend_from_slice(number.to_string().as_bytes());
        self
    }

    /// A UID set.
    pub(crate) fn uids(mut self, uids: &UidSet) -> Self {
        self.tail.extend_from_slice(uids.imap().as_bytes());
        self
    }

    /// A range of sequence numbers.
    pub(crate) fn range(mut self, from: u32, to: u32) -> Self {
        self.tail.extend_from_slice(format!("{from}:{to}").as_bytes());
        self
    }

    /// A section number such as `1.2`; anything else is refused.
    pub(crate) fn section(mut self, section: &str) -> Result<Self, Error> {
        let number =
            |n: &str| !n.is_empty() && n.len() < 10 && n.bytes().all(|b| b.is_ascii_digit()) && !n.starts_with('0');
        if !section.split('.').all(number) {
            return Err(Error::Invalid("part number"));
        }
        self.tail.extend_from_slice(section.as_bytes());
        Ok(self)
    }

    /// Any text: quoted if it is short printable ASCII, else a literal. NUL, CR and LF are refused.
    pub(crate) fn string(mut self, text: &str) -> Result<Self, Error> {
        let bytes = text.as_bytes();
        if bytes.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
            return Err(Error::Invalid("text: it holds NUL, CR or LF"));
        }
        if bytes.len() > LONGEST_QUOTED || !bytes.iter().all(|b| matches!(b, b' '..=b'~')) {
            self.literals.push((std::mem::take(&mut self.tail), bytes.to_vec()));
            return Ok(self);
        }
        let out = &mut self.tail;
        out.push(b'"');
        for byte in bytes {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        out.push(b'"');
        Ok(self)
    }

    /// A mailbox name in modified UTF-7.
    pub(crate) fn mailbox(self, name: &str) -> Result<Self, Error> {
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Error::Invalid("mailbox name"));
        }
        self.string(&utf7::encode(name))
    }

    /// A parenthesised list of flags.
    pub(crate) fn flags(mut self, flags: &[Flag]) -> Result<Self, Error> {
        let mut list = String::from("(");
        for flag in flags {
            let space = if list.len() > 1 { " " } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(list, "{space}{}", flag.atom()?);
        }
        list.push(')');
        self.tail.extend_from_slice(list.as_bytes());
        Ok(self)
    }

    /// A search key that asks for a flag.
    pub(crate) fn flag_key(mut self, flag: &Flag) -> Result<Self, Error> {
        let atom = flag.atom()?;
        let key = match atom.strip_prefix('\\') {
            Some(system) => format!(" {}", system.to_ascii_uppercase()),
            None => format!(" KEYWORD {atom}"),
        };
        self.tail.extend_from_slice(key.as_bytes());
        Ok(self)
    }

    /// A date-time for APPEND; `epoch` in seconds since 1970.
    pub(crate) fn date_time(mut self, epoch: i64) -> Result<Self, Error> {
        let at = time::OffsetDateTime::from_unix_timestamp(epoch).map_err(|_| Error::Invalid("date"))?;
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            [usize::from(u8::from(at.month()) - 1)];
        let (day, year, (h, m, s)) = (at.day(), at.year(), at.to_hms());
        let text = format!("\"{day:>2}-{month}-{year:04} {h:02}:{m:02}:{s:02} +0000\"");
        self.tail.extend_from_slice(text.as_bytes());
        Ok(self)
    }

    /// The texts that end in a literal with that literal, and the text after the last one.
    pub(crate) fn into_parts(self) -> (Vec<Literal>, Vec<u8>) {
        (self.literals, self.tail)
    }
}
