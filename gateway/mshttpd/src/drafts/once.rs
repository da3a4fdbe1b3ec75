//! A message goes out once, however often its form is posted: what became of each draft of a session.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use spool::DraftId;
use tokio::sync::Mutex;

use super::form::DraftForm;

/// Longer than a session lives, so that no page outlives what is known about it.
const KEPT: Duration = Duration::from_secs(25 * 3600);
/// Messages that are remembered.
const MOST: u64 = 200_000;

/// A message that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// What the page after it says.
    pub said: String,
    /// What was sent, as a number.
    print: u64,
}

impl Gone {
    /// That `form` went out.
    pub fn new(form: &DraftForm, said: String) -> Self {
        Self { said, print: print(form) }
    }

    /// Whether `form` is that message, posted again.
    pub fn is(&self, form: &DraftForm) -> bool {
        self.print == print(form)
    }
}

fn print(form: &DraftForm) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&form.to, &form.cc, &form.bcc, &form.subject, &form.body).hash(&mut hasher);
    hasher.finish()
}

/// What became of a draft. Whoever sends it holds the lock meanwhile: a second post waits, and then sees what the first did.
pub type Slot = Arc<Mutex<Option<Gone>>>;

/// The drafts of all sessions.
#[derive(Clone, Debug)]
pub struct Once {
    slots: Cache<(String, String), Slot>,
}

impl Default for Once {
    fn default() -> Self {
        Self { slots: Cache::builder().max_capacity(MOST).time_to_idle(KEPT).build() }
    }
}

impl Once {
    /// The place of a session's draft.
    pub fn slot(&self, session: &str, draft: &DraftId) -> Slot {
        self.slots.get_with((session.to_owned(), draft.to_string()), Slot::default)
    }
}
