//! SORT and THREAD arguments (RFC 5256, RFC 5267 §3, RFC 5957).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::fetch::FetchItem;
use crate::search::{Key, Returns, SearchArgs};

/// What messages are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// ARRIVAL: the internal date.
    Arrival,
    /// CC: the mailbox of the first address.
    Cc,
    /// DATE: the sent date.
    Date,
    /// FROM: the mailbox of the first address.
    From,
    /// SIZE
    Size,
    /// SUBJECT: the base subject.
    Subject,
    /// TO: the mailbox of the first address.
    To,
    /// DISPLAYFROM (RFC 5957)
    DisplayFrom,
    /// DISPLAYTO (RFC 5957)
    DisplayTo,
    /// RELEVANCY: what fits best comes first (RFC 6203 §6).
    Relevancy,
}

/// Which way a criterion sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smaller, earlier and alphabetically lower first.
    Ascending,
    /// REVERSE
    Descending,
}

/// One criterion of a sort program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Criterion {
    /// By what.
    pub key: SortKey,
    /// Which way.
    pub direction: Direction,
}

/// The arguments of SORT and UID SORT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortArgs {
    /// RETURN options: the answer is an ESEARCH response then (RFC 5267 §3).
    pub returns: Option<Returns>,
    /// What is fetched of messages that join the result later: UPDATE with items (RFC 5465 §7).
    pub fetch: Vec<FetchItem>,
    /// The sort program, most significant first.
    pub criteria: Vec<Criterion>,
    /// The charset of the strings.
    pub charset: String,
    /// What must hold.
    pub key: Key,
}

/// How messages become threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ORDEREDSUBJECT
    OrderedSubject,
    /// REFERENCES
    References,
    /// REFS: as REFERENCES, without looking at subjects; threads by their latest arrival.
    Refs,
}

/// The arguments of THREAD and UID THREAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadArgs {
    /// How.
    pub algorithm: Algorithm,
    /// The charset of the strings.
    pub charset: String,
    /// What must hold.
    pub key: Key,
}

/// Most criteria of one sort program; more than there are kinds of them say nothing new.
const MAX_CRITERIA: usize = 30;

impl SortArgs {
    /// Reads what follows the command's name and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (mut returns, mut fetch) = SearchArgs::parse_return(cursor)?;
        let criteria = cursor.list(parse_criterion)?;
        if criteria.len() > MAX_CRITERIA {
            return Err(WireError::limit("Too many sort criteria"));
        }
        cursor.space()?;
        let charset = parse_charset(cursor)?;
        if returns.is_none() {
            // Some clients name them where SEARCH criteria begin, which is no other command's form.
            (returns, fetch) = SearchArgs::parse_return(cursor)?;
        }
        let key = Key::parse_all(cursor)?;
        Ok(Self { returns, fetch, criteria, charset, key })
    }
}

impl ThreadArgs {
    /// Reads what follows the command's name and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let algorithm = match cursor.keyword()?.as_str() {
            "ORDEREDSUBJECT" => Algorithm::OrderedSubject,
            "REFERENCES" => Algorithm::References,
            "REFS" => Algorithm::Refs,
            _ => return Err(WireError::bad("Unknown threading algorithm")),
        };
        cursor.space()?;
        let charset = parse_charset(cursor)?;
        Ok(Self { algorithm, charset, key: Key::parse_all(cursor)? })
    }
}

fn parse_criterion(cursor: &mut Cursor<'_>) -> Result<Criterion> {
    let mut direction = Direction::Ascending;
    if cursor.eat_word("REVERSE") {
        direction = Direction::Descending;
        cursor.space()?;
    }
    let key = match cursor.keyword()?.as_str() {
        "ARRIVAL" => SortKey::Arrival,
        "CC" => SortKey::Cc,
        "DATE" => SortKey::Date,
        "FROM" => SortKey::From,
        "SIZE" => SortKey::Size,
        "SUBJECT" => SortKey::Subject,
        "TO" => SortKey::To,
        "DISPLAYFROM" => SortKey::DisplayFrom,
        "DISPLAYTO" => SortKey::DisplayTo,
        "RELEVANCY" => SortKey::Relevancy,
        _ => return Err(WireError::bad("Unknown sort criterion")),
    };
    Ok(Criterion { key, direction })
}

/// The charset with which search-criteria begin, which is not optional here, and the space behind it.
fn parse_charset(cursor: &mut Cursor<'_>) -> Result<String> {
    let charset = String::from_utf8_lossy(&cursor.astring()?).to_ascii_uppercase();
    cursor.space()?;
    Ok(charset)
}
