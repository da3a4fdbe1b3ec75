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
