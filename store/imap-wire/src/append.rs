//! APPEND, read piece by piece so that messages of any size are streamed (RFC 3501 §6.3.11; RFC 3502 for several messages).
//!
//! The splitter stops at each literal announcement. [`parse_head`] tells whether that literal is the message or still the name;
//! after a message has been streamed, [`parse_next`] reads what follows it.

use crate::cursor::Cursor;
use crate::date;
use crate::error::{Result, WireError};
use crate::flag::FlagList;
use crate::frame::{Announced, announcement};
use crate::mailbox;

/// What stands before a message literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageHead {
    /// The flags to set.
    pub flags: FlagList,
    /// The internal date in seconds since 1970; `None` for now.
    pub internal_date: Option<i64>,
    /// The literal that follows.
    pub literal: Announced,
}

/// A command's text up to a literal, when the command is APPEND.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// The literal is a message.
    Message {
        /// The command's tag.
        tag: String,
        /// Where the message goes.
        mailbox: String,
        /// Its flags, date and size.
        message: MessageHead,
    },
    /// The literal is the mailbox name: keep it.
    Name,
}

/// What follows a message of APPEND.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The command ends here.
    End,
    /// Another message follows.
    Message(MessageHead),
}

/// Reads the text up to a literal announcement. `None` when the command is not APPEND.
/// An error comes with the tag that its response carries.
pub fn parse_head(text: &[u8]) -> Option<std::result::Result<Head, (String, WireError)>> {
    let mut cursor = Cursor::new(text);
    let tag = crate::command::tag(&mut cursor)?;
    if !cursor.eat(b' ') || !cursor.eat_word("APPEND") {
        return None;
    }
    Some(head_arguments(&mut cursor, &tag).map_err(|error| (tag, error)))
}

fn head_arguments(cursor: &mut Cursor<'_>, tag: &str) -> Result<Head> {
    cursor.space()?;
    // The announcement that ends the text is the name itself.
    if cursor.peek() == Some(b'{') && announcement(trim(cursor.rest())).is_some() && only_announcement(cursor.rest()) {
        return Ok(Head::Name);
    }
    let mailbox = mailbox::parse(cursor)?;
    cursor.space()?;
    let message = message_head(cursor)?;
    Ok(Head::Message { tag: tag.to_owned(), mailbox, message })
}

/// Reads what follows a streamed message: nothing, or the next message's head (MULTIAPPEND).
pub fn parse_next(text: &[u8]) -> Result<Next> {
    if text.is_empty() {
        return Ok(Next::End);
    }
    let mut cursor = Cursor::new(text);
    cursor.space()?;
    message_head(&mut cursor).map(Next::Message)
}

fn message_head(cursor: &mut Cursor<'_>) -> Result<MessageHead> {
    let mut flags = FlagList::default();
    if cursor.peek() == Some(b'(') {
        flags = FlagList::parse(cursor)?;
        cursor.space()?;
    }
    let mut internal_date = None;
    if cursor.peek() == Some(b'"') {
        internal_date = Some(date::parse_date_time(cursor)?);
        cursor.space()?;
    }
    let rest = cursor.rest();
    match announcement(trim(rest)) {
        Some(literal) if only_announcement(rest) => Ok(MessageHead { flags, internal_date, literal }),
        _ => Err(WireError::bad("Expected a message literal")),
    }
}

fn only_announcement(rest: &[u8]) -> bool {
    let rest = trim(rest.strip_prefix(b"~").unwrap_or(rest));
    rest.first() == Some(&b'{') && !rest[1..].contains(&b'{') && !rest.contains(&b'\n')
}

fn trim(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}
