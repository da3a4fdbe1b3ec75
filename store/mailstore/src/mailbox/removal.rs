//! Removing messages.

use std::sync::Arc;

use super::Mailbox;
use super::flagging::next_modseq;
use super::runs::Runs;
use crate::account::Pass;
use crate::acl::Rights;
use crate::engine::{MailboxRow, MessageRow, Writer, now};
use crate::error::Result;
use crate::event::{About, Cause, EventKind};
use crate::flags::Flags;
use crate::results::Expunged;
use crate::store::row_of;
use crate::uid_set::UidSet;
use crate::{MailboxId, Uid};

/// Which messages of a set are meant.
#[derive(Debug, Clone, Copy)]
enum Which {
    Deleted,
    All,
}

/// What taking messages out at once needs: it stands for `\Deleted` and EXPUNGE (RFC 6851 §4.4, RFC 8508 §3.6).
pub(crate) const REMOVAL: Rights = Rights::TRASH.union(Rights::EXPUNGE);

impl Mailbox {
    /// Removes the `\Deleted` messages, of the set if there is one. `NoPermission`.
    pub fn expunge(&self, set: Option<&UidSet>) -> Result<Expunged> {
        let pass = self.account.pass();
        let row = self.account.read(|reader| {
            let row = row_of(reader, self.id)?;
            pass.permit(reader, &row, Rights::EXPUNGE)?;
            Ok(row)
        })?;
        if row.deleted == 0 {
            return Ok(Expunged::default());
        }
        self.remove_which(set.cloned().unwrap_or_else(UidSet::all), Which::Deleted, Cause::Client)
    }

    /// Removes the messages of the set, whether they are `\Deleted` or not. `NoPermission`.
    pub fn remove(&self, set: &UidSet) -> Result<Expunged> {
        self.remove_which(set.clone(), Which::All, Cause::Client)
    }

    /// The same for messages whose time is over, which is told as such.
    pub fn expire(&self, set: &UidSet) -> Result<Expunged> {
        self.remove_which(set.clone(), Which::All, Cause::Expiry)
    }

    fn remove_which(&self, set: UidSet, which: Which, cause: Cause) -> Result<Expunged> {
        let (id, kept) = (self.id, self.account.store().inner.options.keep_removed > 0);
        let pass = self.account.pass();
        let removed = self.account.write(move |writer| {
            let needed = match which {
                Which::Deleted => Rights::EXPUNGE,
                Which::All => REMOVAL,
            };
            pass.permit(writer, &row_of(writer, id)?, needed)?;
            remove_from(writer, id, &set, (which, cause), kept)
        })?;
        if !removed.uids.is_empty() {
            self.account.note_room_again();
        }
        Ok(removed)
    }
}

/// Removes the messages of a set, whether they are `\Deleted` or not, in a write that does more.
pub(crate) fn remove_messages(
    writer: &Writer<'_>,
    id: MailboxId,
    set: &UidSet,
    kept: bool,
    pass: &Pass,
) -> Result<Expunged> {
    pass.permit(writer, &row_of(writer, id)?, REMOVAL)?;
    remove_from(writer, id, set, (Which::All, Cause::Client), kept)
}

/// `kept` leaves the bodies for people who change their mind.
fn remove_from(
    writer: &Writer<'_>,
    id: MailboxId,
    set: &UidSet,
    (which, cause): (Which, Cause),
    kept: bool,
) -> Result<Expunged> {
    let mut row = row_of(writer, id)?;
    let (leaving, runs) = collect(writer, id, set, which)?;
    if leaving.is_empty() {
        return Ok(Expunged::default());
    }
    let modseq = next_modseq(&mut row);
    let uids = take_out(writer, &mut row, &leaving, &runs)?;
    writer.save_numbers(&row)?;
    if kept {
        writer.keep_removed(id, &leaving, now())?;
    } else {
        let bodies: Vec<i64> = leaving.iter().map(|message| message.body_id).collect();
        writer.release_bodies(&bodies)?;
    }
    let about = About { cause, ..About::default() };
    writer.announce_with(&row, EventKind::Expunged { uids: Arc::from(&*uids) }, about);
    Ok(Expunged { uids, modseq })
}

fn collect(writer: &Writer<'_>, id: MailboxId, set: &UidSet, which: Which) -> Result<(Vec<MessageRow>, Runs)> {
    let (mut found, mut runs) = (Vec::new(), Runs::default());
    for range in set.ranges() {
        runs.interrupt();
        writer.each_message(id, *range.start(), *range.end(), |message| {
            match which {
                Which::Deleted if !message.flags.contains(Flags::DELETED) => runs.interrupt(),
                Which::Deleted | Which::All => {
                    runs.take(message.uid);
                    found.push(message);
                }
            }
            Ok(())
        })?;
    }
    Ok((found, runs))
}

/// Every message of a set.
pub(super) fn members(writer: &Writer<'_>, id: MailboxId, set: &UidSet) -> Result<(Vec<MessageRow>, Runs)> {
    collect(writer, id, set, Which::All)
}

/// Takes message rows out of a mailbox, counts them off and logs them under the mailbox's highest MODSEQ. What happens
/// to their bodies is the caller's.
pub(super) fn take_out(
    writer: &Writer<'_>,
    row: &mut MailboxRow,
    leaving: &[MessageRow],
    runs: &Runs,
) -> Result<Vec<Uid>> {
    for (first, last) in runs.as_slice() {
        writer.delete_messages(row.id, *first, *last)?;
    }
    writer.log_expunged(row, runs.as_slice())?;
    let mut uids = Vec::with_capacity(leaving.len());
    for message in leaving {
        row.recent = row.recent.saturating_sub(u64::from(u64::from(message.uid) >= row.recent_from));
        row.messages = row.messages.saturating_sub(1);
        row.size = row.size.saturating_sub(message.size);
        row.unseen = row.unseen.saturating_sub(u64::from(!message.flags.contains(Flags::SEEN)));
        row.deleted = row.deleted.saturating_sub(u64::from(message.flags.contains(Flags::DELETED)));
        uids.push(message.uid);
    }
    Ok(uids)
}

/// Removes every message of a mailbox that is itself about to go.
pub(crate) fn remove_all(writer: &Writer<'_>, id: MailboxId) -> Result<()> {
    let mut bodies = writer.drop_removed(id)?;
    writer.each_message(id, 1, Uid::MAX, |message| {
        bodies.push(message.body_id);
        Ok(())
    })?;
    writer.delete_messages(id, 1, Uid::MAX)?;
    writer.release_bodies(&bodies)
}
