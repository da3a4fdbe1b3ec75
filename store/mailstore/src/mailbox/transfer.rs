//! Copying and moving messages inside an account: bodies are shared.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::flagging::next_modseq;
use super::removal::{REMOVAL, members, take_out};
use super::seen_along::SeenAlong;
use super::{Mailbox, row_of};
use crate::account::{Arrival, Pass, add, admit, existing, selectable};
use crate::acl::Rights;
use crate::engine::{MailboxRow, MessageRow, Writer, now};
use crate::error::{Result, StoreError};
use crate::event::{About, Arrived, EventKind, Wants};
use crate::flags::{FlagSet, Flags, KeywordNames};
use crate::mailbox_name::MailboxName;
use crate::quota::QuotaLimits;
use crate::results::Copied;
use crate::uid_set::UidSet;
use crate::{MailboxId, Uid};

/// Whether messages stay where they were.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Transfer {
    /// They stay; limits hold.
    Copy(Option<QuotaLimits>, Needed),
    /// They leave; the account holds as much as before.
    Move(Needed),
}

/// Which messages of a set must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Those that are.
    Present,
    /// All of them.
    Every,
}

impl Needed {
    /// `Gone` when too few were found.
    pub(super) fn check(self, set: &UidSet, found: usize) -> Result<()> {
        match self {
            Self::Every if set.count() != found as u64 => Err(StoreError::Gone("a message of the set".to_owned())),
            Self::Every | Self::Present => Ok(()),
        }
    }
}

impl Mailbox {
    /// Copies messages, with flags and dates, to a mailbox of the same account: all or none. Contents are shared,
    /// quota counts them again. `NotFound` (the destination), `NotSelectable`, `NoPermission`, `OverQuota`, `Limit`.
    pub fn copy(&self, set: &UidSet, destination: &MailboxName) -> Result<Copied> {
        self.transfer(set, destination, Transfer::Copy(self.account.handle_limits(), Needed::Present))
    }

    /// As [`Mailbox::copy`]; `Gone`, and nothing is copied, when a message of the set is not there.
    pub fn copy_every(&self, set: &UidSet, destination: &MailboxName) -> Result<Copied> {
        self.transfer(set, destination, Transfer::Copy(self.account.handle_limits(), Needed::Every))
    }

    /// Moves messages: as [`Mailbox::copy`] and removal in one commit, without quota. A move to itself gives new UIDs.
    pub fn move_to(&self, set: &UidSet, destination: &MailboxName) -> Result<Copied> {
        self.transfer(set, destination, Transfer::Move(Needed::Present))
    }

    /// As [`Mailbox::move_to`]; `Gone`, and nothing is moved, when a message of the set is not there.
    pub fn move_every(&self, set: &UidSet, destination: &MailboxName) -> Result<Copied> {
        self.transfer(set, destination, Transfer::Move(Needed::Every))
    }

    fn transfer(&self, set: &UidSet, destination: &MailboxName, how: Transfer) -> Result<Copied> {
        let looks = self.looks(set)?;
        let (id, set, destination, pass) = (self.id, set.clone(), destination.clone(), self.account.pass());
        let outcome = self.account.write(move |writer| {
            let source = row_of(writer, id)?;
            if let Transfer::Move(_) = how {
                pass.permit(writer, &source, REMOVAL)?;
            }
            pass.permit(writer, &existing(writer, &destination)?, Rights::INSERT)?;
            let destination = selectable(writer, &destination)?;
            transfer(writer, id, &set, destination, how, looks, Some(&pass))
        });
        self.account.noting_refusal(outcome)
    }

    /// Looks at messages that are to be told of with their contents: before the commit, so that nobody waits for it.
    fn looks(&self, set: &UidSet) -> Result<Looks> {
        let wants = self.account.wants();
        let mut looks = Looks { wants, seen: HashMap::new() };
        if !wants.content() {
            return Ok(looks);
        }
        self.for_each(set, |row| {
            let mut arrived = Arrived::default();
            // One that cannot be read is told of without its content.
            if let Ok(body) = row.body() {
                arrived.look_at(&body, &wants);
            }
            looks.seen.insert(row.uid, arrived);
            if looks.seen.len() < Wants::MOST { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(looks)
    }
}

/// What the observer wants to know of messages, and what was found of it before they are copied; by their old UIDs.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    wants: Wants,
    seen: HashMap<Uid, Arrived>,
}

impl Looks {
    /// What is told of a message that came to `destination` as `arrival`.
    fn arrived(
        &mut self,
        writer: &Writer<'_>,
        destination: MailboxId,
        (old, uid): (Uid, Uid),
        arrival: &Arrival,
    ) -> Result<Arrived> {
        let flags = match self.wants.flags {
            true => Some(writer.keywords(destination)?.words(arrival.flags)),
            false => None,
        };
        Ok(Arrived { uid, size: arrival.size, flags, ..self.seen.remove(&old).unwrap_or_default() })
    }
}

/// Copies or moves the messages of a set, with the flags that a visitor may set; without one with all.
pub(crate) fn transfer(
    writer: &Writer<'_>,
    source: MailboxId,
    set: &UidSet,
    mut destination: MailboxRow,
    how: Transfer,
    mut looks: Looks,
    pass: Option<&Pass>,
) -> Result<Copied> {
    let (messages, runs) = members(writer, source, set)?;
    let (Transfer::Copy(_, needed) | Transfer::Move(needed)) = how;
    needed.check(set, messages.len())?;
    let mut copied = Copied {
        uid_validity: destination.uid_validity,
        source: messages.iter().map(|message| message.uid).collect(),
        destination: Vec::with_capacity(messages.len()),
        modseq: destination.highest_modseq,
    };
    if messages.is_empty() {
        return Ok(copied);
    }
    if let Transfer::Copy(limits, _) = how {
        admit(
            writer,
            limits,
            messages.iter().fold(0, |sum: u64, message| sum.saturating_add(message.size)),
            messages.len() as u64,
        )?;
    }
    copied.modseq = next_modseq(&mut destination);
    let mut translation = Translation::new(writer, source, &destination)?;
    let allowed = pass.map_or(Ok(Rights::ALL), |pass| pass.rights(writer, &destination))?.flags();
    let reader = pass.and_then(Pass::reader);
    let mut seen = SeenAlong::of(writer, source, reader.filter(|_| !allowed.contains(Flags::SEEN)))?;
    let save_date = now();
    let mut about = About::default();
    for MessageRow { uid: old, flags, size, internal_date, body_id, .. } in &messages {
        // The owner's `\Seen` goes along with what somebody else copies or moves for them.
        let kept = if reader.is_some() { allowed | Flags::SEEN } else { allowed };
        let flags = translation.flags(writer, Flags(flags.0 & kept.0), &mut destination)?;
        let arrival = Arrival { flags, size: *size, internal_date: *internal_date, save_date, body_id: *body_id };
        let uid = add(writer, &mut destination, &arrival)?;
        copied.destination.push(uid);
        if looks.wants.details {
            about.arrived.push(looks.arrived(writer, destination.id, (*old, uid), &arrival)?);
        }
        seen.note(*old, uid);
        if matches!(how, Transfer::Copy(..)) {
            writer.share_body(*body_id)?;
        }
    }
    seen.save(writer, destination.id)?;
    let arrived = Arc::from(&*copied.destination);
    if let Transfer::Move(_) = how {
        let mut departed = if source == destination.id { destination.clone() } else { row_of(writer, source)? };
        if source != destination.id {
            writer.save_numbers(&destination)?;
            copied.modseq = next_modseq(&mut departed);
        }
        let uids = take_out(writer, &mut departed, &messages, &runs)?;
        writer.save_numbers(&departed)?;
        writer.announce_with(&destination, EventKind::Appended { uids: arrived }, about);
        writer.announce_in(&departed, EventKind::Expunged { uids: uids.into() });
    } else {
        writer.save_numbers(&destination)?;
        writer.announce_with(&destination, EventKind::Appended { uids: arrived }, about);
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
