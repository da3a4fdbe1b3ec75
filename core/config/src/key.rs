//! The shape of a row in the key table.

use crate::{
    error::Refusal,
    pattern::{self, Spelled},
    value,
};

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
    /// Blank-separated IP addresses, each with `:port` where it is not the usual one.
    Servers,
    /// Blank-separated addresses and networks.
    Networks,
    /// Access filters, joined by `$` (reference §2.2).
    AccessFilters,
    /// `IP|MASK:NUMBER` entries.
    ConnLimits,
    /// A file or folder; relative ones start at the site folder.
    Path,
    /// Blank-separated files, none with a blank in its name; relative ones start at the site folder.
    Paths,
    /// `MINUTE HOUR DAY MONTH WEEKDAY COMMAND`, or `off`.
    Schedule,
    /// Letters, digits, `-` and `_`.
    Word,
    /// The greeting of a service, with `%` codes: short enough for a response line (RFC 2449 §4) also when they are filled in.
    Banner,
    /// Any text on one line.
    Text,
    /// A password: never printed by listings, never logged.
    Secret,
}

/// Most octets of a greeting, before its codes are filled in.
pub const LONGEST_BANNER: usize = 400;

impl Kind {
    /// Most octets of a value; what is longer is a mistake, not a setting.
    pub fn longest(self) -> usize {
        match self {
            Kind::Banner => LONGEST_BANNER,
            // The longest that can be used to sign in, and the longest name of a file.
            Kind::Secret => 1024,
            Kind::Path => 4096,
            Kind::Text => 16 * 1024,
            _ => 64 * 1024,
        }
    }
}

/// What listings print in the place of a secret.
pub const HIDDEN: &str = "********";

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
    /// The option's name as the manual spells it. It may hold labels: `<NAME>`, `<NAME..>` (with dots) or, once, `[.NAME]`
    /// (may be left out).
    pub name: &'static str,
    /// Type and bounds.
    pub kind: Kind,
    /// The value when nothing is set; empty for "not set".
    pub default: &'static str,
    /// When a change is obeyed.
    pub effect: Effect,
    /// Whether `.hostname` may be appended for one back end.
    pub per_host: bool,
    /// Whether `;lang-xx` may be appended for the value in one language.
    pub per_language: bool,
    /// Why a value has no effect: the option of the old server is taken, with this as the warning, and not obeyed.
    pub without_effect: Option<&'static str>,
    /// Why the bounds are where they are, for whoever goes beyond them.
    pub bounds: Option<&'static str>,
    /// Where the manual says it: `Guide §5.x`, `Reference §n`, or `own` for Heliograph's own keys.
    pub source: &'static str,
    /// One sentence for `configutil -H` and the manual page.
    pub help: &'static str,
}

/// The marks that a row of [`rows!`](crate::keys::rows) may carry after its help.
impl Key {
    /// A host name may be appended.
    pub(crate) const fn per_host(mut self) -> Self {
        self.per_host = true;
        self
    }

    /// `;lang-xx` may be appended.
    pub(crate) const fn per_language(mut self) -> Self {
        self.per_language = true;
        self
    }

    /// The reason of the bounds.
    pub(crate) const fn because(mut self, reason: &'static str) -> Self {
        self.bounds = Some(reason);
        self
    }

    /// Taken, but not obeyed, for this reason.
    pub(crate) const fn without_effect(mut self, reason: &'static str) -> Self {
        self.without_effect = Some(reason);
        self
    }
}

impl Key {
    /// Whether `name` (compared without regard to case) is this key, or one of its forms with labels, host or language.
    pub fn matches(&self, name: &str) -> bool {
        let (plain, language) = pattern::split_language(name);
        (language.is_none() || self.per_language) && self.spell(plain).is_some()
    }

    /// `name`, which has no language, as it is stored.
    pub(crate) fn spell(&self, name: &str) -> Option<Spelled> {
        pattern::spell(self.name, self.per_host, name)
    }

    /// The name without what may be left out; still with `<NAME>` where a label must stand.
    pub fn plain_name(&self) -> String {
        pattern::without_optional(self.name)
    }

    /// The name with everything that may be appended, as usage texts print it.
    pub fn usage(&self) -> String {
        let host = if self.per_host { "[.HOST]" } else { "" };
        let language = if self.per_language { "[;lang-LANGUAGE]" } else { "" };
        format!("{}{host}{language}", self.name.replace("..>", ">"))
    }

    /// Whether a label must be given, so that the row by itself is no option.
    pub fn is_family(&self) -> bool {
        self.plain_name().contains('<')
    }

    /// The stored form of `value`, or why it is refused.
    pub fn check(&self, value: &str) -> Result<String, Refusal> {
        value::normalise(self.kind, value.trim_matches([' ', '\t'])).map_err(|reason| Refusal::BadValue {
            name: self.name.to_owned(),
            value: if self.kind == Kind::Secret { String::new() } else { value.to_owned() },
            reason: match self.bounds {
                Some(why) => format!("{reason}: {why}"),
                None => reason,
            },
        })
    }

    /// The type in words, as `configutil -H` and the manual page print it.
    pub fn describe_kind(&self) -> String {
        match self.kind {
            Kind::Bool => "yes or no".to_owned(),
            Kind::Number { min, max, unit } => {
                let unit = match unit {
                    "" => String::new(),
                    "bytes" => " bytes (K, M and G are understood)".to_owned(),
                    unit => format!(" {unit}"),
                };
                if max == i64::MAX { format!("{min} or more{unit}") } else { format!("{min} to {max}{unit}") }
            }
            Kind::Port => "port, 1 to 65535".to_owned(),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::Host => "host name or address".to_owned(),
            Kind::Addresses => "blank-separated IP addresses".to_owned(),
            Kind::Servers => "blank-separated IP addresses, with :port if need be".to_owned(),
            Kind::Networks => {
                "blank-separated addresses and networks, such as 192.0.2.1 10.0.0.0/8 2001:db8::/32".to_owned()
            }
            Kind::AccessFilters => "access filters SERVICES: CLIENTS, joined by $".to_owned(),
            Kind::ConnLimits => "comma-separated IP|MASK:NUMBER".to_owned(),
            Kind::Path => "path; relative ones start at the site folder".to_owned(),
            Kind::Paths => "blank-separated paths; relative ones start at the site folder".to_owned(),
            Kind::Schedule => "MINUTE HOUR DAY MONTH WEEKDAY COMMAND as in cron, or off".to_owned(),
            Kind::Word => "letters, digits, - and _".to_owned(),
            Kind::Banner => format!("text of up to {LONGEST_BANNER} octets, with % codes"),
            Kind::Text => "text".to_owned(),
            Kind::Secret => "secret".to_owned(),
        }
    }
}
