//! Special uses of mailboxes (RFC 6154, RFC 8457).

/// What a mailbox is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecialUse {
    /// `\All`
    All,
    /// `\Archive`
    Archive,
    /// `\Drafts`
    Drafts,
    /// `\Flagged`
    Flagged,
    /// `\Junk`
    Junk,
    /// `\Sent`
    Sent,
    /// `\Trash`
    Trash,
    /// `\Important`
    Important,
}

const TABLE: &[(SpecialUse, &str)] = &[
    (SpecialUse::All, "\\All"),
    (SpecialUse::Archive, "\\Archive"),
    (SpecialUse::Drafts, "\\Drafts"),
    (SpecialUse::Flagged, "\\Flagged"),
    (SpecialUse::Junk, "\\Junk"),
    (SpecialUse::Sent, "\\Sent"),
    (SpecialUse::Trash, "\\Trash"),
    (SpecialUse::Important, "\\Important"),
];

impl SpecialUse {
    /// The attribute as IMAP writes it, with its backslash.
    pub fn attribute(self) -> &'static str {
        TABLE.iter().find(|(this, _)| *this == self).map_or("", |(_, name)| name)
    }

    /// Reads an attribute, with its backslash, in any case.
    pub fn from_attribute(name: &str) -> Option<Self> {
        TABLE.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(this, _)| *this)
    }
}
