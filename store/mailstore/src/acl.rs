//! Access control lists (RFC 4314): kept here, enforced by who calls.

use std::fmt;

use crate::error::{Result, StoreError};

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

    /// Reads rights letters; the `c` and `d` of RFC 2086 stand for `kx` and `etx` (RFC 4314 §2.1.1).
    pub fn parse(letters: &str) -> Result<Self> {
        let mut bits = 0;
        for letter in letters.bytes() {
            bits |= match letter {
                b'c' => Self::bit(b'k') | Self::bit(b'x'),
                b'd' => Self::bit(b'e') | Self::bit(b't') | Self::bit(b'x'),
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

    /// Both together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
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
