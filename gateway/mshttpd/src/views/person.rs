//! People: names, initials, the colour of their disc.

use backends::Address;

/// Somebody as shown.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Display name, or the address where there is none.
    pub name: String,
    /// `local@domain`; empty for an address that is only a name.
    pub mail: String,
    /// One or two letters.
    pub initials: String,
    /// Class of the disc's colour.
    pub hue: &'static str,
}

impl Person {
    /// From a name and an address.
    pub fn new(name: &str, mail: &str) -> Self {
        let shown = match (name.trim(), mail) {
            ("", "") => "(no valid address)",
            ("", mail) => mail,
            (name, _) => name,
        };
        let shown = cut(&visible(shown), LONGEST_NAME);
        Self {
            initials: initials(&shown),
            hue: hue(if mail.is_empty() { &shown } else { mail }),
            name: shown,
            mail: cut(&visible(mail), LONGEST_MAIL),
        }
    }

    /// Whether there is an address beside the name.
    pub fn has_both(&self) -> bool {
        !self.mail.is_empty() && self.mail != self.name
    }

    /// `Name <address>` as one types it, quoted where the name needs it.
    pub fn typed(&self) -> String {
        if self.mail.is_empty() {
            return self.name.clone();
        }
        typed(if self.has_both() { &self.name } else { "" }, &self.mail)
    }
}

impl From<&Address> for Person {
    fn from(address: &Address) -> Self {
        Self::new(&address.name, &address.email)
    }
}

/// An address as one types it (RFC 5322 §3.4): the name quoted where it holds specials.
pub fn typed(name: &str, mail: &str) -> String {
    if name.is_empty() {
        return mail.to_owned();
    }
    if name.chars().any(|c| "()<>[]:;@\\,.\"".contains(c)) {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("\"{quoted}\" <{mail}>");
    }
    format!("{name} <{mail}>")
}

/// Header text that may be shown: no control characters, and no bidirectional overrides that reorder what stands beside.
pub fn visible(text: &str) -> String {
    text.chars()
        .filter(
            |c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}'),
        )
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Characters of a name that are shown.
const LONGEST_NAME: usize = 200;
/// Characters of an address that are shown.
const LONGEST_MAIL: usize = 320;

/// The first `most` characters, the last of them an ellipsis where something is left out.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn initials(name: &str) -> String {
    let mut words = name
        .split(|c: char| c.is_whitespace() || matches!(c, '@' | '.' | '_' | '-' | '"' | '(' | ','))
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let second = if name.contains('@') { None } else { words.next() };
    match (first, second) {
        (Some(a), Some(b)) => a.to_uppercase().chain(b.to_uppercase()).collect(),
        (Some(a), None) => a.to_uppercase().collect(),
        _ => "?".to_owned(),
    }
}

fn hue(key: &str) -> &'static str {
    const HUES: [&str; 6] = ["h0", "h1", "h2", "h3", "h4", "h5"];
    let sum =
        key.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte.to_ascii_lowercase())));
    HUES[(sum % 6) as usize]
}
