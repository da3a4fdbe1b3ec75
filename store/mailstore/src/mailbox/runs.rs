//! Runs: messages that stand next to each other in a mailbox, as first and last UID.

use crate::Uid;

/// Collects messages in UID order into runs that no other message interrupts, so that one statement does for a run.
#[derive(Debug, Default)]
pub(super) struct Runs {
    runs: Vec<(Uid, Uid)>,
    broken: bool,
}

impl Runs {
    /// The next message of the mailbox is one of them.
    pub(super) fn take(&mut self, uid: Uid) {
        match self.runs.last_mut() {
            Some(run) if !self.broken => run.1 = uid,
            _ => self.runs.push((uid, uid)),
        }
        self.broken = false;
    }

    /// The next message is not one of them, or some were not looked at.
    pub(super) fn interrupt(&mut self) {
        self.broken = true;
    }

    pub(super) fn as_slice(&self) -> &[(Uid, Uid)] {
        &self.runs
    }
}
