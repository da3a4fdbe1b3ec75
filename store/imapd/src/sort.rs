//! The SORT engine: what messages are sorted by is gathered in slices of time, then sorted in memory (RFC 5256 §3).

pub(crate) mod gathering;
pub(crate) mod subject;

use std::cmp::Ordering;
use std::collections::HashMap;

use imap_wire::sort::{Criterion, Direction, SortKey};
use message::{Address, casemap, encoded_word};

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
pub(crate) fn values(keys: &[SortKey], row: &RowFacts<'_>) -> Box<[Value]> {
    keys.iter().map(|key| value(*key, row)).collect()
}

fn value(key: SortKey, row: &RowFacts<'_>) -> Value {
    let text = |text: String| Value::Text(casemap::fold(&text).into());
    let envelope = || row.digest.envelope();
    match key {
        SortKey::Arrival => Value::Number(row.internal_date),
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

/// RFC 5256 §2.2: the sent date as a moment; the internal date where there is none.
pub(crate) fn sent(row: &RowFacts<'_>) -> i64 {
    row.digest.sent().map_or(row.internal_date, |sent| sent.epoch)
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
pub(crate) fn put_scores(gathered: &mut Gathered<Box<[Value]>>, criteria: &[Criterion], scores: &HashMap<usize, u8>) {
    for (at, values) in &mut gathered.messages {
        let (Some(values), Some(score)) = (values, scores.get(at)) else { continue };
        for (criterion, value) in criteria.iter().zip(values.iter_mut()) {
            if criterion.key == SortKey::Relevancy {
                *value = Value::Number(-i64::from(*score));
            }
        }
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
pub(crate) fn sorted(gathered: Gathered<Box<[Value]>>, criteria: &[Criterion]) -> (View, Vec<usize>) {
    let Gathered { view, mut messages } = gathered;
    // Stable, and the messages come in the order of the mailbox.
    messages.sort_by(|(_, one), (_, other)| {
        let (Some(one), Some(other)) = (one, other) else { return one.is_some().cmp(&other.is_some()) };
        compare(criteria, one, other)
    });
    (view, messages.into_iter().map(|(at, _)| at).collect())
}
