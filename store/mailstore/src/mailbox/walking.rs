//! Going over many messages: rows in batches, and where their contents are wanted, the next batch while this one is looked at.

use std::cell::Cell;
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

use super::Mailbox;
use crate::Uid;
use crate::engine::{Batch, Room};
use crate::error::Result;
use crate::results::RowRef;
use crate::uid_set::UidSet;

/// Rows read under one lock: about a millisecond, so that writers don't wait for a search.
const BATCH: usize = 256;
/// The first batch shows whether bodies are wanted, and may be all that is looked at.
const FIRST_BATCH: usize = 16;
/// Octets of contents that come with a batch.
const CONTENTS: usize = 1 << 20;

/// What is still to be read.
#[derive(Clone, Copy)]
struct Left<'a> {
    ranges: &'a [RangeInclusive<Uid>],
    /// Not below this UID.
    from: Uid,
}

impl Mailbox {
    /// Calls `step` for each message of the set in UID order until it breaks. The fast way over many messages: rows
    /// are read in batches, no lock is held during `step`, and bodies are only read if `step` asks for them; once it
    /// does, the small ones come with the batches, which a second thread reads ahead.
    pub fn for_each(&self, set: &UidSet, mut step: impl FnMut(RowRef<'_>) -> ControlFlow<()>) -> Result<()> {
        let mut left = Left { ranges: set.ranges(), from: 0 };
        let mut batch = Batch::default();
        let mut room = Room { rows: FIRST_BATCH, contents: 0 };
        loop {
            let more = self.fill(&mut left, room, &mut batch)?;
            let shown = self.show(&batch, &mut step);
            match shown {
                Shown::Stopped => return Ok(()),
                _ if !more => return Ok(()),
                Shown::Contents => return self.for_each_ahead(left, &mut step),
                Shown::Rows => room = Room { rows: BATCH, contents: 0 },
            }
        }
    }

    /// The same where contents are wanted: reading and looking take about as long as each other.
    fn for_each_ahead(&self, mut left: Left<'_>, step: &mut impl FnMut(RowRef<'_>) -> ControlFlow<()>) -> Result<()> {
        let wanted = AtomicBool::new(true);
        let room = || Room { rows: BATCH, contents: if wanted.load(Ordering::Relaxed) { CONTENTS } else { 0 } };
        let rest = left;
        let read = thread::scope(|scope| {
            let (full, filled) = sync_channel::<Result<Batch>>(1);
            let (empty, emptied) = channel::<Batch>();
            let reading = thread::Builder::new().name("read-ahead".to_owned()).spawn_scoped(scope, move || {
                loop {
                    let mut batch = emptied.try_recv().unwrap_or_default();
                    let read = self.fill(&mut left, room(), &mut batch);
                    let more = matches!(read, Ok(true));
                    if full.send(read.map(|_| batch)).is_err() || !more {
                        return;
                    }
                }
            });
            if reading.is_err() {
                return None;
            }
            for batch in filled {
                let batch = match batch {
                    Ok(batch) => batch,
                    Err(error) => return Some(Err(error)),
                };
                match self.show(&batch, step) {
                    Shown::Stopped => break,
                    shown => wanted.store(shown == Shown::Contents, Ordering::Relaxed),
                }
                // The reader may be through already.
                let _ = empty.send(batch);
            }
            Some(Ok(()))
        });
        read.unwrap_or_else(|| {
            // No thread is to be had: then one after the other.
            let (mut left, mut batch) = (rest, Batch::default());
            loop {
                let more = self.fill(&mut left, room(), &mut batch)?;
                match self.show(&batch, step) {
                    Shown::Stopped => return Ok(()),
                    shown => wanted.store(shown == Shown::Contents, Ordering::Relaxed),
                }
                if !more {
                    return Ok(());
                }
            }
        })
    }

    /// Reads the next batch; whether there may be more behind it.
    fn fill(&self, left: &mut Left<'_>, room: Room, batch: &mut Batch) -> Result<bool> {
        let Left { ranges, from } = *left;
        let full = self.account.read(|reader| {
            batch.clear();
            let mut start = from;
            for range in ranges {
                if reader.fill(self.id, (start.max(*range.start()), *range.end()), room, batch)? {
                    return Ok(true);
                }
                start = 0;
            }
            Ok(false)
        })?;
        let Some(next) = batch.rows.last().and_then(|row| row.uid.checked_add(1)).filter(|_| full) else {
            return Ok(false);
        };
        *left = Left {
            ranges: ranges.get(ranges.partition_point(|range| *range.end() < next)..).unwrap_or(&[]),
            from: next,
        };
        Ok(true)
    }

    fn show(&self, batch: &Batch, step: &mut impl FnMut(RowRef<'_>) -> ControlFlow<()>) -> Shown {
        let asked = Cell::new(0);
        for row in &batch.rows {
            let reached = step(RowRef {
                mailbox: self,
                content: batch.content(row),
                asked: &asked,
                uid: row.uid,
                size: row.size,
                internal_date: row.internal_date,
                save_date: row.save_date,
                email_id: row.email_id,
                thread_id: row.thread_id,
                digest: batch.digest(row),
            });
            if reached.is_break() {
                return Shown::Stopped;
            }
        }
        // Whoever wants every other body is better off with all of them.
        if asked.get() * 2 >= batch.rows.len() { Shown::Contents } else { Shown::Rows }
    }
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Enough was seen.
    Stopped,
    /// Contents were asked for.
    Contents,
    /// The rows were enough.
    Rows,
}
