//! The key table: one row per `configutil` key, one file per family.

use crate::{
    error::Refusal,
    key::{Effect, Key, Kind},
};

pub mod http;
pub mod imap;
pub mod lmtp;
pub mod log;
pub mod pop;
pub mod proxy;
pub mod service;
pub mod site;
pub mod store;
pub mod tls;

/// Every row, in the order of the families.
pub fn all() -> impl Iterator<Item = &'static Key> {
    [
        site::ROWS,
        service::ROWS,
        imap::ROWS,
        pop::ROWS,
        http::ROWS,
        lmtp::ROWS,
        proxy::ROWS,
        store::ROWS,
        tls::ROWS,
        log::ROWS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The row for `name`, which may be written in any case and may be a per-host form.
pub fn find(name: &str) -> Result<&'static Key, Refusal> {
    let name = name.trim();
    all()
        .filter(|key| key.matches(name))
        // `x.admin.host` also starts like `x`: the longest row wins.
        .max_by_key(|key| key.name.len())
        .filter(|_| name.bytes().all(|b| b.is_ascii_graphic()))
        .ok_or_else(|| Refusal::UnknownName { name: name.to_owned(), closest: closest(name) })
}

/// `name` as it is stored: the manual's capitals, and a host part in lower case.
pub(crate) fn spelled(key: &Key, name: &str) -> String {
    format!("{}{}", key.name, name.trim()[key.name.len()..].to_ascii_lowercase())
}

/// The known name with the fewest edits from `name`, when it is near enough to be meant.
fn closest(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let (distance, key) =
        all().map(|key| (edits(&name, &key.name.to_ascii_lowercase()), key)).min_by_key(|(distance, _)| *distance)?;
    (distance <= 4).then(|| key.name.to_owned())
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Declares the rows of a family: a constant each, and `ROWS` with all of them.
macro_rules! rows {
    ($( $const:ident: $name:literal, $kind:expr, $default:literal, $effect:ident, $source:literal, $help:literal $(, $per_host:ident)?; )*) => {
        $(
            #[doc = $help]
            pub const $const: &crate::key::Key = &crate::key::Key {
                name: $name,
                kind: $kind,
                default: $default,
                effect: crate::key::Effect::$effect,
                per_host: crate::keys::rows!(@per_host $($per_host)?),
                source: $source,
                help: $help,
            };
        )*
        /// The rows of this family.
        pub const ROWS: &[&crate::key::Key] = &[$($const),*];
    };
    (@per_host) => { false };
    (@per_host per_host) => { true };
}
pub(crate) use rows;

/// A number without a unit.
const fn count(min: i64, max: i64) -> Kind {
    Kind::Number { min, max, unit: "" }
}

/// A number of bytes.
const fn bytes(min: i64) -> Kind {
    Kind::Number { min, max: i64::MAX, unit: "bytes" }
}

/// A number of seconds.
const fn seconds(min: i64, max: i64) -> Kind {
    Kind::Number { min, max, unit: "seconds" }
}

/// A number of minutes.
const fn minutes(min: i64, max: i64) -> Kind {
    Kind::Number { min, max, unit: "minutes" }
}

/// Whether a change of `key` needs a restart, as `configutil -m` prints it.
pub fn refreshable(key: &Key) -> bool {
    key.effect == Effect::Refresh
}
