//! SEARCH arguments: every key, charset and result option (RFC 3501 §6.4.4, RFC 4731, RFC 5032, RFC 5182, RFC 8474, RFC 8514).

use crate::cursor::Cursor;
use crate::date::{Day, parse_date};
use crate::error::{Result, WireError};
use crate::fetch::{self, FetchItem};
use crate::flag::{self, SystemFlags};
use crate::partial::PartialRange;
use crate::sequence::SequenceSet;

/// How a date key compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Earlier than the day.
    Before,
    /// On the day.
    On,
    /// On the day or later.
    Since,
}

impl Relation {
    /// True when `day` stands in this relation to `wanted`.
    pub fn holds(self, day: Day, wanted: Day) -> bool {
        match self {
            Self::Before => day < wanted,
            Self::On => day == wanted,
            Self::Since => day >= wanted,
        }
    }
}

/// A field of the envelope that has a search key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeField {
    /// BCC
    Bcc,
    /// CC
    Cc,
    /// FROM
    From,
    /// SUBJECT
    Subject,
    /// TO
    To,
}

/// A condition on a message. Strings are octets in the search's charset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// ALL
    All,
    /// ANSWERED, DELETED, DRAFT, FLAGGED, SEEN
    Has(SystemFlags),
    /// UNANSWERED …
    HasNot(SystemFlags),
    /// RECENT; NEW is this with UNSEEN, OLD is its negation.
    Recent,
    /// KEYWORD; UNKEYWORD is its negation.
    Keyword(String),
    /// BCC, CC, FROM, SUBJECT and TO: the field of the envelope holds the string.
    Envelope(EnvelopeField, Vec<u8>),
    /// HEADER: the field's name in lower case, and the string it holds.
    Header(Vec<u8>, Vec<u8>),
    /// BODY
    Body(Vec<u8>),
    /// TEXT
    Text(Vec<u8>),
    /// BEFORE, ON, SINCE: the internal date.
    Internal(Relation, Day),
    /// SENTBEFORE, SENTON, SENTSINCE: the Date header.
    Sent(Relation, Day),
    /// SAVEDBEFORE, SAVEDON, SAVEDSINCE: when it came to the mailbox (RFC 8514).
    Saved(Relation, Day),
    /// EMAILID (RFC 8474)
    EmailId(Vec<u8>),
    /// THREADID (RFC 8474)
    ThreadId(Vec<u8>),
    /// FUZZY: the key may hold more or less (RFC 6203).
    Fuzzy(Box<Key>),
    /// FILTER: a search that the server knows by name (RFC 5466).
    Filter(String),
    /// LARGER
    Larger(u64),
    /// SMALLER
    Smaller(u64),
    /// OLDER: internal date at least this many seconds ago (RFC 5032).
    Older(u32),
    /// YOUNGER: internal date at most this many seconds ago (RFC 5032).
    Younger(u32),
    /// MODSEQ at least (RFC 7162 §3.1.5).
    ModSeq(u64),
    /// UID
    Uid(SequenceSet),
    /// A sequence set.
    Sequence(SequenceSet),
    /// NOT
    Not(Box<Key>),
    /// OR
    Or(Box<Key>, Box<Key>),
    /// A parenthesized list, and the list of all keys.
    And(Vec<Key>),
}

/// What ESEARCH's RETURN asks for (RFC 4731 §3.1, RFC 5267 §4, RFC 9394 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Returns {
    /// MIN
    pub min: bool,
    /// MAX
    pub max: bool,
    /// ALL
    pub all: bool,
    /// COUNT
    pub count: bool,
    /// SAVE: keep the result as `$` (RFC 5182).
    pub save: bool,
    /// PARTIAL: a range of the result.
    pub partial: Option<PartialRange>,
    /// UPDATE: tell how the result changes from now on (RFC 5267 §4.3).
    pub update: bool,
    /// CONTEXT: the search will be asked again; a hint that needs no work here (RFC 5267 §4.2).
    pub context: bool,
    /// RELEVANCY: tell how well each message fits (RFC 6203 §4).
    pub relevancy: bool,
}

/// The arguments of SEARCH and UID SEARCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchArgs {
    /// RETURN options: the answer is an ESEARCH response then.
    pub returns: Option<Returns>,
    /// What is fetched of messages that join the result later: UPDATE with items (RFC 5465 §7).
    pub fetch: Vec<FetchItem>,
    /// The charset of the strings; `None` is US-ASCII.
    pub charset: Option<String>,
    /// What must hold.
    pub key: Key,
}

/// Deepest nesting of NOT, OR and parentheses.
pub const MAX_DEPTH: usize = 100;

impl SearchArgs {
    /// Reads what follows the command's name and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (returns, fetch) = Self::parse_return(cursor)?;
        let mut charset = None;
        if cursor.eat_word("CHARSET") {
            cursor.space()?;
            charset = Some(String::from_utf8_lossy(&cursor.astring()?).to_ascii_uppercase());
            cursor.space()?;
        }
        Ok(Self { returns, fetch, charset, key: Key::parse_all(cursor)? })
    }

    /// `[RETURN (options) SP]`, which SORT has too (RFC 5267 §3).
    pub(crate) fn parse_return(cursor: &mut Cursor<'_>) -> Result<(Option<Returns>, Vec<FetchItem>)> {
        if !cursor.eat_word("RETURN") {
            return Ok((None, Vec::new()));
        }
        cursor.space()?;
        let (returns, fetch) = parse_returns(cursor)?;
        cursor.space()?;
        Ok((Some(returns), fetch))
    }
}

impl Key {
    /// Reads a whole search on its own, as a filter holds it (RFC 5466 §4 `search-criteria`).
    pub fn parse(text: &[u8]) -> Result<Self> {
        let mut cursor = Cursor::new(text);
        let key = Self::parse_all(&mut cursor)?;
        cursor.end().map(|()| key)
    }

    /// Whether FUZZY occurs.
    pub fn is_fuzzy(&self) -> bool {
        match self {
            Self::Fuzzy(_) => true,
            Self::Not(key) => key.is_fuzzy(),
            Self::Or(one, other) => one.is_fuzzy() || other.is_fuzzy(),
            Self::And(keys) => keys.iter().any(Self::is_fuzzy),
            _ => false,
        }
    }

    /// Whether a filter is named.
    pub fn names_filter(&self) -> bool {
        match self {
            Self::Filter(_) => true,
            Self::Not(key) | Self::Fuzzy(key) => key.names_filter(),
            Self::Or(one, other) => one.names_filter() || other.names_filter(),
            Self::And(keys) => keys.iter().any(Self::names_filter),
            _ => false,
        }
    }

    /// Whether a sequence number occurs; `$` is none.
    pub fn names_sequence(&self) -> bool {
        match self {
            Self::Sequence(set) => !set.is_saved(),
            Self::Not(key) | Self::Fuzzy(key) => key.names_sequence(),
            Self::Or(one, other) => one.names_sequence() || other.names_sequence(),
            Self::And(keys) => keys.iter().any(Self::names_sequence),
            _ => false,
        }
    }

    /// `search-key *(SP search-key)`: all of them must hold.
    pub(crate) fn parse_all(cursor: &mut Cursor<'_>) -> Result<Self> {
        let mut keys = vec![parse_key(cursor, 0)?];
        while cursor.eat(b' ') {
            keys.push(parse_key(cursor, 0)?);
        }
        Ok(and(keys))
    }
}

fn parse_returns(cursor: &mut Cursor<'_>) -> Result<(Returns, Vec<FetchItem>)> {
    let mut returns = Returns::default();
    let mut fetch = Vec::new();
    cursor.list_or_empty(|cursor| {
        match cursor.keyword()?.as_str() {
            "MIN" => returns.min = true,
            "MAX" => returns.max = true,
            "ALL" => returns.all = true,
            "COUNT" => returns.count = true,
            "SAVE" => returns.save = true,
            "PARTIAL" if returns.partial.is_none() => {
                cursor.space()?;
                returns.partial = Some(PartialRange::parse(cursor)?);
            }
            "UPDATE" => {
                returns.update = true;
                let mut ahead = cursor.clone();
                if ahead.eat(b' ') && ahead.peek() == Some(b'(') {
                    fetch = ahead.list(fetch::parse_item)?;
                    *cursor = ahead;
                }
            }
            "CONTEXT" => returns.context = true,
            "RELEVANCY" => returns.relevancy = true,
            _ => return Err(WireError::bad("Unknown SEARCH result option")),
        }
        Ok(())
    })?;
    // RFC 9394 §3.1: at most one of the two.
    if returns.all && returns.partial.is_some() {
        return Err(WireError::bad("PARTIAL and ALL exclude each other"));
    }
    // RFC 4731 §3.1: an empty list is ALL.
    if returns == Returns::default() {
        returns.all = true;
    }
    Ok((returns, fetch))
}

fn and(mut keys: Vec<Key>) -> Key {
    match keys.len() {
        1 => keys.swap_remove(0),
        _ => Key::And(keys),
    }
}

fn not(key: Key) -> Key {
    Key::Not(Box::new(key))
}

const KEYS_WITH_ARGUMENTS: [&str; 31] = [
    "BCC",
    "BEFORE",
    "BODY",
    "CC",
    "EMAILID",
    "FILTER",
    "FUZZY",
    "FROM",
    "HEADER",
    "KEYWORD",
    "LARGER",
    "MODSEQ",
    "NOT",
    "OLDER",
    "ON",
    "OR",
    "SAVEDBEFORE",
    "SAVEDON",
    "SAVEDSINCE",
    "SENTBEFORE",
    "SENTON",
    "SENTSINCE",
    "SINCE",
    "SMALLER",
    "SUBJECT",
    "TEXT",
    "THREADID",
    "TO",
    "UID",
    "UNKEYWORD",
    "YOUNGER",
];

fn parse_key(cursor: &mut Cursor<'_>, depth: usize) -> Result<Key> {
    if depth > MAX_DEPTH {
        return Err(WireError::limit("Search is nested too deeply"));
    }
    match cursor.peek() {
        Some(b'(') => return cursor.list(|cursor| parse_key(cursor, depth + 1)).map(and),
        Some(b'0'..=b'9' | b'*' | b'$') => return SequenceSet::parse(cursor).map(Key::Sequence),
        _ => {}
    }
    let name = cursor.keyword().map_err(|_| WireError::bad("Expected a search key"))?;
    if let Some(key) = plain_key(&name) {
        return Ok(key);
    }
    if !KEYS_WITH_ARGUMENTS.contains(&name.as_str()) {
        return Err(WireError::bad("Unknown search key"));
    }
    cursor.space()?;
    Ok(match name.as_str() {
        "BODY" => Key::Body(cursor.astring()?.into_owned()),
        "TEXT" => Key::Text(cursor.astring()?.into_owned()),
        "HEADER" => {
            let field = cursor.astring()?.to_ascii_lowercase();
            cursor.space()?;
            Key::Header(field, cursor.astring()?.into_owned())
        }
        "KEYWORD" => Key::Keyword(flag::keyword(cursor)?),
        "UNKEYWORD" => not(Key::Keyword(flag::keyword(cursor)?)),
        "BEFORE" => Key::Internal(Relation::Before, parse_date(cursor)?),
        "ON" => Key::Internal(Relation::On, parse_date(cursor)?),
        "SINCE" => Key::Internal(Relation::Since, parse_date(cursor)?),
        "SENTBEFORE" => Key::Sent(Relation::Before, parse_date(cursor)?),
        "SENTON" => Key::Sent(Relation::On, parse_date(cursor)?),
        "SENTSINCE" => Key::Sent(Relation::Since, parse_date(cursor)?),
        "SAVEDBEFORE" => Key::Saved(Relation::Before, parse_date(cursor)?),
        "SAVEDON" => Key::Saved(Relation::On, parse_date(cursor)?),
        "SAVEDSINCE" => Key::Saved(Relation::Since, parse_date(cursor)?),
        "EMAILID" => Key::EmailId(cursor.atom()?.to_vec()),
        "THREADID" => Key::ThreadId(cursor.atom()?.to_vec()),
        "FILTER" => match cursor.atom()? {
            name if name.contains(&b'/') => return Err(WireError::bad("Invalid filter name")),
            name => Key::Filter(String::from_utf8_lossy(name).into_owned()),
        },
        "LARGER" => Key::Larger(cursor.number64()?),
        "SMALLER" => Key::Smaller(cursor.number64()?),
        "OLDER" => Key::Older(cursor.nz_number()?),
        "YOUNGER" => Key::Younger(cursor.nz_number()?),
        "MODSEQ" => modseq(cursor)?,
        "UID" => Key::Uid(SequenceSet::parse(cursor)?),
        "FUZZY" => Key::Fuzzy(Box::new(parse_key(cursor, depth + 1)?)),
        "NOT" => not(parse_key(cursor, depth + 1)?),
        "OR" => {
            let first = parse_key(cursor, depth + 1)?;
            cursor.space()?;
            Key::Or(Box::new(first), Box::new(parse_key(cursor, depth + 1)?))
        }
        "BCC" => Key::Envelope(EnvelopeField::Bcc, cursor.astring()?.into_owned()),
        "CC" => Key::Envelope(EnvelopeField::Cc, cursor.astring()?.into_owned()),
        "FROM" => Key::Envelope(EnvelopeField::From, cursor.astring()?.into_owned()),
        "SUBJECT" => Key::Envelope(EnvelopeField::Subject, cursor.astring()?.into_owned()),
        "TO" => Key::Envelope(EnvelopeField::To, cursor.astring()?.into_owned()),
        _ => return Err(WireError::bad("Unknown search key")),
    })
}

fn plain_key(name: &str) -> Option<Key> {
    use SystemFlags as F;
    Some(match name {
        "ALL" => Key::All,
        // Every mailbox has save dates (RFC 8514 §4.3).
        "SAVEDATESUPPORTED" => Key::All,
        "ANSWERED" => Key::Has(F::ANSWERED),
        "DELETED" => Key::Has(F::DELETED),
        "DRAFT" => Key::Has(F::DRAFT),
        "FLAGGED" => Key::Has(F::FLAGGED),
        "SEEN" => Key::Has(F::SEEN),
        "UNANSWERED" => Key::HasNot(F::ANSWERED),
        "UNDELETED" => Key::HasNot(F::DELETED),
        "UNDRAFT" => Key::HasNot(F::DRAFT),
        "UNFLAGGED" => Key::HasNot(F::FLAGGED),
        "UNSEEN" => Key::HasNot(F::SEEN),
        "RECENT" => Key::Recent,
        "NEW" => Key::And(vec![Key::Recent, Key::HasNot(F::SEEN)]),
        "OLD" => not(Key::Recent),
        _ => return None,
    })
}

/// `MODSEQ [entry-name SP entry-type-req SP] n`; the entry does not narrow, since the store keeps one MODSEQ a message.
fn modseq(cursor: &mut Cursor<'_>) -> Result<Key> {
    if cursor.peek() == Some(b'"') {
        cursor.string()?;
        cursor.space()?;
        match cursor.keyword()?.as_str() {
            "PRIV" | "SHARED" | "ALL" => {}
            _ => return Err(WireError::bad("Unknown MODSEQ entry type")),
        }
        cursor.space()?;
    }
    Ok(Key::ModSeq(cursor.number64()?))
}
