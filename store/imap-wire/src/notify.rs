//! NOTIFY: which events of which mailboxes a client is told of as they happen (RFC 5465 §8).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::esearch::Mailboxes;
use crate::fetch::{self, FetchItem};

/// The arguments of NOTIFY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifyArgs {
    /// NONE
    None,
    /// SET
    Set {
        /// STATUS: counters of the mailboxes are told now.
        status: bool,
        /// What is watched; never empty.
        groups: Vec<EventGroup>,
    },
    /// An event that is not known, or none that happens here (§3.1: BADEVENT).
    BadEvent,
}

/// Mailboxes and what of them is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventGroup {
    /// Which mailboxes.
    pub mailboxes: Mailboxes,
    /// Which events.
    pub events: Events,
}

/// A set of events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Events {
    /// MessageNew and MessageExpunge, which come together only (§5).
    pub messages: bool,
    /// What is fetched of new messages in the selected mailbox.
    pub fetch: Vec<FetchItem>,
    /// FlagChange
    pub flag_change: bool,
    /// MailboxName
    pub mailbox_name: bool,
    /// SubscriptionChange
    pub subscription_change: bool,
    /// MailboxMetadataChange
    pub mailbox_metadata_change: bool,
    /// ServerMetadataChange
    pub server_metadata_change: bool,
}

impl Events {
    /// The names of all events that happen here. AnnotationChange is not among them: messages have no annotations (RFC 5257).
    pub const NAMES: &str = "MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange \
                             ServerMetadataChange";

    /// All that one of the two has.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.messages |= other.messages;
        self.flag_change |= other.flag_change;
        self.mailbox_name |= other.mailbox_name;
        self.subscription_change |= other.subscription_change;
        self.mailbox_metadata_change |= other.mailbox_metadata_change;
        self.server_metadata_change |= other.server_metadata_change;
        self.fetch.extend(other.fetch.iter().cloned());
        self
    }
}

/// Groups of one NOTIFY.
const MAX_GROUPS: usize = 100;

impl NotifyArgs {
    /// Reads what follows `NOTIFY` and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        if cursor.eat_word("NONE") {
            return Ok(Self::None);
        }
        if !cursor.eat_word("SET") {
            return Err(WireError::bad("Expected SET or NONE"));
        }
        cursor.space()?;
        let status = cursor.eat_word("STATUS");
        if status {
            cursor.space()?;
        }
        let mut groups = Vec::new();
        let mut known = true;
        loop {
            let (group, all_known) = group(cursor)?;
            known &= all_known;
            groups.push(group);
            if groups.len() > MAX_GROUPS {
                return Err(WireError::limit("Too many event groups"));
            }
            if !cursor.eat(b' ') {
                break;
            }
        }
        if groups.iter().filter(|group| is_selected(&group.mailboxes)).count() > 1 {
            return Err(WireError::bad("The selected mailbox is named twice"));
        }
        Ok(if known { Self::Set { status, groups } } else { Self::BadEvent })
    }
}

fn is_selected(mailboxes: &Mailboxes) -> bool {
    matches!(mailboxes, Mailboxes::Selected | Mailboxes::SelectedDelayed)
}

/// `(mailboxes (event …))`, `(mailboxes NONE)`, and events without parentheses, as the RFC's own examples have them.
fn group(cursor: &mut Cursor<'_>) -> Result<(EventGroup, bool)> {
    cursor.need(b'(', "Expected an event group")?;
    let mailboxes = Mailboxes::parse(cursor)?;
    if matches!(mailboxes, Mailboxes::SubtreeOne(_)) {
        return Err(WireError::bad("SUBTREE-ONE is for ESEARCH"));
    }
    cursor.space()?;
    let mut read = Read::default();
    if cursor.peek() == Some(b'(') {
        cursor.list(|cursor| read.event(cursor))?;
    } else if !cursor.eat_word("NONE") {
        read.event(cursor)?;
        while cursor.eat(b' ') {
            read.event(cursor)?;
        }
    }
    cursor.need(b')', "Expected the end of an event group")?;
    let Read { mut events, new, expunge, others, unknown } = read;
    // §5: the two come together, and changes of flags only with them.
    if new != expunge || (others && !new) {
        return Err(WireError::bad("MessageNew and MessageExpunge come together"));
    }
    events.messages = new;
    let about_others = events.mailbox_name
        || events.subscription_change
        || events.mailbox_metadata_change
        || events.server_metadata_change;
    match is_selected(&mailboxes) {
        true if about_others => Err(WireError::bad("Only events of messages are for the selected mailbox")),
        false if !events.fetch.is_empty() => Err(WireError::bad("Only messages of the selected mailbox are fetched")),
        _ => Ok((EventGroup { mailboxes, events }, !unknown)),
    }
}

#[derive(Default)]
struct Read {
    events: Events,
    new: bool,
    expunge: bool,
    /// FlagChange or AnnotationChange.
    others: bool,
    unknown: bool,
}

impl Read {
    fn event(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        match cursor.keyword()?.as_str() {
            "MESSAGENEW" => {
                self.new = true;
                let mut ahead = cursor.clone();
                if ahead.eat(b' ') && ahead.peek() == Some(b'(') {
                    self.events.fetch = ahead.list(fetch::parse_item)?;
                    *cursor = ahead;
                }
            }
            "MESSAGEEXPUNGE" => self.expunge = true,
            "FLAGCHANGE" => {
                self.events.flag_change = true;
                self.others = true;
            }
            "ANNOTATIONCHANGE" => {
                self.others = true;
                self.unknown = true;
            }
            "MAILBOXNAME" => self.events.mailbox_name = true,
            "SUBSCRIPTIONCHANGE" => self.events.subscription_change = true,
            "MAILBOXMETADATACHANGE" => self.events.mailbox_metadata_change = true,
            "SERVERMETADATACHANGE" => self.events.server_metadata_change = true,
            _ => self.unknown = true,
        }
        Ok(())
    }
}
