//! The list form of `configutil`.

use anyhow::bail;
use config::{Entry, Key, Kind, Settings, keys};
use serde_json::{Value, json};

use crate::output;

/// Whether settings that are as delivered are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Only {
    All,
    Site,
}

/// Whether settings without a value are listed, and those that do nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    Listed,
    LeftOut,
}

/// How a setting is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `name = value`
    Plain,
    /// `name = value [REFRESHABLE]`
    Marked,
    Json,
}

/// Whether passwords are printed. They are only when they are asked for by name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    Shown,
    Hidden,
}

/// What to list, and how.
pub struct Listing<'a> {
    pub pattern: Option<&'a str>,
    pub only: Only,
    pub empty: Empty,
    pub form: Form,
}

/// Prints the settings that `listing` asks for.
pub fn print(settings: &Settings, listing: &Listing<'_>) -> anyhow::Result<()> {
    let alike: Vec<Entry> = settings.entries().into_iter().filter(|entry| like(listing.pattern, &entry.name)).collect();
    if alike.is_empty() {
        bail!("no setting is like '{}'", listing.pattern.unwrap_or_default());
    }
    let listed = alike.iter().filter(|entry| {
        let worth_it = !entry.value.is_empty() && entry.key.without_effect.is_none();
        entry.overridden || (listing.only == Only::All && (worth_it || listing.empty == Empty::Listed))
    });
    match listing.form {
        Form::Json => output::line(Value::Array(listed.map(|entry| json(entry, Secrets::Hidden)).collect())),
        form => listed.for_each(|entry| output::line(line(entry, form, Secrets::Hidden))),
    }
    Ok(())
}

/// Whether `name` is like `pattern`: begins with it, or is matched whole where it holds `*` or `?`.
pub fn like(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else { return true };
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    if pattern.contains(['*', '?']) { glob(pattern.as_bytes(), name.as_bytes()) } else { name.starts_with(&pattern) }
}

/// Goes back to the last star only, so it is quick for every pattern.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// `name = value`, a value with blanks in double quotes.
pub fn line(entry: &Entry, form: Form, secrets: Secrets) -> String {
    format!("{} = {}{}", entry.name, config::quote(shown(entry, secrets)), mark(entry.key, form))
}

/// What `-m` puts behind a setting.
pub fn mark(key: &Key, form: Form) -> &'static str {
    match (form, keys::refreshable(key)) {
        (Form::Marked, true) => " [REFRESHABLE]",
        (Form::Marked, false) => " [NOT REFRESHABLE]",
        _ => "",
    }
}

fn shown(entry: &Entry, secrets: Secrets) -> &str {
    if entry.key.kind == Kind::Secret && !entry.value.is_empty() && secrets == Secrets::Hidden {
        config::HIDDEN
    } else {
        &entry.value
    }
}

/// One setting with all that is known of it.
pub fn json(entry: &Entry, secrets: Secrets) -> Value {
    json!({
        "name": entry.name,
        "value": shown(entry, secrets),
        "default": entry.key.default,
        "set": entry.overridden,
        "secret": entry.key.kind == Kind::Secret,
        "refreshable": keys::refreshable(entry.key),
        "type": entry.key.describe_kind(),
        "without_effect": entry.key.without_effect,
        "help": entry.key.help,
        "source": entry.key.source,
    })
}
