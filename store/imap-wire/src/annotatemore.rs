//! GETANNOTATION and SETANNOTATION of the ANNOTATEMORE drafts, which METADATA (RFC 5464) came of (reference §8: X-ANNOTATEMORE).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::mailbox;
use crate::metadata;

/// The arguments of GETANNOTATION.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetAnnotationArgs {
    /// A mailbox or a pattern of mailboxes; empty for the server.
    pub mailbox: String,
    /// Entries in small letters, with `*` and `%` as wildcards: `/comment`.
    pub entries: Vec<String>,
    /// Attributes in small letters, with wildcards: `value.priv`.
    pub attributes: Vec<String>,
}

/// The arguments of SETANNOTATION.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAnnotationArgs {
    /// A mailbox or a pattern of mailboxes; empty for the server.
    pub mailbox: String,
    /// Entries as METADATA names them, with their values.
    pub values: Vec<metadata::EntryValue>,
}

/// Most entries or attributes of one command.
const MOST: usize = 100;

impl GetAnnotationArgs {
    /// Reads what follows the command's name and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let mailbox = mailbox::parse_pattern(cursor)?;
        cursor.space()?;
        let entries = patterns(cursor)?;
        cursor.space()?;
        Ok(Self { mailbox, entries, attributes: patterns(cursor)? })
    }
}

/// One string or several in parentheses.
fn patterns(cursor: &mut Cursor<'_>) -> Result<Vec<String>> {
    let pattern = |cursor: &mut Cursor<'_>| {
        let text = cursor.list_mailbox()?;
        let text = std::str::from_utf8(&text).map_err(|_| WireError::bad("Entry name is not UTF-8"))?;
        if text.len() > metadata::LONGEST_ENTRY {
            return Err(WireError::limit("Entry name is too long"));
        }
        Ok(text.to_ascii_lowercase())
    };
    let patterns = if cursor.peek() == Some(b'(') { cursor.list(pattern)? } else { vec![pattern(cursor)?] };
    if patterns.len() > MOST { Err(WireError::limit("Too many entries")) } else { Ok(patterns) }
}

impl SetAnnotationArgs {
    /// Reads what follows the command's name and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let mailbox = mailbox::parse_pattern(cursor)?;
        cursor.space()?;
        let mut values = Vec::new();
        if cursor.peek() == Some(b'(') {
            cursor.list(|cursor| entry(cursor, &mut values))?;
        } else {
            entry(cursor, &mut values)?;
        }
        if values.len() > MOST { Err(WireError::limit("Too many entries")) } else { Ok(Self { mailbox, values }) }
    }
}

/// `"/comment" ("value.priv" "text" "value.shared" NIL)`
fn entry(cursor: &mut Cursor<'_>, values: &mut Vec<metadata::EntryValue>) -> Result<()> {
    let name = cursor.astring()?;
    let name = std::str::from_utf8(&name).map_err(|_| WireError::bad("Entry name is not UTF-8"))?.to_owned();
    cursor.space()?;
    cursor.list(|cursor| {
        let attribute = cursor.astring()?.to_ascii_lowercase();
        let root = match attribute.as_slice() {
            b"value.priv" => "/private",
            b"value.shared" => "/shared",
            _ => return Err(WireError { refusal: crate::Refusal::No, text: "Unknown annotation attribute" }),
        };
        let full = metadata::checked_entry(&format!("{root}{name}"))?;
        cursor.space()?;
        values.push((full, cursor.nstring()?.map(std::borrow::Cow::into_owned)));
        Ok(())
    })?;
    Ok(())
}
