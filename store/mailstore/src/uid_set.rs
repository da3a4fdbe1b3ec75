//! Sets of UIDs as sorted ranges.

use std::ops::RangeInclusive;

use crate::Uid;

/// A set of UIDs: sorted ranges that neither touch nor overlap. It may name UIDs that no message has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UidSet {
    ranges: Vec<RangeInclusive<Uid>>,
}

impl UidSet {
    /// Every UID.
    pub fn all() -> Self {
        Self { ranges: vec![1..=Uid::MAX] }
    }

    /// From ranges in any order; an empty range adds nothing.
    pub fn from_ranges(ranges: impl IntoIterator<Item = RangeInclusive<Uid>>) -> Self {
        let mut ranges: Vec<_> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
        ranges.sort_by_key(|range| *range.start());
        let mut merged: Vec<RangeInclusive<Uid>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if *range.start() <= last.end().saturating_add(1) => {
                    *last = *last.start()..=(*last.end()).max(*range.end());
                }
                _ => merged.push(range),
            }
        }
        Self { ranges: merged }
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> &[RangeInclusive<Uid>] {
        &self.ranges
    }

    /// Whether `uid` is in the set.
    pub fn contains(&self, uid: Uid) -> bool {
        let at = self.ranges.partition_point(|range| *range.end() < uid);
        self.ranges.get(at).is_some_and(|range| range.contains(&uid))
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut ours, mut theirs) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        while let (Some(one), Some(two)) = (ours.peek(), theirs.peek()) {
            let common = *one.start().max(two.start())..=*one.end().min(two.end());
            if !common.is_empty() {
                ranges.push(common);
            }
            if one.end() < two.end() {
                ours.next()
            } else {
                theirs.next()
            };
        }
        Self { ranges }
    }

    /// What is in this one only.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let mut theirs = other.ranges.as_slice();
        for range in &self.ranges {
            let (mut from, end) = (Some(*range.start()), *range.end());
            theirs = &theirs[theirs.partition_point(|taken| taken.end() < range.start())..];
            for taken in theirs.iter().take_while(|taken| *taken.start() <= end) {
                if let Some(start) = from.filter(|start| start < taken.start()) {
                    ranges.push(start..=*taken.start() - 1);
                }
                from = taken.end().checked_add(1);
            }
            ranges.extend(from.filter(|start| *start <= end).map(|start| start..=end));
        }
        Self { ranges }
    }

    /// What is in one of them or in both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.ranges.iter().chain(&other.ranges).cloned())
    }

    /// Whether this is one of its ranges as a whole.
    pub(crate) fn has_range(&self, range: &RangeInclusive<Uid>) -> bool {
        self.ranges
            .binary_search_by_key(range.start(), |known| *known.start())
            .is_ok_and(|at| self.ranges[at] == *range)
    }

    /// How many UIDs it holds.
    pub(crate) fn count(&self) -> u64 {
        self.ranges.iter().map(|range| u64::from(range.end() - range.start()) + 1).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

impl From<Uid> for UidSet {
    fn from(uid: Uid) -> Self {
        Self { ranges: vec![uid..=uid] }
    }
}

impl From<RangeInclusive<Uid>> for UidSet {
    fn from(range: RangeInclusive<Uid>) -> Self {
        Self::from_ranges([range])
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        Self::from_ranges(uids.into_iter().map(|uid| uid..=uid))
    }
}

impl From<&[Uid]> for UidSet {
    fn from(uids: &[Uid]) -> Self {
        uids.iter().copied().collect()
    }
}
