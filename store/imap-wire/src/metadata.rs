//! GETMETADATA and SETMETADATA (RFC 5464 §4, §5).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::mailbox;

/// How far below a named entry others are told (RFC 5464 §4.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Not at all.
    #[default]
    Zero,
    /// The entries right below it.
    One,
    /// All below it.
    Infinity,
}

/// The arguments of GETMETADATA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetMetadataArgs {
    /// The mailbox; empty for the server.
    pub mailbox: String,
    /// Entries in small letters.
    pub entries: Vec<String>,
    /// Longer values are left out.
    pub max_size: Option<u64>,
    /// What is told beside the entries.
    pub depth: Depth,
}

/// An entry with its new value, `None` to remove it.
pub type EntryValue = (String, Option<Vec<u8>>);

/// The arguments of SETMETADATA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMetadataArgs {
    /// The mailbox; empty for the server.
    pub mailbox: String,
    /// Entries in small letters with their values.
    pub values: Vec<EntryValue>,
}

/// Most entries of one command.
const MAX_ENTRIES: usize = 1000;
/// Longest name of an entry, in octets.
pub(crate) const LONGEST_ENTRY: usize = 1024;

impl GetMetadataArgs {
    /// Reads what follows the command's name and a space. Options may stand before the mailbox, as in the grammar, and behind it,
    /// as in the examples of RFC 5464.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let mut args = Self { mailbox: String::new(), entries: Vec::new(), max_size: None, depth: Depth::Zero };
        if cursor.peek() == Some(b'(') {
            args.options(cursor)?;
            cursor.space()?;
        }
        args.mailbox = mailbox::parse(cursor)?;
        cursor.space()?;
        let mut rest = cursor.rest().iter();
        if rest.next() == Some(&b'(') && rest.next().is_some_and(u8::is_ascii_alphabetic) {
            args.options(cursor)?;
            cursor.space()?;
        }
        args.entries = entries(cursor)?;
        Ok(args)
    }

    fn options(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        cursor.list(|cursor| {
            let option = cursor.keyword()?;
            cursor.space()?;
            match option.as_str() {
                "MAXSIZE" => self.max_size = Some(u64::from(cursor.number()?)),
                "DEPTH" => {
                    self.depth = match cursor.keyword()?.as_str() {
                        "0" => Depth::Zero,
                        "1" => Depth::One,
                        "INFINITY" => Depth::Infinity,
                        _ => return Err(WireError::bad("Unknown DEPTH")),
                    }
                }
                _ => return Err(WireError::bad("Unknown GETMETADATA option")),
            }
            Ok(())
        })?;
        Ok(())
    }
}

/// One entry or several, in parentheses or not.
fn entries(cursor: &mut Cursor<'_>) -> Result<Vec<String>> {
    let entries = match cursor.peek() {
        Some(b'(') => cursor.list(entry)?,
        _ => {
            let mut entries = vec![entry(cursor)?];
            while cursor.eat(b' ') {
                entries.push(entry(cursor)?);
            }
            entries
        }
    };
    if entries.len() > MAX_ENTRIES { Err(WireError::limit("Too many entries")) } else { Ok(entries) }
}

/// An entry's name in small letters: names compare in any case (RFC 5464 §3.2).
pub(crate) fn entry(cursor: &mut Cursor<'_>) -> Result<String> {
    let name = cursor.astring()?;
    checked(std::str::from_utf8(&name).map_err(|_| WireError::bad("Entry name is not UTF-8"))?)
}

/// The name of an entry that can have a value.
pub(crate) fn checked_entry(name: &str) -> Result<String> {
    let name = checked(name)?;
    if name.matches('/').count() < 2 { Err(WireError::bad("Invalid entry name")) } else { Ok(name) }
}

fn checked(name: &str) -> Result<String> {
    let name = name.to_ascii_lowercase();
    let known = |root: &str| name.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !known("/private") && !known("/shared") {
        return Err(WireError::bad("Entry names begin with /private or /shared"));
    }
    // RFC 5464 §3.2.
    let no_name = |byte: u8| !byte.is_ascii() || byte.is_ascii_control() || matches!(byte, b'*' | b'%');
    if name.bytes().any(no_name) || name.contains("//") || name.ends_with('/') {
        return Err(WireError::bad("Invalid entry name"));
    }
    if name.len() > LONGEST_ENTRY { Err(WireError::limit("Entry name is too long")) } else { Ok(name) }
}

impl SetMetadataArgs {
    /// Reads what follows the command's name and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let mailbox = mailbox::parse(cursor)?;
        cursor.space()?;
        let values = cursor.list(|cursor| {
            let name = entry(cursor)?;
            if name.matches('/').count() < 2 {
                return Err(WireError::bad("Invalid entry name"));
            }
            cursor.space()?;
            Ok((name, value(cursor)?))
        })?;
        if values.len() > MAX_ENTRIES {
            Err(WireError::limit("Too many entries"))
        } else {
            Ok(Self { mailbox, values })
        }
    }
}

/// nstring or literal8.
fn value(cursor: &mut Cursor<'_>) -> Result<Option<Vec<u8>>> {
    if cursor.peek() == Some(b'~') {
        return cursor.literal8().map(|octets| Some(octets.to_vec()));
    }
    Ok(cursor.nstring()?.map(std::borrow::Cow::into_owned))
}
