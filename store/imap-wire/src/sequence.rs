//! Sequence sets: numbers, ranges and `*` (RFC 3501 §9 `sequence-set`).

use std::fmt;

use crate::cursor::Cursor;
use crate::error::{Result, WireError};

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// A sequence number or UID, 1 or more.
    Value(u32),
    /// `*`, the largest in use.
    Star,
}

impl Number {
    /// seq-number: a number or `*`.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        if cursor.eat(b'*') { Ok(Self::Star) } else { cursor.nz_number().map(Self::Value) }
    }

    fn or(self, star: u32) -> u32 {
        match self {
            Self::Value(value) => value,
            Self::Star => star,
        }
    }
}

/// A set as the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceSet {
    ranges: Vec<(Number, Number)>,
    /// `$`: what the last search has saved (RFC 5182).
    saved: bool,
}

/// Most ranges of one set; a longer one is refused before it costs anything.
pub const MAX_RANGES: usize = 50_000;

impl SequenceSet {
    /// Reads a set.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        if cursor.eat(b'$') {
            return Ok(Self { ranges: Vec::new(), saved: true });
        }
        let mut ranges = Vec::new();
        loop {
            let first = Number::parse(cursor).map_err(|_| WireError::bad("Invalid sequence set"))?;
            let last = match cursor.eat(b':') {
                true => Number::parse(cursor).map_err(|_| WireError::bad("Invalid sequence set"))?,
                false => first,
            };
            if ranges.len() == MAX_RANGES {
                return Err(WireError::limit("Too many ranges in the sequence set"));
            }
            ranges.push((first, last));
            if !cursor.eat(b',') {
                return Ok(Self { ranges, saved: false });
            }
        }
    }

    /// A set of known numbers, as another part of the server hands it out.
    pub fn of(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let ranges = ranges.into_iter().map(|(first, last)| (Number::Value(first), Number::Value(last))).collect();
        Self { ranges, saved: false }
    }

    /// True for `$`, which has no numbers of its own (RFC 5182 §2).
    pub fn is_saved(&self) -> bool {
        self.saved
    }

    /// True when `*` occurs.
    pub fn has_star(&self) -> bool {
        self.ranges.iter().any(|(first, last)| *first == Number::Star || *last == Number::Star)
    }

    /// The ranges in ascending order, disjoint and not adjacent, with `*` as `star`. A range may be written either way round, and
    /// `n:*` holds `*` even where n is larger (RFC 3501 §9 `seq-range`).
    pub fn resolve(&self, star: u32) -> Vec<(u32, u32)> {
        let mut ranges: Vec<(u32, u32)> = self
            .ranges
            .iter()
            .map(|(first, last)| (first.or(star), last.or(star)))
            .map(|(first, last)| (first.min(last), first.max(last)))
            .collect();
        ranges.sort_unstable();
        ranges.dedup_by(|next, kept| {
            let joins = next.0 <= kept.1.saturating_add(1);
            if joins {
                kept.1 = kept.1.max(next.1);
            }
            joins
        });
        ranges
    }

    /// How many numbers the ranges that are written out hold, each range for itself.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|(first, last)| u64::from(first.or(0).abs_diff(last.or(0))) + 1).sum()
    }

    /// The numbers that are written out, range by range, each range upwards.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|(first, last)| first.or(0).min(last.or(0))..=first.or(0).max(last.or(0)))
    }

    /// The largest number written out, `*` not counted.
    pub fn largest(&self) -> u32 {
        self.ranges.iter().flat_map(|(first, last)| [first.or(0), last.or(0)]).max().unwrap_or(0)
    }
}

impl fmt::Display for SequenceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.saved {
            f.write_str("$")?;
        }
        for (at, (first, last)) in self.ranges.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            write!(f, "{first}")?;
            if first != last {
                write!(f, ":{last}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Star => f.write_str("*"),
        }
    }
}

/// True when `number` is in `ranges`, which are as [`SequenceSet::resolve`] gives them.
pub fn contains(ranges: &[(u32, u32)], number: u32) -> bool {
    let at = ranges.partition_point(|(_, last)| *last < number);
    ranges.get(at).is_some_and(|(first, _)| *first <= number)
}

/// Ascending numbers as ranges.
pub fn ranges_of(numbers: impl IntoIterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    ranges
}
