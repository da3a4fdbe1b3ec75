//! A SEARCH in progress: runs for a slice of time on the blocking pool, then lets others have their turn.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mailstore::{ErrorKind, Gists, Known, Mailbox, RowRef, StoreError, Uid, UidSet};
use message::search::Texts;
use message::{Digest, DigestRef, Limits};

use super::program::{Facts, Node, RowFacts};
use crate::columns::Column;
use crate::view::{Selection, View};

/// How long one call runs.
const SLICE: Duration = Duration::from_millis(50);
/// Fewer messages than these are read sooner than all gists of their mailbox.
const WORTHWHILE: usize = 32;

/// See the module.
pub(crate) struct Job {
    mailbox: Mailbox,
    view: View,
    program: Node,
    /// Indices that hold, ascending when the job is done.
    found: Vec<usize>,
    /// Indices that what is in memory did not decide; the first ones are done.
    open: Vec<usize>,
    done: usize,
    narrowing: Narrowing,
    /// What messages that are read add to.
    gists: Option<Gists>,
    /// UIDs whose gists are kept, ascending once they all are known.
    known: Vec<Uid>,
}

/// How far the gists have been asked.
enum Narrowing {
    NotBegun,
    /// With what they say of the open messages, by their place among these.
    Going(Vec<Option<bool>>),
    Done,
}

/// Whether there is more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    More,
    Done,
}

impl Job {
    /// Tries everything that is in memory at once: that is quick for any mailbox.
    pub(crate) fn new(mailbox: Mailbox, view: View, program: Node) -> Self {
        let all = 0..view.len();
        Self::among(mailbox, view, program, all)
    }

    /// The same for some of the messages, by their indices, ascending.
    pub(crate) fn among(mailbox: Mailbox, view: View, program: Node, messages: impl Iterator<Item = usize>) -> Self {
        let mut job = Self {
            mailbox,
            view,
            program,
            found: Vec::new(),
            open: Vec::new(),
            done: 0,
            narrowing: Narrowing::NotBegun,
            gists: None,
            known: Vec::new(),
        };
        for at in messages {
            match job.facts(at).and_then(|facts| job.program.holds(&facts)) {
                Some(true) => job.found.push(at),
                Some(false) => {}
                None => job.open.push(at),
            }
        }
        job
    }

    /// Messages that are not decided yet although subjects that are kept would help; none where they would not.
    pub(crate) fn wants_subjects(&self) -> &[usize] {
        if self.program.names_subject() { &self.open } else { &[] }
    }

    /// Decides what subjects decide.
    pub(crate) fn take_subjects(&mut self, subjects: &Column<Option<Arc<[u8]>>>) {
        let open = std::mem::take(&mut self.open);
        let mut subjects = subjects.walk();
        for at in open {
            let subject = self.view.entry(at).and_then(|entry| subjects.get(entry.uid));
            let holds = self.facts(at).and_then(|facts| {
                let facts = Facts { subject: subject.map(|subject| subject.as_deref()), ..facts };
                self.program.holds(&facts)
            });
            match holds {
                Some(true) => self.found.push(at),
                Some(false) => {}
                None => self.open.push(at),
            }
        }
    }

    fn facts(&self, at: usize) -> Option<Facts<'static>> {
        facts(&self.view, at)
    }

    /// Goes on for a slice of time.
    pub(crate) fn step(&mut self) -> Result<Progress, StoreError> {
        if !matches!(self.narrowing, Narrowing::Done) {
            return self.narrow();
        }
        let left = self.open.get(self.done..).unwrap_or_default();
        if left.is_empty() {
            self.found.sort_unstable();
            if let Some(gists) = self.gists.take() {
                gists.finish(|uid| self.view.snapshot.index_of(uid).is_some());
            }
            return Ok(Progress::Done);
        }
        // Messages that are gone hold nothing that could be looked at.
        let uids: UidSet = Selection::of(left.iter().copied()).stored(&self.view).collect();
        let end = Instant::now() + SLICE;
        let mailbox = self.mailbox.clone();
        let mut stopped = None;
        let mut failure = None;
        mailbox.for_each(&uids, |row| {
            let Some(at) = self.view.index_of(row.uid) else { return ControlFlow::Continue(()) };
            match self.row_holds(at, &row) {
                Ok(true) => self.found.push(at),
                Ok(false) => {}
                // Removed since its row was read.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
            if Instant::now() < end {
                return ControlFlow::Continue(());
            }
            stopped = Some(at);
            ControlFlow::Break(())
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        self.done = match stopped {
            Some(at) => self.open.partition_point(|open| *open <= at),
            None => self.open.len(),
        };
        Ok(Progress::More)
    }

    /// Asks the gists about the messages that are open, for a slice of time.
    fn narrow(&mut self) -> Result<Progress, StoreError> {
        if let Narrowing::NotBegun = self.narrowing {
            let asks = self.open.len() >= WORTHWHILE && self.program.asks_gists();
            self.gists = if asks { self.mailbox.gists(self.view.len()) } else { None };
            self.narrowing = Narrowing::Going(vec![None; self.open.len()]);
        }
        let end = Instant::now() + SLICE;
        let mut more = true;
        if let (Some(gists), Narrowing::Going(said)) = (&mut self.gists, &mut self.narrowing) {
            let (view, open, program, known) = (&self.view, &self.open, &self.program, &mut self.known);
            while more && Instant::now() < end {
                // Most often a block goes on where the message before was.
                let mut place = 0;
                more = gists.next(|uid, gist| {
                    let Some(at) = view.index_of(uid) else { return Known::No };
                    known.push(uid);
                    if open.get(place).is_none_or(|open| *open != at) {
                        match open.binary_search(&at) {
                            Ok(found) => place = found,
                            Err(_) => return Known::Yes,
                        }
                    }
                    if let (Some(facts), Some(said)) = (facts(view, at), said.get_mut(place)) {
                        *said = said.or(program.holds(&Facts { gist: Some(gist), ..facts }));
                    }
                    place += 1;
                    Known::Yes
                });
            }
            if more {
                return Ok(Progress::More);
            }
        }
        let said = match std::mem::replace(&mut self.narrowing, Narrowing::Done) {
            Narrowing::Going(said) => said,
            Narrowing::NotBegun | Narrowing::Done => Vec::new(),
        };
        let Some(gists) = &mut self.gists else { return Ok(Progress::More) };
        if !gists.confirm(&self.mailbox)? {
            self.known.clear();
            return Ok(Progress::More);
        }
        self.known.sort_unstable();
        let open = std::mem::take(&mut self.open);
        for (at, said) in open.into_iter().zip(said) {
            match said {
                Some(true) => self.found.push(at),
                Some(false) => {}
                None => self.open.push(at),
            }
        }
        Ok(Progress::More)
    }

    fn row_holds(&mut self, at: usize, row: &RowRef<'_>) -> Result<bool, StoreError> {
        let Some(mut facts) = self.facts(at) else { return Ok(false) };
        let renewed;
        let digest = match DigestRef::decode(row.digest) {
            Ok(digest) => digest,
            Err(_) => {
                // Written by another version of the reader.
                renewed = Digest::of(&row.body()?, &Limits::default());
                match renewed.view() {
                    Some(digest) => digest,
                    None => return Ok(false),
                }
            }
        };
        let RowRef { size, internal_date, save_date, email_id, thread_id, .. } = *row;
        facts.row = Some(RowFacts { size, internal_date, save_date, email_id, thread_id, digest });
        if let Some(holds) = self.program.holds(&facts) {
            return Ok(holds);
        }
        let body = row.body()?;
        if let Some(gists) = &mut self.gists
            && self.known.binary_search(&row.uid).is_err()
        {
            gists.add(row, digest, &body);
        }
        let facts = Facts { texts: Some(Texts { octets: &body, digest }), ..facts };
        Ok(self.program.holds(&facts).unwrap_or(false))
    }

    /// How many messages were looked at, and how many there are to look at.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.done, self.open.len())
    }

    /// The result, when the job is done.
    pub(crate) fn into_found(self) -> (View, Vec<usize>) {
        (self.view, self.found)
    }
}

/// What the view knows about a message.
fn facts(view: &View, at: usize) -> Option<Facts<'static>> {
    let entry = view.entry(at)?;
    let recent = view.is_recent(entry.uid);
    let number = u32::try_from(at + 1).ok()?;
    Some(Facts { number, entry, recent, row: None, subject: None, gist: None, texts: None })
}
