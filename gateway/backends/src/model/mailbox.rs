//! Mailboxes: names, roles, counts, quota (RFC 3501 §7.2, RFC 6154, RFC 2087).

use super::rights::Rights;

/// What a mailbox is for (SPECIAL-USE, or a well-known name where the server does not say).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// INBOX
    Inbox,
    /// `\Drafts`
    Drafts,
    /// `\Sent`
    Sent,
    /// `\Archive`
    Archive,
    /// `\Junk`
    Junk,
    /// `\Trash`
    Trash,
    /// `\All`
    All,
    /// `\Flagged`
    Flagged,
}

impl Role {
    /// The role that a name tells where the server does not (`last` is the name without its parents).
    pub(crate) fn of_name(last: &str) -> Option<Self> {
        Some(match last.to_ascii_lowercase().as_str() {
            "drafts" | "draft" => Self::Drafts,
            "sent" | "sent items" | "sent messages" | "sent mail" => Self::Sent,
            "archive" | "archives" => Self::Archive,
            "junk" | "spam" | "junk e-mail" | "junk mail" => Self::Junk,
            "trash" | "deleted" | "deleted items" | "deleted messages" => Self::Trash,
            _ => return None,
        })
    }

    /// The role of a SPECIAL-USE attribute.
    pub(crate) fn of_attribute(attribute: &[u8]) -> Option<Self> {
        let table: [(&str, Self); 7] = [
            ("\\Drafts", Self::Drafts),
            ("\\Sent", Self::Sent),
            ("\\Archive", Self::Archive),
            ("\\Junk", Self::Junk),
            ("\\Trash", Self::Trash),
            ("\\All", Self::All),
            ("\\Flagged", Self::Flagged),
        ];
        table.iter().find(|(name, _)| attribute.eq_ignore_ascii_case(name.as_bytes())).map(|(_, role)| *role)
    }

    /// The name a mailbox of this role gets when it must be made.
    pub fn default_name(self) -> &'static str {
        match self {
            Self::Inbox => "INBOX",
            Self::Drafts => "Drafts",
            Self::Sent => "Sent",
            Self::Archive => "Archive",
            Self::Junk => "Junk",
            Self::Trash => "Trash",
            Self::All => "All",
            Self::Flagged => "Flagged",
        }
    }
}

/// One mailbox of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Full name in Unicode; what all methods take.
    pub name: String,
    /// Hierarchy delimiter; `None` in a flat name space.
    pub delimiter: Option<char>,
    /// What it is for.
    pub role: Option<Role>,
    /// Whether it can hold messages that one can open.
    pub selectable: bool,
    /// Whether the user is subscribed.
    pub subscribed: bool,
    /// Whether there are mailboxes below it, as far as the list shows.
    pub has_children: bool,
    /// Number of messages.
    pub messages: u32,
    /// Number of messages without `\Seen`.
    pub unseen: u32,
    /// UIDVALIDITY, 0 if the server did not say.
    pub uid_validity: u32,
    /// Next UID, 0 if the server did not say.
    pub uid_next: u32,
    /// What the user may do in it, where the server says that with the list (RFC 8440).
    pub rights: Option<Rights>,
    /// The name above it that stands for the other user whose it is, where the server says how those are made (RFC 2342).
    pub owner: Option<String>,
}

impl Mailbox {
    /// The last part of the name.
    pub fn last_name(&self) -> &str {
        self.delimiter.and_then(|d| self.name.rsplit(d).next()).unwrap_or(&self.name)
    }
}

/// Room that a user has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Bytes in use and allowed.
    pub storage: Option<(u64, u64)>,
    /// Messages there and allowed.
    pub messages: Option<(u64, u64)>,
}

/// A mailbox to work in, with the UIDVALIDITY under which the caller's UIDs are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxRef<'a> {
    /// Full name in Unicode.
    pub name: &'a str,
    /// What the caller's UIDs belong to; another one on the server is [`Error::Gone`](crate::Error::Gone). `None`: don't check.
    pub uid_validity: Option<u32>,
}

impl<'a> From<&'a str> for MailboxRef<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, uid_validity: None }
    }
}

impl<'a> From<&'a String> for MailboxRef<'a> {
    fn from(name: &'a String) -> Self {
        name.as_str().into()
    }
}

impl<'a> From<(&'a str, u32)> for MailboxRef<'a> {
    fn from((name, uid_validity): (&'a str, u32)) -> Self {
        Self { name, uid_validity: Some(uid_validity) }
    }
}
