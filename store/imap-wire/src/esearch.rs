//! ESEARCH over several mailboxes, and how mailboxes are named there and in NOTIFY (RFC 7377 §2, RFC 5465 §6).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::mailbox;
use crate::search::{Returns, SearchArgs};

/// filter-mailboxes: which mailboxes are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mailboxes {
    /// The selected one.
    Selected,
    /// The selected one, EXPUNGE held back until it may be told; NOTIFY only.
    SelectedDelayed,
    /// Those that mail is delivered to.
    Inboxes,
    /// All of the personal namespace.
    Personal,
    /// The subscribed ones.
    Subscribed,
    /// These and all below them.
    Subtree(Vec<String>),
    /// These and those right below them; ESEARCH only.
    SubtreeOne(Vec<String>),
    /// These.
    Named(Vec<String>),
}

impl Mailboxes {
    /// Reads one specifier.
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        Ok(match cursor.keyword()?.as_str() {
            "SELECTED" => Self::Selected,
            "SELECTED-DELAYED" => Self::SelectedDelayed,
            "INBOXES" => Self::Inboxes,
            "PERSONAL" => Self::Personal,
            "SUBSCRIBED" => Self::Subscribed,
            "SUBTREE" => Self::Subtree(names(cursor)?),
            "SUBTREE-ONE" => Self::SubtreeOne(names(cursor)?),
            "MAILBOXES" => Self::Named(names(cursor)?),
            _ => return Err(WireError::bad("Unknown mailbox specifier")),
        })
    }
}

/// one-or-more-mailbox.
fn names(cursor: &mut Cursor<'_>) -> Result<Vec<String>> {
    cursor.space()?;
    match cursor.peek() {
        Some(b'(') => cursor.list(mailbox::parse),
        _ => Ok(vec![mailbox::parse(cursor)?]),
    }
}

/// The arguments of ESEARCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EsearchArgs {
    /// Where to search; never empty.
    pub sources: Vec<Mailboxes>,
    /// What to search for, with at least one result option.
    pub search: SearchArgs,
}

impl EsearchArgs {
    /// Reads what follows `ESEARCH` and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let mut sources = vec![Mailboxes::Selected];
        if cursor.eat_word("IN") {
            cursor.space()?;
            sources = cursor.list(|cursor| match cursor.peek() {
                // scope-options: none is defined.
                Some(b'(') => Err(WireError::bad("Unknown scope option")),
                _ => Mailboxes::parse(cursor),
            })?;
            cursor.space()?;
        }
        if sources.contains(&Mailboxes::SelectedDelayed) {
            return Err(WireError::bad("SELECTED-DELAYED is for NOTIFY"));
        }
        let mut search = SearchArgs::parse(cursor)?;
        // RFC 7377 §2.1: without a result option it is ALL.
        let returns = search.returns.get_or_insert(Returns { all: true, ..Returns::default() });
        if returns.save && sources != [Mailboxes::Selected] {
            return Err(WireError::bad("SAVE is for the selected mailbox only"));
        }
        Ok(Self { sources, search })
    }
}
