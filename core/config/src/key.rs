//! The shape of a row in the key table.

use crate::{error::Refusal, value};

/// The type of a key's value, with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `yes`/`no`, `1`/`0`, `on`/`off`, `true`/`false`.
    Bool,
    /// A whole number between the two bounds, both included.
    Number {
        /// Smallest accepted value.
        min: i64,
        /// Largest accepted value.
        max: i64,
        /// What one is: `bytes`, `seconds`, `minutes`; empty for a plain count.
        unit: &'static str,
    },
    /// A TCP port, 1 to 65535.
    Port,
    /// One of the listed words, compared without regard to case.
    Choice(&'static [&'static str]),
    /// A host name or address.
    Host,
    /// Blank-separated IP addresses.
    Addresses,
    /// A file or folder; relative ones start at the site folder.
    Path,
    /// Letters, digits, `-` and `_`.
    Word,
    /// Any text on one line.
    Text,
    /// A password: never printed by listings, never logged.
    Secret,
}

/// When a changed value is obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// After `refresh` (SIGHUP).
    Refresh,
    /// After the service is restarted.
    Restart,
}

/// One row of the key table.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The option's name as the manual spells it.
    pub name: &'static str,
    /// Type and bounds.
    pub kind: Kind,
    /// The value when nothing is set; empty for "not set".
    pub default: &'static str,
    /// When a change is obeyed.
    pub effect: Effect,
    /// Whether `.hostname` or another label may be appended for one back end or partition.
    pub per_host: bool,
    /// Where the manual says it: `Guide §5.x`, `Reference §n`, or `own` for Heliograph's own keys.
    pub source: &'static str,
    /// One sentence for `configutil -H` and the manual page.
    pub help: &'static str,
}

impl Key {
    /// Whether `name` (compared without regard to case) is this key, or one of its per-host forms.
    pub fn matches(&self, name: &str) -> bool {
        match name.get(..self.name.len()) {
            Some(head) if head.eq_ignore_ascii_case(self.name) => {
                let tail = &name[self.name.len()..];
                tail.is_empty() || (self.per_host && tail.len() > 1 && tail.starts_with('.'))
            }
            _ => false,
        }
    }

    /// The stored form of `value`, or why it is refused.
    pub fn check(&self, value: &str) -> Result<String, Refusal> {
        value::normalise(self.kind, value.trim_matches([' ', '\t'])).map_err(|reason| Refusal::BadValue {
            name: self.name.to_owned(),
            value: if self.kind == Kind::Secret { String::new() } else { value.to_owned() },
            reason,
        })
    }

    /// The type in words, as `configutil -H` and the manual page print it.
    pub fn describe_kind(&self) -> String {
        match self.kind {
            Kind::Bool => "yes or no".to_owned(),
            Kind::Number { min, max, unit } => {
                let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
                if max == i64::MAX { format!("{min} or more{unit}") } else { format!("{min} to {max}{unit}") }
            }
            Kind::Port => "port, 1 to 65535".to_owned(),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::Host => "host name or address".to_owned(),
            Kind::Addresses => "blank-separated IP addresses".to_owned(),
            Kind::Path => "path; relative ones start at the site folder".to_owned(),
            Kind::Word => "letters, digits, - and _".to_owned(),
            Kind::Text => "text".to_owned(),
            Kind::Secret => "secret".to_owned(),
        }
    }
}
