//! Mailbox names: the rules, INBOX, and the hierarchy.

use std::fmt;
use std::sync::Arc;

use crate::error::{Result, StoreError};

/// A mailbox's name in UTF-8, checked; hierarchy separator `/`. INBOX is written in capitals, also
/// as the first component of a longer name. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxName(Arc<str>);

impl MailboxName {
    /// The hierarchy separator.
    pub const SEPARATOR: char = '/';
    /// The longest component in bytes.
    pub const LONGEST_COMPONENT: usize = 255;
    /// The longest name in bytes.
    pub const LONGEST: usize = 1000;

    /// Checks a name: no empty component, no control character, not too long. Unicode is kept as it was written.
    pub fn new(name: &str) -> Result<Self> {
        let refuse = |why: &str| Err(StoreError::Invalid(format!("mailbox name: {why}")));
        if name.is_empty() {
            return refuse("it is empty");
        }
        if name.len() > Self::LONGEST {
            return refuse("longer than 1000 bytes");
        }
        if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return refuse("it has a control character");
        }
        for component in name.split(Self::SEPARATOR) {
            if component.is_empty() {
                return refuse("it has an empty component");
            }
            if component.len() > Self::LONGEST_COMPONENT {
                return refuse("a component is longer than 255 bytes");
            }
        }
        let (first, rest) = name.split_at(name.find(Self::SEPARATOR).unwrap_or(name.len()));
        if first.eq_ignore_ascii_case("INBOX") && first != "INBOX" {
            return Ok(Self(format!("INBOX{rest}").into()));
        }
        Ok(Self(name.into()))
    }

    /// INBOX.
    pub fn inbox() -> Self {
        Self("INBOX".into())
    }

    /// Takes a name that was checked when it was written to disk.
    pub(crate) fn stored(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is INBOX itself.
    pub fn is_inbox(&self) -> bool {
        &*self.0 == "INBOX"
    }

    /// The name one level up.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once(Self::SEPARATOR).map(|(parent, _)| Self(parent.into()))
    }

    /// Whether this is somewhere below `other`.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.starts_with(Self::SEPARATOR))
    }

    /// The name that this one gets when `from`, which it is below, becomes `to`.
    pub(crate) fn moved(&self, from: &Self, to: &Self) -> Result<Self> {
        let rest = self.0.strip_prefix(&*from.0).unwrap_or(&self.0);
        Self::new(&format!("{to}{rest}"))
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for MailboxName {
    type Err = StoreError;
    fn from_str(name: &str) -> Result<Self> {
        Self::new(name)
    }
}
