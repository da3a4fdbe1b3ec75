//! ENVELOPE ready for display: encoded words decoded, addresses put together (RFC 3501 §7.4.2).

/// One address of an envelope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Display name, decoded; empty if there is none.
    pub name: String,
    /// `local@domain`; empty where there is no valid address.
    pub email: String,
    /// Name of the group that the address is a member of.
    pub group: Option<String>,
}

impl Address {
    /// What to show for a person: the name, else the address.
    pub fn display(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

/// The envelope of a message. Immutable per (UIDVALIDITY, UID).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// `Date` as seconds since 1970; `None` if missing or unreadable.
    pub date: Option<i64>,
    /// `Date` as it was written.
    pub date_text: String,
    /// `Subject`, decoded.
    pub subject: String,
    /// `From`.
    pub from: Vec<Address>,
    /// `Sender`; servers repeat `From` here when there is none.
    pub sender: Vec<Address>,
    /// `Reply-To`; servers repeat `From` here when there is none.
    pub reply_to: Vec<Address>,
    /// `To`.
    pub to: Vec<Address>,
    /// `Cc`.
    pub cc: Vec<Address>,
    /// `Bcc`.
    pub bcc: Vec<Address>,
    /// `In-Reply-To`, raw.
    pub in_reply_to: String,
    /// `Message-ID`, raw with its angle brackets.
    pub message_id: String,
    /// Addresses of `From`, `To`, `Cc` and `Bcc` that are not in the lists, because there are too many.
    pub left_out: usize,
}

impl Envelope {
    /// Bytes held in memory, for the cache.
    pub(crate) fn weight(&self) -> usize {
        let lists = [&self.from, &self.sender, &self.reply_to, &self.to, &self.cc, &self.bcc];
        let addresses: usize = lists
            .iter()
            .flat_map(|list| list.iter())
            .map(|a| size_of::<Address>() + a.name.len() + a.email.len() + a.group.as_ref().map_or(0, String::len))
            .sum();
        size_of::<Self>()
            + self.date_text.len()
            + self.subject.len()
            + self.in_reply_to.len()
            + self.message_id.len()
            + addresses
    }
}
