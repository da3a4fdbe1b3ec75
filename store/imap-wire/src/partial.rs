//! PARTIAL: a range of a result, counted from its start or from its end (RFC 9394 §3.1, RFC 5267 §4.4).

use std::ops::Range;

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::print;

/// `1:500` or `-1:-100`. A range written the other way round is the same (RFC 9394 §4), and is told the right way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialRange {
    /// The smaller number.
    near: u32,
    far: u32,
    from_end: bool,
}

impl PartialRange {
    /// Reads a range: two numbers of one sign, either way round, no `*`.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        const INVALID: &str = "Invalid partial range";
        let from_end = cursor.eat(b'-');
        let first = cursor.nz_number().map_err(|_| WireError::bad(INVALID))?;
        cursor.need(b':', INVALID)?;
        if from_end {
            cursor.need(b'-', INVALID)?;
        }
        let last = cursor.nz_number().map_err(|_| WireError::bad(INVALID))?;
        Ok(Self { near: first.min(last), far: first.max(last), from_end })
    }

    /// Which of `count` results it names, as indices; empty where there are none.
    pub fn of(&self, count: usize) -> Range<usize> {
        let (near, far) = (self.near as usize, self.far as usize);
        match self.from_end {
            false => (near - 1).min(count)..far.min(count),
            true => count.saturating_sub(far)..count.saturating_sub(near - 1),
        }
    }

    /// Writes the range, the smaller number first.
    pub fn print(&self, out: &mut Vec<u8>) {
        for (at, number) in [self.near, self.far].into_iter().enumerate() {
            if at > 0 {
                out.push(b':');
            }
            if self.from_end {
                out.push(b'-');
            }
            print::number(out, u64::from(number));
        }
    }
}
