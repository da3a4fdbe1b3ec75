//! Flags and keywords of a message (RFC 3501 §2.3.2, RFC 5788).

use crate::Error;

/// One flag that a user can see or change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Flag {
    /// `\Seen`
    Seen,
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Draft`
    Draft,
    /// `$Forwarded`
    Forwarded,
    /// `$Junk`
    Junk,
    /// `$NotJunk`
    NotJunk,
    /// Any other keyword: an IMAP atom.
    Keyword(String),
}

impl Flag {
    /// The flag as IMAP writes it; a keyword that is not an atom is refused.
    pub(crate) fn atom(&self) -> Result<&str, Error> {
        Ok(match self {
            Self::Seen => "\\Seen",
            Self::Answered => "\\Answered",
            Self::Flagged => "\\Flagged",
            Self::Deleted => "\\Deleted",
            Self::Draft => "\\Draft",
            Self::Forwarded => "$Forwarded",
            Self::Junk => "$Junk",
            Self::NotJunk => "$NotJunk",
            Self::Keyword(word) => {
                let atom = !word.is_empty()
                    && word.len() <= 100
                    && word.bytes().all(|b| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b));
                return if atom { Ok(word) } else { Err(Error::Invalid("keyword")) };
            }
        })
    }
}

/// What to do with flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// Set them.
    Add,
    /// Clear them.
    Remove,
}

/// The flags of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `\Seen`
    pub seen: bool,
    /// `\Answered`
    pub answered: bool,
    /// `\Flagged`
    pub flagged: bool,
    /// `\Deleted`
    pub deleted: bool,
    /// `\Draft`
    pub draft: bool,
    /// `$Forwarded`
    pub forwarded: bool,
    /// `$Junk`
    pub junk: bool,
    /// `$NotJunk`
    pub not_junk: bool,
    /// Other keywords, as the server spells them.
    pub keywords: Vec<String>,
}

impl Flags {
    /// Takes one flag of a FETCH answer in.
    pub(crate) fn take(&mut self, flag: &[u8]) {
        let is = |name: &str| flag.eq_ignore_ascii_case(name.as_bytes());
        match flag.first() {
            Some(b'\\') if is("\\Seen") => self.seen = true,
            Some(b'\\') if is("\\Answered") => self.answered = true,
            Some(b'\\') if is("\\Flagged") => self.flagged = true,
            Some(b'\\') if is("\\Deleted") => self.deleted = true,
            Some(b'\\') if is("\\Draft") => self.draft = true,
            Some(b'\\') | None => {}
            _ if is("$Forwarded") => self.forwarded = true,
            _ if is("$Junk") => self.junk = true,
            _ if is("$NotJunk") => self.not_junk = true,
            _ => self.keywords.push(String::from_utf8_lossy(flag).into_owned()),
        }
    }

    /// The flags that are set, to give to a new message.
    pub fn list(&self) -> Vec<Flag> {
        let known = [
            (self.seen, Flag::Seen),
            (self.answered, Flag::Answered),
            (self.flagged, Flag::Flagged),
            (self.deleted, Flag::Deleted),
            (self.draft, Flag::Draft),
            (self.forwarded, Flag::Forwarded),
            (self.junk, Flag::Junk),
            (self.not_junk, Flag::NotJunk),
        ];
        let set = known.into_iter().filter(|(on, _)| *on).map(|(_, flag)| flag);
        set.chain(self.keywords.iter().cloned().map(Flag::Keyword)).collect()
    }
}
