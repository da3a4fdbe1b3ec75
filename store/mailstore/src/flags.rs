//! Flags and keywords of messages (RFC 3501 §2.3.2): bits in a word, names beside it.

use std::fmt;
use std::sync::Arc;

use crate::ModSeq;
use crate::error::{Result, StoreError};

/// The bit of the first keyword; the bits between the system flags and it are kept for later system flags.
pub(crate) const FIRST_KEYWORD: u32 = 8;

/// A message's flags as one word: five system flags, and up to 56 keywords whose names the
/// mailbox's [`KeywordNames`] knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub(crate) u64);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// `\Seen`
    pub const SEEN: Self = Self(1);
    /// `\Answered`
    pub const ANSWERED: Self = Self(2);
    /// `\Flagged`
    pub const FLAGGED: Self = Self(4);
    /// `\Deleted`
    pub const DELETED: Self = Self(8);
    /// `\Draft`
    pub const DRAFT: Self = Self(16);
    /// All system flags.
    pub const SYSTEM: Self = Self(31);

    const NAMES: [(Self, &'static str); 5] = [
        (Self::ANSWERED, "\\Answered"),
        (Self::FLAGGED, "\\Flagged"),
        (Self::DELETED, "\\Deleted"),
        (Self::SEEN, "\\Seen"),
        (Self::DRAFT, "\\Draft"),
    ];

    /// Whether all of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether one of `other` is set.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Only the system flags.
    #[must_use]
    pub const fn system(self) -> Self {
        Self(self.0 & Self::SYSTEM.0)
    }

    /// Only the keywords.
    #[must_use]
    pub const fn keywords(self) -> Self {
        Self(self.0 & !((1 << FIRST_KEYWORD) - 1))
    }

    /// Names of the system flags that are set, with their backslash.
    pub fn system_names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }

    /// Reads a system flag's name (with its backslash, any case). `\Recent` is none: nobody sets it.
    pub fn from_system_name(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(flag, _)| flag)
    }

    /// The word itself, stable inside one process only.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl std::ops::BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.system_names()).entry(&format_args!("{:#x}", self.keywords().0)).finish()
    }
}

/// The keywords of a mailbox: which bit has which name. Names compare in any case and keep the case they were first written in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeywordNames {
    pub(crate) names: Vec<Option<Arc<str>>>,
}

impl KeywordNames {
    /// How many keywords a mailbox can hold.
    pub const LIMIT: usize = 64 - FIRST_KEYWORD as usize;
    /// The longest keyword in bytes.
    pub const LONGEST: usize = 255;

    /// Every keyword of the mailbox.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().flatten().map(|name| &**name)
    }

    /// The keywords that are set in `flags`.
    pub fn names(&self, flags: Flags) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .enumerate()
            .filter(move |(at, _)| flags.0 & Self::bit(*at).0 != 0)
            .filter_map(|(_, name)| name.as_deref())
    }

    /// The flags and keywords that are set in `flags`, blanks between them.
    pub fn words(&self, flags: Flags) -> String {
        let mut words: Vec<&str> = flags.system_names().collect();
        words.extend(self.names(flags));
        words.join(" ")
    }

    /// The bit of a keyword; `None` if the mailbox does not know it (then no message has it).
    pub fn flag(&self, keyword: &str) -> Option<Flags> {
        self.names
            .iter()
            .position(|name| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(keyword)))
            .map(Self::bit)
    }

    pub(crate) fn bit(at: usize) -> Flags {
        Flags(1 << (FIRST_KEYWORD as usize + at))
    }

    /// Refuses what is not an IMAP atom, or begins with a backslash, or is too long.
    pub fn check(keyword: &str) -> Result<()> {
        let atom = |byte: u8| byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte);
        if keyword.is_empty() || keyword.len() > Self::LONGEST || !keyword.bytes().all(atom) {
            return Err(StoreError::Invalid("a keyword is an atom of 1 to 255 characters".into()));
        }
        Ok(())
    }
}

/// Flags to set, with keywords by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlagSet {
    /// System flags.
    pub system: Flags,
    /// Keywords.
    pub keywords: Vec<String>,
}

impl From<Flags> for FlagSet {
    /// The system flags of `flags`; its keyword bits mean nothing without their mailbox and are left out.
    fn from(flags: Flags) -> Self {
        Self { system: flags.system(), keywords: Vec::new() }
    }
}

/// What [`FlagChange`] does with its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagOp {
    /// Sets them.
    Add,
    /// Clears them.
    Remove,
    /// Leaves only them.
    Replace,
}

/// A change of flags on a set of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagChange {
    /// What to do.
    pub op: FlagOp,
    /// With which flags.
    pub flags: FlagSet,
    /// Leave alone, and report, messages whose MODSEQ is greater (RFC 7162 UNCHANGEDSINCE).
    pub unchanged_since: Option<ModSeq>,
}
