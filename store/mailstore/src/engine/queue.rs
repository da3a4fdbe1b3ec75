//! Group commit: writers that come while a commit is under way share the next one.
//!
//! The first writer leads: it takes the jobs that wait, runs them in one transaction, commits once, tells the
//! observer, wakes the others, and hands the lead to a writer that came meanwhile. So nobody works for others
//! for ever, and observers hear of commits in their order.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Writer;
use crate::error::{Result, StoreError};

/// The most jobs that share a transaction: bounds how long the first of them waits.
const MOST_JOBS: usize = 64;

/// What a writer wants done inside the transaction.
pub(super) type Job = Box<dyn FnOnce(&Writer<'_>) -> Result<()> + Send>;

/// Locks, also after another thread panicked with the lock held: what the locks here guard is valid at every step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The jobs of one account.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    tickets: VecDeque<Arc<Ticket>>,
    led: bool,
}

/// One writer's place in the queue.
pub(super) struct Ticket {
    state: Mutex<State>,
    changed: Condvar,
}

enum State {
    Waiting(Job),
    /// Asked to lead; its own job is the first of the queue.
    Leading(Job),
    Running,
    Done(Result<()>),
}

impl Ticket {
    /// Takes the job to run it.
    pub(super) fn take(&self) -> Option<Job> {
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, State::Running) {
            State::Waiting(job) | State::Leading(job) => Some(job),
            other => {
                *state = other;
                None
            }
        }
    }

    pub(super) fn finish(&self, outcome: Result<()>) {
        let mut state = lock(&self.state);
        if !matches!(*state, State::Done(_)) {
            *state = State::Done(outcome);
            self.changed.notify_one();
        }
    }
}

/// The right to run jobs, passed on when dropped.
struct Lead<'a> {
    queue: &'a Queue,
    batch: Vec<Arc<Ticket>>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        for ticket in &self.batch {
            // Only after a panic in a job or an observer is there still something to finish here.
            ticket.finish(Err(StoreError::Engine("a write job did not end".into())));
        }
        let mut waiting = lock(&self.queue.state);
        match waiting.tickets.front() {
            Some(next) => {
                let mut state = lock(&next.state);
                if let State::Waiting(job) = std::mem::replace(&mut *state, State::Running) {
                    *state = State::Leading(job);
                }
                next.changed.notify_one();
            }
            None => waiting.led = false,
        }
    }
}

impl Queue {
    /// Queues a job and returns when it is done and durable, or failed. `run` is called, in whichever thread leads, with
    /// the tickets of one transaction; it must finish each of them.
    pub(super) fn submit(&self, job: Job, run: impl Fn(&[Arc<Ticket>])) -> Result<()> {
        let ticket = Arc::new(Ticket { state: Mutex::new(State::Waiting(job)), changed: Condvar::new() });
        let leads = {
            let mut waiting = lock(&self.state);
            waiting.tickets.push_back(ticket.clone());
            !std::mem::replace(&mut waiting.led, true)
        };
        if leads {
            self.lead(&run);
        }
        loop {
            let mut state = lock(&ticket.state);
            while matches!(*state, State::Waiting(_) | State::Running) {
                state = ticket.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            match std::mem::replace(&mut *state, State::Running) {
                State::Done(outcome) => return outcome,
                leading => {
                    *state = leading;
                    drop(state);
                    self.lead(&run);
                }
            }
        }
    }

    fn lead(&self, run: &impl Fn(&[Arc<Ticket>])) {
        let mut lead = Lead { queue: self, batch: Vec::new() };
        {
            let mut waiting = lock(&self.state);
            let count = waiting.tickets.len().min(MOST_JOBS);
            lead.batch.extend(waiting.tickets.drain(..count));
        }
        run(&lead.batch);
    }

    /// Whether nobody writes or waits.
    pub(super) fn is_idle(&self) -> bool {
        !lock(&self.state).led
    }
}
