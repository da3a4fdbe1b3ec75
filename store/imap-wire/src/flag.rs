//! Flags and keywords (RFC 3501 §2.3.2 and §9 `flag`).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};

/// The system flags that a client may set, as bits. `\Recent` is the session's own and is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct SystemFlags(pub u8);

impl SystemFlags {
    /// `\Answered`
    pub const ANSWERED: Self = Self(1);
    /// `\Flagged`
    pub const FLAGGED: Self = Self(2);
    /// `\Deleted`
    pub const DELETED: Self = Self(4);
    /// `\Seen`
    pub const SEEN: Self = Self(8);
    /// `\Draft`
    pub const DRAFT: Self = Self(16);

    /// Every system flag with its name, in the order in which they are printed.
    pub const NAMES: [(Self, &'static str); 5] = [
        (Self::ANSWERED, "\\Answered"),
        (Self::FLAGGED, "\\Flagged"),
        (Self::DELETED, "\\Deleted"),
        (Self::SEEN, "\\Seen"),
        (Self::DRAFT, "\\Draft"),
    ];

    /// True when all of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOrAssign for SystemFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Flags as a client names them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlagList {
    /// The system flags.
    pub system: SystemFlags,
    /// The keywords, each once, in the order given. They compare in any case.
    pub keywords: Vec<String>,
}

/// Most keywords of one list. A mailbox holds far fewer; but each is compared with those before it.
pub const MAX_KEYWORDS: usize = 1000;
/// Longest keyword, in octets.
pub const MAX_KEYWORD: usize = 255;

impl FlagList {
    /// flag-list: `( … )`, maybe empty.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let mut flags = Self::default();
        cursor.list_or_empty(|cursor| flags.parse_one(cursor))?;
        Ok(flags)
    }

    /// The bare form of STORE: `flag *(SP flag)`, or a list.
    pub fn parse_bare(cursor: &mut Cursor<'_>) -> Result<Self> {
        if cursor.peek() == Some(b'(') {
            return Self::parse(cursor);
        }
        let mut flags = Self::default();
        flags.parse_one(cursor)?;
        while cursor.eat(b' ') {
            flags.parse_one(cursor)?;
        }
        Ok(flags)
    }

    fn parse_one(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        if cursor.peek() == Some(b'\\') {
            self.system |= system_flag(cursor)?;
            return Ok(());
        }
        let keyword = keyword(cursor)?;
        if self.keywords.iter().any(|known| known.eq_ignore_ascii_case(&keyword)) {
            return Ok(());
        }
        if self.keywords.len() == MAX_KEYWORDS {
            return Err(WireError::limit("Too many keywords in one list"));
        }
        self.keywords.push(keyword);
        Ok(())
    }
}

/// A system flag that may be set.
fn system_flag(cursor: &mut Cursor<'_>) -> Result<SystemFlags> {
    for (flag, name) in SystemFlags::NAMES {
        if cursor.eat_word(name) {
            return Ok(flag);
        }
    }
    if cursor.eat_word("\\Recent") {
        return Err(WireError::bad("The \\Recent flag cannot be set"));
    }
    Err(WireError::bad("Unknown system flag"))
}

/// flag-keyword: an atom.
pub fn keyword(cursor: &mut Cursor<'_>) -> Result<String> {
    let atom = cursor.atom().map_err(|_| WireError::bad("Expected a flag"))?;
    if atom.len() > MAX_KEYWORD {
        return Err(WireError::limit("Keyword is too long"));
    }
    Ok(String::from_utf8_lossy(atom).into_owned())
}
