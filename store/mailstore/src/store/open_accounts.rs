//! Which account databases are open: the least recently used one is closed when there are too many.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::core::AccountCore;

/// The accounts whose databases may be open.
pub(super) struct OpenAccounts {
    most: usize,
    clock: AtomicU64,
    list: Mutex<Vec<Arc<AccountCore>>>,
}

impl OpenAccounts {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), clock: AtomicU64::new(1), list: Mutex::default() }
    }

    /// The account is about to be used.
    pub(super) fn touch(&self, core: &Arc<AccountCore>) {
        core.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        if core.listed.load(Ordering::Acquire) || core.listed.swap(true, Ordering::AcqRel) {
            return;
        }
        let victims = {
            let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
            list.push(core.clone());
            let surplus = list.len().saturating_sub(self.most);
            if surplus == 0 {
                return;
            }
            list.sort_unstable_by_key(|core| std::cmp::Reverse(core.used.load(Ordering::Relaxed)));
            let kept = list.len() - surplus;
            list.split_off(kept)
        };
        victims.into_iter().for_each(|victim| self.close(victim));
    }

    /// Closes what is not in use.
    pub(super) fn close_idle(&self) {
        let list = std::mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner));
        list.into_iter().for_each(|core| self.close(core));
    }

    pub(super) fn count(&self) -> usize {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner).clone();
        list.iter().filter(|core| core.database.is_open()).count()
    }

    /// Outside the list's lock: closing writes the log back.
    fn close(&self, core: Arc<AccountCore>) {
        core.listed.store(false, Ordering::Release);
        if core.database.try_close() {
            core.forget_unused();
        } else if !core.listed.swap(true, Ordering::AcqRel) {
            // In use after all.
            self.list.lock().unwrap_or_else(PoisonError::into_inner).push(core);
        }
    }
}
