//! Sets of UIDs as the screens send them: the only way a set reaches a command.

use std::fmt::Write;

use crate::Error;

/// A set of messages: some UIDs, or the whole mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UidSet {
    /// Inclusive ranges in ascending order, not touching; empty is the empty set.
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    /// Every message of the mailbox (`1:*`).
    pub fn all() -> Self {
        Self { ranges: vec![(1, u32::MAX)] }
    }

    /// These messages, in any order; 0 is left out.
    pub fn new(uids: impl IntoIterator<Item = u32>) -> Self {
        let mut uids: Vec<u32> = uids.into_iter().filter(|uid| *uid != 0).collect();
        uids.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for uid in uids {
            match ranges.last_mut() {
                Some((_, last)) if uid <= last.saturating_add(1) => *last = uid,
                _ => ranges.push((uid, uid)),
            }
        }
        Self { ranges }
    }

    /// Reads `3,5:9,12:*`; anything else is refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let number = |word: &str| match word {
            "*" => Ok(u32::MAX),
            _ if word.bytes().all(|b| b.is_ascii_digit()) => {
                word.parse().ok().filter(|n| *n != 0).ok_or(Error::Invalid("message set"))
            }
            _ => Err(Error::Invalid("message set")),
        };
        let mut ranges = Vec::new();
        for piece in text.split(',') {
            let (from, to) = piece.split_once(':').unwrap_or((piece, piece));
            let (from, to) = (number(from)?, number(to)?);
            ranges.push((from.min(to), from.max(to)));
        }
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (from, to) in ranges {
            match merged.last_mut() {
                Some((_, last)) if from <= last.saturating_add(1) => *last = to.max(*last),
                _ => merged.push((from, to)),
            }
        }
        Ok(Self { ranges: merged })
    }

    /// Whether it is the empty set.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The set as IMAP writes it.
    pub(crate) fn imap(&self) -> String {
        let mut text = String::new();
        for (from, to) in &self.ranges {
            let comma = if text.is_empty() { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = match (*from, *to) {
                (f, u32::MAX) => write!(text, "{comma}{f}:*"),
                (f, t) if f == t => write!(text, "{comma}{f}"),
                (f, t) => write!(text, "{comma}{f}:{t}"),
            };
        }
        text
    }
}

impl From<u32> for UidSet {
    fn from(uid: u32) -> Self {
        Self::new([uid])
    }
}

impl From<&[u32]> for UidSet {
    fn from(uids: &[u32]) -> Self {
        Self::new(uids.iter().copied())
    }
}
