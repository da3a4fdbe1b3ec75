//! APPEND and REPLACE, read piece by piece so that messages of any size are streamed (RFC 3501 §6.3.11; RFC 3502 for several
//! messages; RFC 4469 for CATENATE; RFC 6855 §4 for UTF8; RFC 8508 for REPLACE).
//!
//! The splitter stops at each literal announcement. [`parse_head`] reads up to the mailbox; then [`Parser`] says of each piece
//! of text what it means and what the literal behind it is. A literal that is a part of the syntax is kept, and the piece read again.

use crate::command::Numbers;
use crate::cursor::{Cursor, Names};
use crate::date;
use crate::error::{Result, WireError};
use crate::flag::FlagList;
use crate::frame::{Announced, announcement};
use crate::mailbox;
use crate::sequence::Number;

/// What a command of this kind does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// APPEND
    Append,
    /// REPLACE and UID REPLACE: the message that goes (RFC 8508 §3).
    Replace(Numbers, Number),
}

/// A command up to and with its mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The command's tag.
    pub tag: String,
    /// What it does.
    pub action: Action,
    /// Where the message goes.
    pub mailbox: String,
    /// Octets of the text that were read.
    pub read: usize,
}

/// A command's text up to a literal or its end, when the command is APPEND or REPLACE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// Everything up to the mailbox was read.
    Begun(Begun),
    /// The literal is the mailbox name: keep it.
    Name,
}

/// What the text says, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A message begins.
    Message {
        /// The flags to set.
        flags: FlagList,
        /// The internal date in seconds since 1970; `None` for now.
        internal_date: Option<date::DateTime>,
    },
    /// What an URL names belongs to the message (RFC 4469).
    Url(Vec<u8>),
    /// The announced literal is the message, or belongs to it.
    Literal(Announced, Content),
    /// The announced literal is a part of the syntax: keep it and read the text again. Nothing else was said.
    Keep,
    /// The message is complete.
    EndMessage,
    /// The command is complete.
    End,
}

/// What a streamed literal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A whole message.
    Whole,
    /// A piece of a message that is put together.
    Piece,
    /// Marked as having UTF-8 in its headers (RFC 6855 §4), whole or a piece.
    Utf8,
}

/// Reads the text up to a literal announcement or the command's end. `None` when the command is of another kind.
/// An error comes with the tag that its response carries.
pub fn parse_head(text: &[u8], dialect: Names) -> Option<std::result::Result<Head, (String, WireError)>> {
    let mut cursor = Cursor::speaking(text, dialect);
    let tag = crate::beginning::tag(&mut cursor)?;
    if !cursor.eat(b' ') {
        return None;
    }
    let verb = match () {
        () if cursor.eat_word("APPEND") => None,
        () if cursor.eat_word("REPLACE") => Some(Numbers::Sequence),
        () if cursor.eat_word("UID") && cursor.eat(b' ') && cursor.eat_word("REPLACE") => Some(Numbers::Uid),
        () => return None,
    };
    Some(head_arguments(&mut cursor, text, &tag, verb).map_err(|error| (tag, error)))
}

fn head_arguments(cursor: &mut Cursor<'_>, text: &[u8], tag: &str, replaces: Option<Numbers>) -> Result<Head> {
    cursor.space()?;
    let action = match replaces {
        None => Action::Append,
        Some(numbers) => {
            let number = Number::parse(cursor)?;
            cursor.space()?;
            Action::Replace(numbers, number)
        }
    };
    // The announcement that ends the text is the name itself.
    if announced(cursor.rest()).is_some() {
        return Ok(Head::Name);
    }
    let mailbox = mailbox::parse(cursor)?;
    if cursor.peek() != Some(b' ') {
        return Err(WireError::bad("Expected a message literal"));
    }
    let read = text.len() - cursor.rest().len();
    Ok(Head::Begun(Begun { tag: tag.to_owned(), action, mailbox, read }))
}

/// Where in the command the parser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before a message; the first one must come.
    First,
    /// A whole message was streamed.
    BehindLiteral,
    /// A message marked as UTF-8 was streamed: its parenthesis follows.
    BehindUtf8,
    /// Behind a complete message.
    Between,
    /// Behind `CATENATE (`.
    CatenateStart,
    /// Behind a piece.
    Catenate,
    /// Behind a piece marked as UTF-8.
    CatenateUtf8,
}

/// Reads what follows the mailbox, through all its literals.
#[derive(Debug, Clone)]
pub struct Parser {
    place: Place,
}

impl Default for Parser {
    fn default() -> Self {
        Self { place: Place::First }
    }
}

impl Parser {
    /// Reads a piece: the text behind the mailbox or behind the last streamed literal, up to the next announcement or the
    /// command's end.
    pub fn parse(&mut self, text: &[u8]) -> Result<Vec<Step>> {
        let mut cursor = Cursor::new(text);
        let mut place = self.place;
        let mut steps = Vec::new();
        loop {
            place = match place {
                Place::BehindLiteral => {
                    steps.push(Step::EndMessage);
                    Place::Between
                }
                Place::BehindUtf8 => {
                    cursor.need(b')', "Expected a closing parenthesis")?;
                    steps.push(Step::EndMessage);
                    Place::Between
                }
                Place::Between if cursor.rest().is_empty() => {
                    steps.push(Step::End);
                    break;
                }
                Place::First | Place::Between => {
                    cursor.space()?;
                    steps.push(message(&mut cursor)?);
                    if cursor.eat_word("CATENATE") {
                        cursor.space()?;
                        cursor.need(b'(', "Expected a parenthesized list")?;
                        Place::CatenateStart
                    } else {
                        let utf8 = utf8_start(&mut cursor)?;
                        let literal = announced(cursor.rest()).ok_or(WireError::bad("Expected a message literal"))?;
                        steps.push(Step::Literal(literal, if utf8 { Content::Utf8 } else { Content::Whole }));
                        place = if utf8 { Place::BehindUtf8 } else { Place::BehindLiteral };
                        break;
                    }
                }
                Place::CatenateUtf8 => {
                    cursor.need(b')', "Expected a closing parenthesis")?;
                    Place::Catenate
                }
                Place::Catenate if cursor.eat(b')') => {
                    steps.push(Step::EndMessage);
                    Place::Between
                }
                Place::CatenateStart | Place::Catenate => {
                    if place == Place::Catenate {
                        cursor.need(b' ', "Expected a space or a closing parenthesis")?;
                    }
                    if cursor.eat_word("URL") {
                        cursor.space()?;
                        if announced(cursor.rest()).is_some() {
                            return Ok(vec![Step::Keep]);
                        }
                        steps.push(Step::Url(cursor.astring()?.into_owned()));
                        Place::Catenate
                    } else {
                        let utf8 = utf8_start(&mut cursor)?;
                        if !utf8 {
                            if !cursor.eat_word("TEXT") {
                                return Err(WireError::bad("Expected URL or TEXT"));
                            }
                            cursor.space()?;
                        }
                        let literal = announced(cursor.rest()).ok_or(WireError::bad("Expected a literal"))?;
                        steps.push(Step::Literal(literal, if utf8 { Content::Utf8 } else { Content::Piece }));
                        place = if utf8 { Place::CatenateUtf8 } else { Place::Catenate };
                        break;
                    }
                }
            };
        }
        self.place = place;
        Ok(steps)
    }
}

/// append-opts: `[flag-list SP] [date-time SP]`
fn message(cursor: &mut Cursor<'_>) -> Result<Step> {
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
    Ok(Step::Message { flags, internal_date })
}

/// `UTF8 (` in front of a literal8.
fn utf8_start(cursor: &mut Cursor<'_>) -> Result<bool> {
    if !cursor.eat_word("UTF8") {
        return Ok(false);
    }
    cursor.space()?;
    cursor.need(b'(', "Expected a parenthesis and a literal")?;
    match announced(cursor.rest()) {
        Some(literal) if literal.binary => Ok(true),
        _ => Err(WireError::bad("Expected a literal8")),
    }
}

/// The announcement, when it is all that is left of the text.
fn announced(rest: &[u8]) -> Option<Announced> {
    let rest = rest.strip_suffix(b"\n")?;
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    let inner = rest.strip_prefix(b"~").unwrap_or(rest).strip_prefix(b"{")?;
    if inner.iter().any(|byte| matches!(byte, b'{' | b'\n')) {
        return None;
    }
    announcement(rest)
}
