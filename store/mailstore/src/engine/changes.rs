//! Snapshots, and the logs of changes that keep them fresh without reading the mailbox again.

use std::sync::Arc;

use rusqlite::OptionalExtension;

use super::{MailboxRow, Reader, Writer};
use crate::error::Result;
use crate::snapshot::Snapshot;
use crate::uid_set::UidSet;
use crate::{MailboxId, ModSeq, Uid};

/// Once in so many MODSEQs the log of changed flags is cut …
const CUT_EVERY: ModSeq = 256;
/// … to this many MODSEQs: an older snapshot is read again as a whole.
const KEPT: ModSeq = 2048;
/// A change in more places than this is logged as one range over all of them.
const MOST_RANGES: usize = 256;

impl Reader<'_> {
    /// A snapshot from nothing.
    pub(crate) fn load(&self, row: &MailboxRow) -> Result<Snapshot> {
        // A hint only: the number may be damaged.
        let expected = usize::try_from(row.messages).unwrap_or(0).min(1 << 20);
        let mut fresh = Snapshot {
            uids: Vec::with_capacity(expected),
            flags: Vec::with_capacity(expected),
            modseqs: Vec::with_capacity(expected),
            ..Snapshot::default()
        };
        self.each_flags(row.id, 1, Uid::MAX, |uid, flags, modseq| {
            fresh.push(uid, flags, modseq);
            Ok(())
        })?;
        fresh.keywords = Arc::new(self.keywords(row.id)?);
        fresh.stamp(row);
        Ok(fresh)
    }

    /// Brings a snapshot of the same mailbox up to `row`.
    pub(crate) fn refresh(&self, snapshot: &mut Snapshot, row: &MailboxRow) -> Result<()> {
        let since = snapshot.highest_modseq;
        if since < row.changed_floor || since < row.expunged_floor || row.highest_modseq < since {
            *snapshot = self.load(row)?;
            return Ok(());
        }
        if row.highest_modseq > since {
            let expunged = self.expunged_since(row.id, since)?;
            if !expunged.is_empty() {
                snapshot.remove(&expunged);
            }
            let changed = self.changed_since(row.id, since)?;
            let known_to = Uid::try_from(snapshot.uid_next.saturating_sub(1)).unwrap_or(Uid::MAX);
            for range in changed.ranges() {
                if *range.start() > known_to {
                    continue;
                }
                let mut at = snapshot.uids.partition_point(|uid| uid < range.start());
                self.each_flags(row.id, *range.start(), known_to.min(*range.end()), |uid, flags, modseq| {
                    while snapshot.uids.get(at).is_some_and(|known| *known < uid) {
                        at += 1;
                    }
                    if snapshot.uids.get(at) == Some(&uid)
                        && let (Some(old_flags), Some(old_modseq)) =
                            (snapshot.flags.get_mut(at), snapshot.modseqs.get_mut(at))
                    {
                        *old_flags = flags;
                        *old_modseq = modseq;
                    }
                    Ok(())
                })?;
            }
            if let Ok(first_new) = Uid::try_from(snapshot.uid_next) {
                self.each_flags(row.id, first_new, Uid::MAX, |uid, flags, modseq| {
                    snapshot.push(uid, flags, modseq);
                    Ok(())
                })?;
            }
        }
        if snapshot.keyword_version != row.keyword_version {
            snapshot.keywords = Arc::new(self.keywords(row.id)?);
        }
        snapshot.stamp(row);
        Ok(())
    }

    /// UIDs that left after a MODSEQ. It may name UIDs that no message ever had.
    pub(crate) fn expunged_since(&self, mailbox: MailboxId, since: ModSeq) -> Result<UidSet> {
        self.ranges("SELECT first_uid, last_uid FROM expunged WHERE mailbox_id = ?1 AND modseq > ?2", mailbox, since)
    }

    fn changed_since(&self, mailbox: MailboxId, since: ModSeq) -> Result<UidSet> {
        self.ranges("SELECT first_uid, last_uid FROM changed WHERE mailbox_id = ?1 AND modseq > ?2", mailbox, since)
    }

    fn ranges(&self, sql: &str, mailbox: MailboxId, since: ModSeq) -> Result<UidSet> {
        let mut select = self.db.prepare_cached(sql)?;
        let ranges = select.query_map((mailbox.0, since), |row| Ok(row.get(0)?..=row.get(1)?))?;
        Ok(UidSet::from_ranges(ranges.collect::<rusqlite::Result<Vec<_>>>()?))
    }
}

impl Writer<'_> {
    /// Logs that the flags of messages in these runs got the mailbox's highest MODSEQ.
    pub(crate) fn log_changed(&self, row: &mut MailboxRow, runs: &[(Uid, Uid)]) -> Result<()> {
        let whole = [(runs.first().map_or(1, |run| run.0), runs.last().map_or(1, |run| run.1))];
        let runs = if runs.len() > MOST_RANGES { &whole } else { runs };
        self.log("INSERT INTO changed (mailbox_id, modseq, first_uid, last_uid) VALUES (?1, ?2, ?3, ?4)", row, runs)?;
        if row.highest_modseq.is_multiple_of(CUT_EVERY) && row.highest_modseq > KEPT {
            row.changed_floor = row.highest_modseq - KEPT;
            self.db
                .prepare_cached("DELETE FROM changed WHERE mailbox_id = ?1 AND modseq <= ?2")?
                .execute((row.id.0, row.changed_floor))?;
        }
        Ok(())
    }

    /// Logs that the messages in these runs left with the mailbox's highest MODSEQ. No message that stays may lie in a run.
    pub(crate) fn log_expunged(&self, row: &MailboxRow, runs: &[(Uid, Uid)]) -> Result<()> {
        self.log("INSERT INTO expunged (mailbox_id, modseq, first_uid, last_uid) VALUES (?1, ?2, ?3, ?4)", row, runs)
    }

    /// Forgets all but the last `keep` entries of the log of expunged messages, and says how many were forgotten. The row is not
    /// saved yet.
    pub(crate) fn cut_expunged(&self, row: &mut MailboxRow, keep: u64) -> Result<usize> {
        let mut select = self.db.prepare_cached(
            "SELECT modseq FROM expunged WHERE mailbox_id = ?1 ORDER BY modseq DESC, first_uid DESC LIMIT 1 OFFSET ?2",
        )?;
        let Some(floor) = select.query_row((row.id.0, keep), |found| found.get::<_, ModSeq>(0)).optional()? else {
            return Ok(0);
        };
        row.expunged_floor = row.expunged_floor.max(floor);
        let mut delete = self.db.prepare_cached("DELETE FROM expunged WHERE mailbox_id = ?1 AND modseq <= ?2")?;
        Ok(delete.execute((row.id.0, floor))?)
    }

    fn log(&self, sql: &str, row: &MailboxRow, runs: &[(Uid, Uid)]) -> Result<()> {
        let mut insert = self.db.prepare_cached(sql)?;
        for (first, last) in runs {
            insert.execute((row.id.0, row.highest_modseq, first, last))?;
        }
        Ok(())
    }
}
