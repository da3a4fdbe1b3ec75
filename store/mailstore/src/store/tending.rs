//! A thread that does between writes what need not be done in one: writing logs back, removing bodies put aside.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;

use super::core::AccountCore;
use crate::engine::Tidiness;
use crate::error::{Result, StoreError};

/// Sends accounts to the thread, which ends with the store.
pub(super) struct Tender {
    visits: Sender<Weak<AccountCore>>,
}

impl Tender {
    pub(super) fn start() -> Result<Self> {
        let (visits, waiting) = channel();
        thread::Builder::new()
            .name("mailstore-tidy".to_owned())
            .spawn(move || tend(&waiting))
            .map_err(|error| StoreError::io("starting a thread", error))?;
        Ok(Self { visits })
    }

    /// Soon looks after an account.
    pub(super) fn visit(&self, core: &Arc<AccountCore>) {
        // The thread only ends after the store has gone.
        let _ = self.visits.send(Arc::downgrade(core));
    }
}

fn tend(waiting: &Receiver<Weak<AccountCore>>) {
    while let Ok(account) = waiting.recv() {
        let Some(core) = account.upgrade() else { continue };
        loop {
            match core.database.tidy() {
                Ok(Tidiness::MoreToDo) => {}
                Ok(Tidiness::Done) => break,
                Err(error) => {
                    tracing::warn!(account = %core.id, %error, "an account could not be tidied");
                    break;
                }
            }
        }
    }
}
