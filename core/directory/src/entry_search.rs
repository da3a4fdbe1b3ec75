//! Looking up users by any attribute, as certificate mapping does (reference §3.2: DNComps, FilterComps, verifycert).

use std::sync::Arc;

use crate::{Attribute, User};

/// What [`Directory::find_entries`](crate::Directory::find_entries) looks for. Names and values are data: whoever talks LDAP escapes
/// them (RFC 4515 §3), and the base is a DN whose values are escaped already (RFC 4514 §2.4).
#[derive(Clone, Debug)]
pub struct EntrySearch<'a> {
    /// DN at or below which the entries lie; `None` is the whole directory.
    pub base: Option<&'a str>,
    /// How far below `base`.
    pub reach: Reach,
    /// Each of these must hold; none at all fits every user.
    pub conditions: &'a [Condition],
    /// At most this many answers.
    pub limit: usize,
}

/// How far below its base a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The entry of that name only.
    Entry,
    /// The entry and everything below it.
    Subtree,
}

/// An attribute that has one of these values, compared without regard to case and to repeated blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Attribute name, without options.
    pub attribute: String,
    /// Values of which one must be there; an empty list fits nothing.
    pub any_of: Vec<String>,
}

/// A user that fits.
#[derive(Clone, Debug)]
pub struct FoundEntry {
    /// The user, of any status.
    pub user: Arc<User>,
    /// Values of `userCertificate` (with or without `;binary`): DER.
    pub certificates: Vec<Vec<u8>>,
}

impl Condition {
    /// Whether one of `attributes` is such a one.
    pub(crate) fn fits(&self, attributes: &[Attribute]) -> bool {
        attributes.iter().filter(|attribute| base_name(&attribute.name).eq_ignore_ascii_case(&self.attribute)).any(
            |attribute| {
                std::str::from_utf8(&attribute.value)
                    .is_ok_and(|value| self.any_of.iter().any(|wanted| folded(wanted) == folded(value)))
            },
        )
    }
}

/// The certificates among `attributes`.
pub(crate) fn certificates(attributes: &[Attribute]) -> Vec<Vec<u8>> {
    attributes
        .iter()
        .filter(|attribute| base_name(&attribute.name).eq_ignore_ascii_case("userCertificate"))
        .map(|attribute| attribute.value.clone())
        .collect()
}

/// An attribute's name without its options (`;binary`, `;lang-fr`).
fn base_name(name: &str) -> &str {
    name.split(';').next().unwrap_or(name)
}

/// caseIgnoreMatch (RFC 4517 §4.2.11), as far as directories of people need it.
fn folded(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
