//! A SEARCH in progress: runs for a slice of time on the blocking pool, then lets others have their turn.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mailstore::{ErrorKind, Mailbox, RowRef, StoreError, UidSet};
use message::{Digest, DigestRef, Limits};

use super::content::Content;
use super::program::{Facts, Node, RowFacts};
use crate::columns::Column;
use crate::view::{Selection, View};

/// How long one call runs.
const SLICE: Duration = Duration::from_millis(50);

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
        let mut job = Self { mailbox, view, program, found: Vec::new(), open: Vec::new(), done: 0 };
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
    pub(crate) fn take_subjects(&mut self, subjects: &Column<Option<Arc<str>>>) {
        let open = std::mem::take(&mut self.open);
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
        let entry = self.view.entry(at)?;
        let recent = self.view.is_recent(entry.uid);
        Some(Facts { number: u32::try_from(at + 1).ok()?, entry, recent, row: None, subject: None, content: None })
    }

    /// Goes on for a slice of time.
    pub(crate) fn step(&mut self) -> Result<Progress, StoreError> {
        let left = self.open.get(self.done..).unwrap_or_default();
        if left.is_empty() {
            self.found.sort_unstable();
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

    fn row_holds(&self, at: usize, row: &RowRef<'_>) -> Result<bool, StoreError> {
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
        let content = Content { octets: &body, digest };
        let facts = Facts { content: Some(&content), ..facts };
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
