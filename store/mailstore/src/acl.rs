//! Access control lists (RFC 4314): rights, and what a list gives to whom.

use std::fmt;

use crate::account_id::AccountId;
use crate::error::{Result, StoreError};
use crate::flags::Flags;

/// The rights in the order in which they are printed (RFC 4314 §2.1).
const ORDER: &[u8] = b"lrswipkxtea";

/// A set of RFC 4314 rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Rights(u16);

impl Rights {
    /// No right.
    pub const NONE: Self = Self(0);
    /// Every right of RFC 4314.
    pub const ALL: Self = Self((1 << ORDER.len()) - 1);

    /// `l`: the mailbox is listed, and one may know that it is there.
    pub const LOOKUP: Self = Self(1);
    /// `r`: it may be opened and its counters read.
    pub const READ: Self = Self(1 << 1);
    /// `s`: `\Seen`.
    pub const SEEN: Self = Self(1 << 2);
    /// `w`: flags but `\Seen` and `\Deleted`.
    pub const WRITE: Self = Self(1 << 3);
    /// `i`: messages may be added.
    pub const INSERT: Self = Self(1 << 4);
    /// `p`: mail may be sent to it; nothing here asks for it.
    pub const POST: Self = Self(1 << 5);
    /// `k`: mailboxes may be made below it.
    pub const CREATE: Self = Self(1 << 6);
    /// `x`: the mailbox may be deleted or renamed.
    pub const DELETE: Self = Self(1 << 7);
    /// `t`: `\Deleted`.
    pub const TRASH: Self = Self(1 << 8);
    /// `e`: EXPUNGE.
    pub const EXPUNGE: Self = Self(1 << 9);
    /// `a`: the list itself may be read and changed.
    pub const ADMINISTER: Self = Self(1 << 10);
    /// What an owner has whatever the list says, and a store administrator in everybody's mailboxes: nobody can lock them out.
    pub const KEPT: Self = Self(Self::LOOKUP.0 | Self::CREATE.0 | Self::DELETE.0 | Self::ADMINISTER.0);

    /// Reads rights letters; the `c` and `d` of RFC 2086 stand for `kx` and `et`, the first of the two readings of RFC 4314 §2.1.1.
    pub fn parse(letters: &str) -> Result<Self> {
        let mut bits = 0;
        for letter in letters.bytes() {
            bits |= match letter {
                b'c' => Self::bit(b'k') | Self::bit(b'x'),
                b'd' => Self::bit(b'e') | Self::bit(b't'),
                _ => match Self::bit(letter) {
                    0 => return Err(StoreError::Invalid(format!("'{}' is not a right", char::from(letter)))),
                    bit => bit,
                },
            };
        }
        Ok(Self(bits))
    }

    /// Whether all of `other` is in here.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether one of `other` is in here.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Each right by itself, in the order in which they are printed.
    pub fn each(self) -> impl Iterator<Item = Self> {
        (0..ORDER.len()).map(|at| Self(1 << at)).filter(move |right| self.contains(*right))
    }

    /// The letters, with `c` and `d` where one of their members is there (RFC 4314 §2.1.1: for clients of RFC 2086).
    pub fn with_obsolete(self) -> String {
        let mut letters = self.to_string();
        if self.intersects(Self::CREATE.union(Self::DELETE)) {
            letters.push('c');
        }
        if self.intersects(Self::TRASH.union(Self::EXPUNGE)) {
            letters.push('d');
        }
        letters
    }

    /// The flags that may be changed with these rights (RFC 4314 §4).
    pub fn flags(self) -> Flags {
        let mut flags = Flags::NONE;
        if self.contains(Self::SEEN) {
            flags = flags | Flags::SEEN;
        }
        if self.contains(Self::TRASH) {
            flags = flags | Flags::DELETED;
        }
        if self.contains(Self::WRITE) {
            flags = flags | Flags(u64::MAX).without(Flags::SEEN | Flags::DELETED);
        }
        flags
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is no right in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn bit(letter: u8) -> u16 {
        ORDER.iter().position(|l| *l == letter).map_or(0, |at| 1 << at)
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in ORDER {
            if self.0 & Self::bit(*letter) != 0 {
                write!(f, "{}", char::from(*letter))?;
            }
        }
        Ok(())
    }
}

/// One line of a mailbox's access control list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclEntry {
    /// Who: a user, `anyone`, or with a leading `-` for taking rights away.
    pub identifier: String,
    /// What they may.
    pub rights: Rights,
}

/// How an entry of a list is changed (RFC 4314 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AclChange {
    /// These and no others.
    Set(Rights),
    /// These too.
    Add(Rights),
    /// Without these.
    Remove(Rights),
}

impl AclChange {
    pub(crate) fn of(self, before: Rights) -> Rights {
        match self {
            Self::Set(rights) => rights,
            Self::Add(rights) => before.union(rights),
            Self::Remove(rights) => before.without(rights),
        }
    }
}

/// What everybody is called in a list.
pub const ANYONE: &str = "anyone";

/// Somebody who uses mailboxes, with every name by which lists know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    name: AccountId,
    identifiers: Vec<String>,
    administrator: bool,
}

impl Visitor {
    /// The user of an account, in a domain (empty if the site has none): known as the account's name, `anyone` and `anyone@domain`.
    pub fn new(name: AccountId, domain: &str) -> Self {
        let mut identifiers = vec![name.as_str().to_owned(), ANYONE.to_owned()];
        if !domain.is_empty() {
            identifiers.push(format!("{ANYONE}@{domain}"));
        }
        Self { name, identifiers, administrator: false }
    }

    /// A member of these groups too, each as `group=name` or `group=name@domain`.
    #[must_use]
    pub fn in_groups(mut self, groups: impl IntoIterator<Item = String>) -> Self {
        self.identifiers.extend(groups);
        self
    }

    /// A store administrator, who has [`Rights::KEPT`] everywhere.
    #[must_use]
    pub fn as_administrator(mut self) -> Self {
        self.administrator = true;
        self
    }

    /// Whose account is the visitor's own.
    pub fn name(&self) -> &AccountId {
        &self.name
    }

    /// Whether this is a store administrator.
    pub fn is_administrator(&self) -> bool {
        self.administrator
    }

    /// Every name by which lists know the visitor.
    pub(crate) fn identifiers(&self) -> &[String] {
        &self.identifiers
    }

    /// What a list of `owner` gives: all that any name of the visitor has, less what entries with `-` take away.
    pub(crate) fn rights(&self, owner: &AccountId, acl: &[AclEntry]) -> Rights {
        let is_owner = *owner == self.name;
        let named = |identifier: &str| self.identifiers.iter().any(|own| own == identifier);
        let (mut given, mut taken) = (Rights::NONE, Rights::NONE);
        // Nobody said anything about the owner: then nothing is kept from them.
        if is_owner && !acl.iter().any(|entry| entry.identifier == owner.as_str()) {
            given = Rights::ALL;
        }
        for entry in acl {
            if named(&entry.identifier) {
                given = given.union(entry.rights);
            } else if entry.identifier.strip_prefix('-').is_some_and(named) {
                taken = taken.union(entry.rights);
            }
        }
        let rights = given.without(taken);
        if is_owner || self.administrator { rights.union(Rights::KEPT) } else { rights }
    }
}

/// A mailbox that somebody may use who is not its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Whose it is.
    pub owner: AccountId,
    /// Its name in the owner's account.
    pub name: crate::MailboxName,
    /// What the asker may do.
    pub rights: Rights,
}
