//! STATUS items (RFC 3501 §6.3.10, RFC 8438, RFC 7162, RFC 7889, RFC 8474).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};

/// One thing that STATUS can tell about a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusItem {
    /// Number of messages.
    Messages,
    /// Messages with `\Recent`.
    Recent,
    /// The next UID.
    UidNext,
    /// The UIDVALIDITY.
    UidValidity,
    /// Messages without `\Seen`.
    Unseen,
    /// Octets of all messages (RFC 8438).
    Size,
    /// Messages with `\Deleted` (RFC 9051).
    Deleted,
    /// Octets of the messages with `\Deleted` (RFC 9208 §4.1.4).
    DeletedStorage,
    /// The highest MODSEQ (RFC 7162 §3.1.7).
    HighestModSeq,
    /// The mailbox's object identifier (RFC 8474 §4.3).
    MailboxId,
    /// The largest message that may be appended (RFC 7889 §4).
    AppendLimit,
}

impl StatusItem {
    /// Every item with its name.
    pub const NAMES: [(Self, &'static str); 11] = [
        (Self::Messages, "MESSAGES"),
        (Self::Recent, "RECENT"),
        (Self::UidNext, "UIDNEXT"),
        (Self::UidValidity, "UIDVALIDITY"),
        (Self::Unseen, "UNSEEN"),
        (Self::Size, "SIZE"),
        (Self::Deleted, "DELETED"),
        (Self::DeletedStorage, "DELETED-STORAGE"),
        (Self::HighestModSeq, "HIGHESTMODSEQ"),
        (Self::MailboxId, "MAILBOXID"),
        (Self::AppendLimit, "APPENDLIMIT"),
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(item, _)| *item == self).map_or("", |(_, name)| name)
    }
}

/// `( status-att *(SP status-att) )`, each item once in the order given.
pub fn parse_items(cursor: &mut Cursor<'_>) -> Result<Vec<StatusItem>> {
    let mut items = Vec::new();
    cursor.list(|cursor| {
        let name = cursor.keyword()?;
        let (item, _) =
            StatusItem::NAMES.iter().find(|(_, known)| *known == name).ok_or(WireError::bad("Unknown STATUS item"))?;
        if !items.contains(item) {
            items.push(*item);
        }
        Ok(())
    })?;
    Ok(items)
}
