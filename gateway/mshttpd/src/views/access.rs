//! What a person may do in a folder, so that nothing is offered that the server would refuse (RFC 4314 §4).

use backends::Mailbox;

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Mark messages as read and unread.
    pub seen: bool,
    /// Set and take away the star.
    pub star: bool,
    /// Take messages away: delete, archive, move.
    pub remove: bool,
    /// Put messages in.
    pub add: bool,
    /// Say who else may do what.
    pub share: bool,
}

impl Default for Access {
    /// What is assumed where the server does not say: it will refuse what is not allowed.
    fn default() -> Self {
        Self { seen: true, star: true, remove: true, add: true, share: false }
    }
}

impl Access {
    /// In a mailbox of the list.
    pub fn of(mailbox: Option<&Mailbox>) -> Self {
        let Some(rights) = mailbox.and_then(|mailbox| mailbox.rights.as_ref()) else { return Self::default() };
        Self {
            seen: rights.has('s'),
            star: rights.has('w'),
            remove: rights.has('t') && rights.has('e'),
            add: rights.has('i'),
            share: rights.has('a'),
        }
    }

    /// Whether nothing that others see can be changed.
    pub fn is_read_only(&self) -> bool {
        !self.star && !self.remove && !self.add
    }

    /// Whether anything can be done with selected messages.
    pub fn acts(&self) -> bool {
        self.seen || self.star || self.remove
    }
}
