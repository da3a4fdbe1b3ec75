//! The SORT engine: what messages are sorted by is gathered in slices of time, then sorted in memory (RFC 5256 §3).

pub(crate) mod gathering;
pub(crate) mod subject;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use imap_wire::sort::{Criterion, Direction, SortKey};
use message::{Address, casemap, encoded_word};

use crate::columns::Column;
use crate::search::program::RowFacts;
use crate::view::View;
use gathering::Gathered;

/// A message's value for one criterion. Texts are folded (i;unicode-casemap), so that their octets compare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Number(i64),
    Text(Box<str>),
}

/// One message's values, in the order of the criteria.
pub(crate) fn values(keys: &[SortKey], row: &RowFacts<'_>) -> Arc<[Value]> {
    keys.iter().map(|key| value(*key, row)).collect()
}

fn value(key: SortKey, row: &RowFacts<'_>) -> Value {
    let text = |text: String| Value::Text(casemap::fold(&text).into());
    let envelope = || row.digest.envelope();
    match key {
        SortKey::Arrival => Value::Number(row.internal_date.seconds),
        SortKey::Date => Value::Number(sent(row)),
        SortKey::Size => Value::Number(i64::try_from(row.size).unwrap_or(i64::MAX)),
        SortKey::Subject => text(subject::base(envelope().subject.unwrap_or_default()).text),
        SortKey::Cc => text(local_part(envelope().cc.next())),
        SortKey::From => text(local_part(envelope().from.next())),
        SortKey::To => text(local_part(envelope().to.next())),
        SortKey::DisplayFrom => text(display(envelope().from.next())),
        SortKey::DisplayTo => text(display(envelope().to.next())),
        // Known by the search, which puts it here.
        SortKey::Relevancy => Value::Number(0),
    }
}

/// Bytes of one message's values in memory, about.
pub(crate) fn size(values: &Arc<[Value]>) -> usize {
    let text = |value: &Value| if let Value::Text(text) = value { text.len() + 16 } else { 0 };
    values.iter().map(|value| size_of::<Value>() + text(value)).sum::<usize>() + 16
}

/// RFC 5256 §2.2: the sent date as a moment; the internal date where there is none.
pub(crate) fn sent(row: &RowFacts<'_>) -> i64 {
    row.digest.sent().map_or(row.internal_date.seconds, |sent| sent.epoch)
}

/// addr-mailbox of the first address; of a group that is its name.
fn local_part(first: Option<Address<'_>>) -> String {
    first.and_then(|address| address.mailbox).map(encoded_word::decode).unwrap_or_default()
}

/// RFC 5957 §3: the name, or else the address.
fn display(first: Option<Address<'_>>) -> String {
    let Some(address) = first else { return String::new() };
    let name = address.name.map(encoded_word::decode).unwrap_or_default();
    match (address.mailbox, address.host) {
        _ if !name.is_empty() => name,
        (Some(mailbox), Some(host)) => {
            format!("{}@{}", String::from_utf8_lossy(mailbox), String::from_utf8_lossy(host))
        }
        (Some(mailbox), None) => String::from_utf8_lossy(mailbox).into_owned(),
        (None, _) => String::new(),
    }
}

/// Puts relevancy where the criteria ask for it: the highest first, so the smallest number.
pub(crate) fn put_scores(gathered: &mut Gathered<Arc<[Value]>>, criteria: &[Criterion], scores: &HashMap<usize, u8>) {
    for (at, values) in &mut gathered.messages {
        let (Some(values), Some(score)) = (values, scores.get(at)) else { continue };
        let scored = criteria.iter().zip(values.iter()).map(|(criterion, value)| match criterion.key {
            SortKey::Relevancy => Value::Number(-i64::from(*score)),
            _ => value.clone(),
        });
        *values = scored.collect();
    }
}

/// How two messages stand by the criteria alone.
pub(crate) fn compare(criteria: &[Criterion], one: &[Value], other: &[Value]) -> Ordering {
    let each = criteria.iter().zip(one.iter().zip(other.iter()));
    each.map(|(criterion, (one, other))| match criterion.direction {
        Direction::Ascending => one.cmp(other),
        Direction::Descending => other.cmp(one),
    })
    .find(|order| *order != Ordering::Equal)
    .unwrap_or(Ordering::Equal)
}

/// The messages in the order of the criteria; equal ones in that of the mailbox. One that was removed meanwhile has no values,
/// and comes first.
pub(crate) fn sorted(gathered: Gathered<Arc<[Value]>>, criteria: &[Criterion]) -> (View, Vec<usize>) {
    let Gathered { view, messages } = gathered;
    let order = order(messages.len(), criteria, |place| messages[place].1.as_deref());
    (view, order.into_iter().map(|place| messages[place].0).collect())
}

/// For each message of a column its place in the order of the criteria, equal ones in the order of their UIDs.
pub(crate) fn ranks(column: &Column<Arc<[Value]>>, criteria: &[Criterion]) -> Column<u32> {
    let values = column.facts();
    let mut ranks = vec![0; values.len()];
    for (rank, place) in (0..).zip(order(values.len(), criteria, |place| values.get(place).map(|values| &**values))) {
        ranks[place] = rank;
    }
    Column::new(column.uids().to_vec(), ranks)
}

/// Places from 0 to `count` in the order of the criteria, equal ones ascending.
fn order<'v>(count: usize, criteria: &[Criterion], values: impl Fn(usize) -> Option<&'v [Value]>) -> Vec<usize> {
    // Most pairs differ in what fits into a word, which lies beside the message; the values lie all over the memory.
    let by = criteria.first().map(|criterion| criterion.direction);
    let mut order: Vec<(u128, usize)> = (0..count).map(|place| (prefix(values(place), by), place)).collect();
    order.sort_unstable_by(|(one, at), (other, place)| {
        let full = || match (values(*at), values(*place)) {
            (Some(one), Some(other)) => compare(criteria, one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        };
        // Equal ones stay in the order of the mailbox.
        one.cmp(other).then_with(full).then(at.cmp(place))
    });
    order.into_iter().map(|(_, place)| place).collect()
}

/// The messages, given with their ranks, in the order of these; those without one, which are gone, come first.
pub(crate) fn by_rank(ranked: impl Iterator<Item = (usize, Option<u32>)>) -> Vec<usize> {
    let mut order: Vec<(u32, usize)> =
        ranked.map(|(at, rank)| (rank.map_or(0, |rank| rank.saturating_add(1)), at)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, at)| at).collect()
}

/// The beginning of what the first criterion compares, in its order. One without values comes first.
fn prefix(values: Option<&[Value]>, direction: Option<Direction>) -> u128 {
    let Some(values) = values else { return 0 };
    let first = match values.first() {
        // 0 is for those without values.
        Some(Value::Number(number)) => (u128::from(number.wrapping_sub(i64::MIN).cast_unsigned()) << 1) | 1 << 65,
        Some(Value::Text(text)) => {
            let mut start = [0; 16];
            let count = text.len().min(15);
            start[1..=count].copy_from_slice(&text.as_bytes()[..count]);
            start[0] = 1;
            u128::from_be_bytes(start)
        }
        None => 1,
    };
    match direction {
        Some(Direction::Descending) => u128::MAX - first,
        _ => first,
    }
}
