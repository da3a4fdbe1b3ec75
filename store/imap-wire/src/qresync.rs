//! The QRESYNC parameter of SELECT and EXAMINE (RFC 7162 §3.2.5).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::sequence::SequenceSet;

/// What a client knows of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qresync {
    /// The UIDVALIDITY under which it knows it.
    pub uid_validity: u32,
    /// The HIGHESTMODSEQ up to which it knows it, at least 1.
    pub modseq: u64,
    /// The UIDs it cares for; `None` for all of them.
    pub known_uids: Option<SequenceSet>,
    /// Sequence numbers and the UIDs that it takes them for, both ascending and as many of one as of the other.
    pub matches: Option<(SequenceSet, SequenceSet)>,
}

impl Qresync {
    /// Reads what follows `QRESYNC`.
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        cursor.space()?;
        cursor.need(b'(', "Expected QRESYNC arguments")?;
        let uid_validity = cursor.nz_number()?;
        cursor.space()?;
        let modseq = match cursor.number64()? {
            0 => return Err(WireError::bad("The mod-sequence must not be zero")),
            modseq => modseq,
        };
        let (mut known_uids, mut matches) = (None, None);
        if cursor.eat(b' ') {
            if cursor.peek() != Some(b'(') {
                known_uids = Some(known(cursor)?);
            }
            if known_uids.is_none() || cursor.eat(b' ') {
                matches = Some(parse_matches(cursor)?);
            }
        }
        cursor.need(b')', "Expected a closing parenthesis")?;
        Ok(Self { uid_validity, modseq, known_uids, matches })
    }
}

/// A set without `*` and `$`: the client says what it knows, not what there is.
fn known(cursor: &mut Cursor<'_>) -> Result<SequenceSet> {
    let set = SequenceSet::parse(cursor)?;
    if set.has_star() || set.is_saved() {
        return Err(WireError::bad("Only numbers are allowed here"));
    }
    Ok(set)
}

fn parse_matches(cursor: &mut Cursor<'_>) -> Result<(SequenceSet, SequenceSet)> {
    cursor.need(b'(', "Expected sequence match data")?;
    let numbers = known(cursor)?;
    cursor.space()?;
    let uids = known(cursor)?;
    cursor.need(b')', "Expected a closing parenthesis")?;
    if numbers.count() != uids.count() {
        return Err(WireError::bad("There must be one UID for each sequence number"));
    }
    Ok((numbers, uids))
}
