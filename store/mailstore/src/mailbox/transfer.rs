//! Copying and moving messages inside an account: bodies are shared.

use std::collections::HashMap;
use std::sync::Arc;

use super::flagging::next_modseq;
use super::removal::{members, take_out};
use super::{Mailbox, row_of};
use crate::MailboxId;
use crate::account::{Arrival, add, admit, selectable};
use crate::engine::{MailboxRow, MessageRow, Writer, now};
use crate::error::Result;
use crate::event::EventKind;
use crate::flags::{FlagSet, Flags, KeywordNames};
use crate::mailbox_name::MailboxName;
use crate::quota::QuotaLimits;
use crate::results::Copied;
use crate::uid_set::UidSet;

/// Whether messages stay where they were.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Transfer {
    /// They stay; limits hold.
    Copy(Option<QuotaLimits>),
    /// They leave; the account holds as much as before.
    Move,
}

impl Mailbox {
    /// Copies messages, with flags and dates, to a mailbox of the same account: all or none. Contents are shared,
    /// quota counts them again. `NotFound` (the destination), `NotSelectable`, `OverQuota`, `Limit`.
    pub fn copy(&self, set: &UidSet, destination: &MailboxName) -> Result<Copied> {
        self.transfer(set, destination, Transfer::Copy(self.account.handle_limits()))
    }

    /// Moves messages: as [`Mailbox::copy`] and removal in one commit, without quota. A move to itself gives new UIDs.
    pub fn move_to(&self, set: &UidSet, destination: &MailboxName) -> Result<Copied> {
        self.transfer(set, destination, Transfer::Move)
    }

    fn transfer(&self, set: &UidSet, destination: &MailboxName, how: Transfer) -> Result<Copied> {
        let (id, set, destination) = (self.id, set.clone(), destination.clone());
        self.account.write(move |writer| {
            row_of(writer, id)?;
            let destination = selectable(writer, &destination)?;
            transfer(writer, id, &set, destination, how)
        })
    }
}

/// Copies or moves the messages of a set.
pub(crate) fn transfer(
    writer: &Writer<'_>,
    source: MailboxId,
    set: &UidSet,
    mut destination: MailboxRow,
    how: Transfer,
) -> Result<Copied> {
    let (messages, runs) = members(writer, source, set)?;
    let mut copied = Copied {
        uid_validity: destination.uid_validity,
        source: messages.iter().map(|message| message.uid).collect(),
        destination: Vec::with_capacity(messages.len()),
        modseq: destination.highest_modseq,
    };
    if messages.is_empty() {
        return Ok(copied);
    }
    if let Transfer::Copy(limits) = how {
        admit(
            writer,
            limits,
            messages.iter().fold(0, |sum: u64, message| sum.saturating_add(message.size)),
            messages.len() as u64,
        )?;
    }
    copied.modseq = next_modseq(&mut destination);
    let mut translation = Translation::new(writer, source, &destination)?;
    let save_date = now();
    for MessageRow { flags, size, internal_date, body_id, .. } in &messages {
        let flags = translation.flags(writer, *flags, &mut destination)?;
        let arrival = Arrival { flags, size: *size, internal_date: *internal_date, save_date, body_id: *body_id };
        copied.destination.push(add(writer, &mut destination, &arrival)?);
        if matches!(how, Transfer::Copy(_)) {
            writer.share_body(*body_id)?;
        }
    }
    let arrived = Arc::from(&*copied.destination);
    if let Transfer::Move = how {
        let mut departed = if source == destination.id { destination.clone() } else { row_of(writer, source)? };
        if source != destination.id {
            writer.save_numbers(&destination)?;
            copied.modseq = next_modseq(&mut departed);
        }
        let uids = take_out(writer, &mut departed, &messages, &runs)?;
        writer.save_numbers(&departed)?;
        writer.announce_in(&destination, EventKind::Appended { uids: arrived });
        writer.announce_in(&departed, EventKind::Expunged { uids: uids.into() });
    } else {
        writer.save_numbers(&destination)?;
        writer.announce_in(&destination, EventKind::Appended { uids: arrived });
    }
    Ok(copied)
}

/// Keyword bits mean different names in different mailboxes.
struct Translation {
    names: Option<KeywordNames>,
    known: HashMap<Flags, Flags>,
}

impl Translation {
    fn new(writer: &Writer<'_>, source: MailboxId, destination: &MailboxRow) -> Result<Self> {
        let names = if source == destination.id { None } else { Some(writer.keywords(source)?) };
        Ok(Self { names, known: HashMap::new() })
    }

    fn flags(&mut self, writer: &Writer<'_>, flags: Flags, destination: &mut MailboxRow) -> Result<Flags> {
        let Some(names) = &self.names else { return Ok(flags) };
        if flags.keywords().is_empty() {
            return Ok(flags);
        }
        if let Some(known) = self.known.get(&flags) {
            return Ok(*known);
        }
        let keywords = names.names(flags).map(str::to_owned).collect();
        let translated = writer.flag_bits(destination, &FlagSet { system: flags.system(), keywords })?;
        self.known.insert(flags, translated);
        Ok(translated)
    }
}
