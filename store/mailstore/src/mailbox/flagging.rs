//! Changing flags and keywords.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Mailbox;
use super::runs::Runs;
use crate::account::Pass;
use crate::acl::Rights;
use crate::engine::{MailboxRow, Writer};
use crate::error::{Result, StoreError};
use crate::event::{About, EventKind, Wants};
use crate::flags::{FlagChange, FlagOp, FlagSet, Flags};
use crate::results::Changed;
use crate::store::row_of;
use crate::uid_set::UidSet;
use crate::{MailboxId, ModSeq, Uid};

impl Mailbox {
    /// Changes flags of those messages of the set that are there, as far as the visitor may (RFC 4314 §4). `Limit` when a keyword
    /// finds no place, `Invalid` when it is none, `NoPermission` when the visitor may change none of the flags named.
    pub fn change_flags(&self, set: &UidSet, change: &FlagChange) -> Result<Changed> {
        let (id, set, change, wants) = (self.id, set.clone(), change.clone(), self.account.wants());
        let pass = self.account.pass();
        self.account.write(move |writer| change_flags(writer, id, &set, &change, wants, &pass))
    }
}

fn change_flags(
    writer: &Writer<'_>,
    id: MailboxId,
    set: &UidSet,
    change: &FlagChange,
    wants: Wants,
    pass: &Pass,
) -> Result<Changed> {
    let mut row = row_of(writer, id)?;
    let rights = pass.rights(writer, &row)?;
    let allowed = rights.flags();
    let flags = permitted(&change.flags, rights);
    let asked = !change.flags.system.is_empty() || !change.flags.keywords.is_empty();
    if allowed.is_empty() || (asked && flags.system.is_empty() && flags.keywords.is_empty()) {
        return Err(StoreError::NoPermission(format!("mailbox {}", row.name)));
    }
    let version = row.keyword_version;
    let bits = match change.op {
        FlagOp::Remove => known_bits(writer, id, &flags)?,
        FlagOp::Add | FlagOp::Replace => writer.flag_bits(&mut row, &flags)?,
    };
    let (keep, add) = match change.op {
        FlagOp::Add => (Flags(u64::MAX), bits),
        FlagOp::Remove => (Flags(!bits.0), Flags::NONE),
        FlagOp::Replace => (Flags(!allowed.0), bits),
    };
    // Who is not the owner has a `\Seen` of their own; the row keeps the owner's.
    let seen = pass.reader().map(|reader| writer.seen(id, reader)).transpose()?;
    let (keep_row, add_row) = match seen {
        Some(_) => (keep | Flags::SEEN, add.without(Flags::SEEN)),
        None => (keep, add),
    };
    let mut changed = Changed::default();
    let mut about = About::default();
    let mut runs = Runs::default();
    for range in set.ranges() {
        runs.interrupt();
        writer.each_flags(id, *range.start(), *range.end(), |uid, in_row, modseq| {
            let old = match &seen {
                Some(seen) if seen.contains(uid) => in_row | Flags::SEEN,
                Some(_) => in_row.without(Flags::SEEN),
                None => in_row,
            };
            let new = Flags(old.0 & keep.0 | add.0);
            if change.unchanged_since.is_some_and(|since| modseq > since) {
                changed.refused.push(uid);
                runs.interrupt();
            } else if new == old {
                runs.interrupt();
            } else {
                changed.changed.push((uid, new));
                runs.take(uid);
                count(&mut row, in_row, Flags(in_row.0 & keep_row.0 | add_row.0));
                if wants.details {
                    about.became(uid, old, new);
                }
            }
            Ok(())
        })?;
    }
    if !changed.changed.is_empty() {
        changed.modseq = next_modseq(&mut row);
        for run in runs.as_slice() {
            writer.set_flags(id, *run, (keep_row, add_row), changed.modseq)?;
        }
        if let (Some(reader), Some(before)) = (pass.reader(), seen) {
            let uids = |is_seen: bool| {
                let those = changed.changed.iter().filter(move |(_, new)| new.contains(Flags::SEEN) == is_seen);
                those.map(|(uid, _)| *uid).collect::<UidSet>()
            };
            writer.set_seen(id, reader, &before, &before.union(&uids(true)).difference(&uids(false)))?;
        }
        writer.log_changed(&mut row, runs.as_slice())?;
        let uids: Arc<[_]> = changed.changed.iter().map(|(uid, _)| *uid).collect();
        if wants.flags {
            about.flags = states(writer, id, &changed.changed)?;
        }
        writer.announce_with(&row, EventKind::FlagsChanged { uids }, about);
    }
    if row.keyword_version != version || changed.modseq != 0 {
        writer.save_numbers(&row)?;
    }
    Ok(changed)
}

impl About {
    fn became(&mut self, uid: Uid, old: Flags, new: Flags) {
        for (flag, uids) in [(Flags::SEEN, &mut self.seen), (Flags::DELETED, &mut self.deleted)] {
            if new.contains(flag) && !old.contains(flag) {
                uids.push(uid);
            }
        }
    }
}

/// The flags that messages have now, each state once.
fn states(writer: &Writer<'_>, id: MailboxId, changed: &[(Uid, Flags)]) -> Result<Vec<(String, Vec<Uid>)>> {
    let names = writer.keywords(id)?;
    let mut by_flags: BTreeMap<u64, Vec<Uid>> = BTreeMap::new();
    for (uid, flags) in changed {
        by_flags.entry(flags.0).or_default().push(*uid);
    }
    let words = |flags| names.words(Flags(flags));
    Ok(by_flags.into_iter().map(|(flags, uids)| (words(flags), uids)).collect())
}

/// Those of the flags that may be set with these rights.
pub(crate) fn permitted(flags: &FlagSet, rights: Rights) -> FlagSet {
    let keywords = if rights.contains(Rights::WRITE) { flags.keywords.clone() } else { Vec::new() };
    FlagSet { system: Flags(flags.system.0 & rights.flags().0), keywords }
}

/// Bits for taking away: a keyword that the mailbox does not know needs no place.
fn known_bits(writer: &Writer<'_>, id: MailboxId, flags: &FlagSet) -> Result<Flags> {
    if flags.keywords.is_empty() {
        return Ok(flags.system.system());
    }
    let known = writer.keywords(id)?;
    let keywords = flags.keywords.iter().filter_map(|keyword| known.flag(keyword));
    Ok(keywords.fold(flags.system.system(), Flags::union))
}

fn count(row: &mut MailboxRow, old: Flags, new: Flags) {
    match (old.contains(Flags::SEEN), new.contains(Flags::SEEN)) {
        (false, true) => row.unseen = row.unseen.saturating_sub(1),
        (true, false) => row.unseen += 1,
        _ => {}
    }
    match (old.contains(Flags::DELETED), new.contains(Flags::DELETED)) {
        (true, false) => row.deleted = row.deleted.saturating_sub(1),
        (false, true) => row.deleted += 1,
        _ => {}
    }
}

/// The MODSEQ of a change, given now.
pub(super) fn next_modseq(row: &mut MailboxRow) -> ModSeq {
    row.highest_modseq += 1;
    row.highest_modseq
}
