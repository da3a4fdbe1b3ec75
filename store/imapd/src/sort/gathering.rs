//! Gathers a fact about each of many messages: for a slice of time on the blocking pool, then others have their turn.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use mailstore::{ErrorKind, Mailbox, RowRef, StoreError, UidSet};
use message::{Digest, DigestRef, Limits};

use crate::search::program::RowFacts;
use crate::view::{Selection, View};

/// How long one call runs.
const SLICE: Duration = Duration::from_millis(50);

/// Facts about messages of a view.
pub(crate) struct Gathered<T> {
    pub(crate) view: View,
    /// Indices, ascending; no fact about those that are gone.
    pub(crate) messages: Vec<(usize, Option<T>)>,
}

type Take<T> = dyn Fn(&RowFacts<'_>) -> T + Send;

/// See the module.
pub(crate) struct Gathering<T> {
    mailbox: Mailbox,
    gathered: Gathered<T>,
    /// The first ones are done.
    done: usize,
    take: Box<Take<T>>,
}

impl<T: 'static> Gathering<T> {
    /// `found` are indices of the view, ascending.
    pub(crate) fn new(mailbox: Mailbox, view: View, found: Vec<usize>, take: Box<Take<T>>) -> Self {
        let messages = found.into_iter().map(|at| (at, None)).collect();
        Self { mailbox, gathered: Gathered { view, messages }, done: 0, take }
    }

    /// Goes on for a slice of time. True when there is more to do.
    pub(crate) fn step(&mut self) -> Result<bool, StoreError> {
        let Gathered { view, messages } = &mut self.gathered;
        let left = messages.get(self.done..).unwrap_or_default();
        let uids: UidSet = Selection::of(left.iter().map(|(at, _)| *at)).stored(view).collect();
        let end = Instant::now() + SLICE;
        let (mut next, mut stopped, mut failure) = (self.done, false, None);
        self.mailbox.for_each(&uids, |row| {
            let Some(at) = view.index_of(row.uid) else { return ControlFlow::Continue(()) };
            while messages.get(next).is_some_and(|(before, _)| *before < at) {
                next += 1;
            }
            if let Some((_, fact)) = messages.get_mut(next).filter(|(found, _)| *found == at) {
                match facts(&row, &self.take) {
                    Ok(taken) => *fact = taken,
                    // Removed since its row was read.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => {
                        failure = Some(error);
                        return ControlFlow::Break(());
                    }
                }
                next += 1;
            }
            stopped = Instant::now() >= end;
            if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        self.done = if stopped { next } else { messages.len() };
        match failure {
            Some(error) => Err(error),
            None => Ok(self.done < messages.len()),
        }
    }

    /// How many messages were looked at, and how many there are to look at.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.done, self.gathered.messages.len())
    }

    /// The facts, when there is no more to do.
    pub(crate) fn into_gathered(self) -> Gathered<T> {
        self.gathered
    }
}

fn facts<T: 'static>(row: &RowRef<'_>, take: &Take<T>) -> Result<Option<T>, StoreError> {
    let RowRef { size, internal_date, save_date, email_id, thread_id, .. } = *row;
    let of = |digest| take(&RowFacts { size, internal_date, save_date, email_id, thread_id, digest });
    if let Ok(digest) = DigestRef::decode(row.digest) {
        return Ok(Some(of(digest)));
    }
    // Written by another version of the reader.
    let renewed = Digest::of(&row.body()?, &Limits::default());
    Ok(renewed.view().map(of))
}
