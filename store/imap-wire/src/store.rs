//! STORE arguments (RFC 3501 §6.4.6, RFC 7162 §3.1.3).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::flag::FlagList;
use crate::sequence::SequenceSet;

/// What happens to the flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreAction {
    /// `FLAGS`: these and no others.
    Replace,
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
}

/// Whether the new flags are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// An untagged FETCH for each message.
    Flags,
    /// `.SILENT`
    Silent,
}

/// The arguments of STORE and UID STORE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreArgs {
    /// Which messages.
    pub set: SequenceSet,
    /// UNCHANGEDSINCE: leave messages alone that changed after this MODSEQ.
    pub unchanged_since: Option<u64>,
    /// What to do.
    pub action: StoreAction,
    /// Whether to tell.
    pub echo: Echo,
    /// The flags.
    pub flags: FlagList,
}

impl StoreArgs {
    /// Reads what follows the command's name and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let set = SequenceSet::parse(cursor)?;
        cursor.space()?;
        let mut unchanged_since = None;
        if cursor.eat(b'(') {
            if !cursor.eat_word("UNCHANGEDSINCE") {
                return Err(WireError::bad("Unknown STORE modifier"));
            }
            cursor.space()?;
            unchanged_since = Some(cursor.number64()?);
            cursor.need(b')', "Expected a closing parenthesis")?;
            cursor.space()?;
        }
        let action = if cursor.eat(b'+') {
            StoreAction::Add
        } else if cursor.eat(b'-') {
            StoreAction::Remove
        } else {
            StoreAction::Replace
        };
        let echo = match cursor.keyword()?.as_str() {
            "FLAGS" => Echo::Flags,
            "FLAGS.SILENT" => Echo::Silent,
            _ => return Err(WireError::bad("Unknown STORE item")),
        };
        cursor.space()?;
        let flags = FlagList::parse_bare(cursor)?;
        Ok(Self { set, unchanged_since, action, echo, flags })
    }
}
