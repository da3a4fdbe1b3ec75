//! The key table: one row per `configutil` key, one file per family.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    error::Refusal,
    key::{Effect, Key, Kind},
    pattern::{self, Spelled},
};

pub mod access;
pub mod directory;
pub mod ens;
pub mod former;
pub mod housekeeping;
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
pub mod watching;

/// Every row, in the order of the families.
pub fn all() -> impl Iterator<Item = &'static Key> {
    [
        site::ROWS,
        service::ROWS,
        directory::ROWS,
        imap::ROWS,
        pop::ROWS,
        http::ROWS,
        lmtp::ROWS,
        proxy::ROWS,
        store::ROWS,
        housekeeping::ROWS,
        tls::ROWS,
        ens::ROWS,
        log::ROWS,
        watching::ROWS,
        former::ROWS,
        access::ROWS,
        access::imap::ROWS,
        access::pop::ROWS,
        access::http::ROWS,
        access::lmtp::ROWS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// A typed name with its row.
#[derive(Debug, Clone)]
pub struct Named {
    /// The row.
    pub key: &'static Key,
    /// The name as it is stored: the manual's capitals, labels, host and language in lower case.
    pub name: String,
    /// The label or host in the name, in lower case; empty where there is none.
    pub label: String,
    /// The language of `;lang-xx`.
    pub language: Option<String>,
}

// Nearly every name is one of these, and a settings file may have thousands of lines.
static PLAIN: LazyLock<HashMap<String, &'static Key>> = LazyLock::new(|| {
    all().filter(|key| !key.name.contains(['<', '['])).map(|key| (key.name.to_ascii_lowercase(), key)).collect()
});

/// The row for `name`, which may be written in any case and may hold labels, a host or a language.
pub fn find(name: &str) -> Result<&'static Key, Refusal> {
    resolve(name).map(|named| named.key)
}

/// As [`find`], with the name as it is stored.
pub fn resolve(name: &str) -> Result<Named, Refusal> {
    let typed = name.trim();
    let unknown = || Refusal::UnknownName { name: typed.to_owned(), closest: closest(typed) };
    let (plain, language) = pattern::split_language(typed);
    if !plain.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(unknown());
    }
    let (key, spelled) = match PLAIN.get(&plain.to_ascii_lowercase()) {
        Some(key) => (*key, Spelled { name: key.name.to_owned(), label: String::new() }),
        None => all()
            .filter_map(|key| Some((key, key.spell(plain)?)))
            // `x.admin.host` also starts like `x`: the row that says most of the name wins.
            .max_by_key(|(key, _)| pattern::literal_length(key.name))
            .ok_or_else(unknown)?,
    };
    let name = match &language {
        None => spelled.name,
        Some(tag) if key.per_language => format!("{};lang-{tag}", spelled.name),
        Some(_) => return Err(Refusal::NoLanguages { name: spelled.name }),
    };
    Ok(Named { key, name, label: spelled.label, language })
}

/// The known name that was probably meant: one that ends as `name` does, or the one with the fewest edits.
fn closest(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let known = || all().filter(|key| !key.is_family()).map(Key::plain_name);
    let tail = format!(".{name}");
    let mut longer = known().filter(|known| known.to_ascii_lowercase().ends_with(&tail));
    if let (Some(only), None) = (longer.next(), longer.next()) {
        return Some(only);
    }
    let (distance, known) = known()
        .map(|known| (edits(&name, &known.to_ascii_lowercase()), known))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= 4).then_some(known)
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

/// Declares the rows of a family: a constant each, and `ROWS` with all of them. After its help a row may carry the marks
/// `per_host`, `per_language` and `without_effect("why")`.
macro_rules! rows {
    ($( $const:ident: $name:literal, $kind:expr, $default:literal, $effect:ident, $source:literal, $help:literal
        $(, $mark:ident $(($reason:literal))?)*; )*) => {
        $(
            #[doc = $help]
            pub const $const: &crate::key::Key = &crate::key::Key {
                name: $name,
                kind: $kind,
                default: $default,
                effect: crate::key::Effect::$effect,
                per_host: false,
                per_language: false,
                without_effect: None,
                bounds: None,
                source: $source,
                help: $help,
            }
            $(.$mark($($reason)?))*;
        )*
        /// The rows of this family.
        pub const ROWS: &[&crate::key::Key] = &[$($const),*];
    };
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
