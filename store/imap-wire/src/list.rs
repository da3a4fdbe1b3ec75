//! LIST arguments, the extended ones included (RFC 3501 §6.3.8, RFC 5258, RFC 5819, RFC 6154).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::mailbox;
use crate::metadata;
use crate::status::{self, StatusItem};

/// Selection options: which mailboxes are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Select {
    /// SUBSCRIBED: subscribed names only, existing or not.
    pub subscribed: bool,
    /// REMOTE: other servers' mailboxes too; there are none.
    pub remote: bool,
    /// RECURSIVEMATCH: parents of matching names too.
    pub recursive_match: bool,
    /// SPECIAL-USE: mailboxes with a special use only.
    pub special_use: bool,
}

/// Return options: what is told about each mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Return {
    /// SUBSCRIBED
    pub subscribed: bool,
    /// CHILDREN
    pub children: bool,
    /// SPECIAL-USE
    pub special_use: bool,
    /// MYRIGHTS (RFC 8440)
    pub my_rights: bool,
    /// STATUS with its items.
    pub status: Vec<StatusItem>,
    /// METADATA with its entries (RFC 9590).
    pub metadata: Vec<String>,
}

/// The arguments of LIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListArgs {
    /// Selection options; `None` for a basic LIST.
    pub select: Option<Select>,
    /// The reference name.
    pub reference: String,
    /// The patterns, with `*` and `%`.
    pub patterns: Vec<String>,
    /// Return options; `None` where there is no RETURN.
    pub returns: Option<Return>,
    /// Written in the extended form (RFC 5258 §3): an empty pattern then matches nothing instead of asking for the delimiter.
    pub extended: bool,
}

/// Most patterns of one LIST.
const MAX_PATTERNS: usize = 200;

impl ListArgs {
    /// Reads what follows `LIST` and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let select = match cursor.peek() {
            Some(b'(') => {
                let select = parse_select(cursor)?;
                cursor.space()?;
                Some(select)
            }
            _ => None,
        };
        let reference = mailbox::parse_reference(cursor)?;
        cursor.space()?;
        let (patterns, several) = match cursor.peek() {
            Some(b'(') => (cursor.list(mailbox::parse_pattern)?, true),
            _ => (vec![mailbox::parse_pattern(cursor)?], false),
        };
        if patterns.len() > MAX_PATTERNS {
            return Err(WireError::limit("Too many patterns"));
        }
        let returns = match cursor.eat(b' ') {
            true => Some(parse_return(cursor)?),
            false => None,
        };
        let extended = select.is_some() || several || returns.is_some();
        Ok(Self { select, reference, patterns, returns, extended })
    }
}

fn parse_select(cursor: &mut Cursor<'_>) -> Result<Select> {
    let mut select = Select::default();
    cursor.list_or_empty(|cursor| {
        match cursor.keyword()?.as_str() {
            "SUBSCRIBED" => select.subscribed = true,
            "REMOTE" => select.remote = true,
            "RECURSIVEMATCH" => select.recursive_match = true,
            "SPECIAL-USE" => select.special_use = true,
            _ => return Err(WireError::bad("Unknown LIST selection option")),
        }
        Ok(())
    })?;
    // RFC 5258 §3.1: RECURSIVEMATCH modifies another option and cannot stand alone or with REMOTE only.
    if select.recursive_match && !select.subscribed && !select.special_use {
        return Err(WireError::bad("RECURSIVEMATCH needs another selection option"));
    }
    Ok(select)
}

fn parse_return(cursor: &mut Cursor<'_>) -> Result<Return> {
    if !cursor.eat_word("RETURN") {
        return Err(WireError::bad("Expected RETURN"));
    }
    cursor.space()?;
    let mut returns = Return::default();
    cursor.list_or_empty(|cursor| {
        match cursor.keyword()?.as_str() {
            "SUBSCRIBED" => returns.subscribed = true,
            "CHILDREN" => returns.children = true,
            "SPECIAL-USE" => returns.special_use = true,
            "MYRIGHTS" => returns.my_rights = true,
            "STATUS" => {
                cursor.space()?;
                returns.status = status::parse_items(cursor)?;
            }
            "METADATA" => {
                cursor.space()?;
                returns.metadata = cursor.list(metadata::entry)?;
            }
            _ => return Err(WireError::bad("Unknown LIST return option")),
        }
        Ok(())
    })?;
    Ok(returns)
}

/// True when `name` matches `pattern`: `*` is any run of characters, `%` any run without the delimiter `/` (RFC 3501 §6.3.8).
/// INBOX as the first level of the name is met in any case. Costs at most pattern × name steps.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let any_case = if name.split('/').next() == Some("INBOX") { "INBOX".len() } else { 0 };
    // Each entry says whether the pattern up to there matches the name so far.
    let mut state = vec![false; pattern.len() + 1];
    state[0] = true;
    close(&pattern, &mut state);
    for (place, letter) in name.chars().enumerate() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, wanted) in pattern.iter().enumerate() {
            if !state[at] {
                continue;
            }
            match wanted {
                '*' => next[at] = true,
                '%' => next[at] |= letter != '/',
                wanted if place < any_case => next[at + 1] |= wanted.eq_ignore_ascii_case(&letter),
                wanted => next[at + 1] |= *wanted == letter,
            }
        }
        close(&pattern, &mut next);
        state = next;
    }
    state[pattern.len()]
}

/// Wildcards match the empty run too.
fn close(pattern: &[char], state: &mut [bool]) {
    for (at, wanted) in pattern.iter().enumerate() {
        if state[at] && matches!(wanted, '*' | '%') {
            state[at + 1] = true;
        }
    }
}
