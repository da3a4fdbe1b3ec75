//! The bus: which subscription waits for which account, and the wake-up after a commit.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use mailstore::{AccountId, EventKind, Observer, SITE, StoreEvent};
use tokio::sync::Notify;

use crate::subscription::{Subscription, Watch};

/// Accounts are spread over this many maps, so that commits of different accounts seldom meet on a lock.
const SHARDS: usize = 16;

/// What stands for the site among the accounts.
fn site() -> Option<AccountId> {
    AccountId::new(SITE).ok()
}

/// One waiting session.
pub(crate) struct Waiter {
    pub(crate) watch: Watch,
    pub(crate) bell: Arc<Notify>,
}

type Shard = Mutex<HashMap<AccountId, Vec<Waiter>>>;

pub(crate) struct Shared {
    shards: [Shard; SHARDS],
    hasher: RandomState,
    interest: OnceLock<Arc<dyn Interest>>,
}

/// Who wants to know which accounts are listened to: the connection to other processes.
pub(crate) trait Interest: Send + Sync {
    /// The first subscription to the account.
    fn begins(&self, account: &AccountId);
    /// The last one is gone.
    fn ends(&self, account: &AccountId);
}

/// The bus of one process. Cheap to clone; give a clone to the store as its observer.
#[derive(Clone)]
pub struct Bus {
    shared: Arc<Shared>,
}

impl Default for Bus {
    fn default() -> Self {
        Self::new()
    }
}

impl Bus {
    /// A bus that nobody listens to yet.
    pub fn new() -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { shared: Arc::new(Shared { shards, hasher: RandomState::new(), interest: OnceLock::new() }) }
    }

    /// Listens to an account until the subscription is dropped. Commits from now on wake it, also those that come before it first waits.
    pub fn subscribe(&self, account: &AccountId, watch: Watch) -> Subscription {
        self.hang(Arc::new(Notify::new()), account, watch)
    }

    /// Listens to another account too: both ring the same bell, so that one wait is for both.
    pub fn subscribe_with(&self, other: &Subscription, account: &AccountId, watch: Watch) -> Subscription {
        self.hang(Arc::clone(&other.bell), account, watch)
    }

    /// Rings the same bell when it changes who shares what, or what is said about the whole site. `None` only if there is no name
    /// for it.
    pub fn subscribe_site(&self, other: &Subscription) -> Option<Subscription> {
        Some(self.hang(Arc::clone(&other.bell), &site()?, Watch::Account))
    }

    /// Wakes everyone who listens to the site.
    fn wake_site(&self) {
        if let Some(site) = site() {
            self.wake(&site);
        }
    }

    fn hang(&self, bell: Arc<Notify>, account: &AccountId, watch: Watch) -> Subscription {
        let waiter = Waiter { watch, bell: Arc::clone(&bell) };
        let mut shard = self.shared.lock(account);
        let waiters = shard.entry(account.clone()).or_default();
        waiters.push(waiter);
        if let (1, Some(interest)) = (waiters.len(), self.shared.interest.get()) {
            interest.begins(account);
        }
        drop(shard);
        Subscription { shared: Arc::clone(&self.shared), account: account.clone(), bell }
    }

    /// Wakes everyone whom the event concerns. For events of this process the store calls it; a broker's client calls it for others'.
    pub fn deliver(&self, event: &StoreEvent) {
        let shard = self.shared.lock(&event.account);
        for waiter in shard.get(&event.account).into_iter().flatten() {
            if waiter.watch.concerns(event) {
                // Keeps one wake-up for a waiter that is busy, and never more than one.
                waiter.bell.notify_one();
            }
        }
        drop(shard);
        if event.kind == EventKind::AclChanged {
            self.wake_site();
        }
    }

    /// Wakes everyone who listens to the account: something may have been missed.
    pub(crate) fn wake(&self, account: &AccountId) {
        for waiter in self.shared.lock(account).get(account).into_iter().flatten() {
            waiter.bell.notify_one();
        }
    }

    /// Wakes everyone.
    pub(crate) fn wake_all(&self) {
        for shard in &self.shared.shards {
            for waiter in lock(shard).values().flatten() {
                waiter.bell.notify_one();
            }
        }
    }

    /// Tells `interest` of every account that is listened to from now on. Once, before anyone subscribes.
    pub(crate) fn set_interest(&self, interest: Arc<dyn Interest>) {
        if self.shared.interest.set(interest).is_err() {
            tracing::error!("the bus is connected to a broker twice");
        }
    }

    /// Sessions that listen at present.
    pub fn subscriptions(&self) -> usize {
        let count = |shard: &Shard| lock(shard).values().map(Vec::len).sum::<usize>();
        self.shared.shards.iter().map(count).sum()
    }
}

impl Observer for Bus {
    fn committed(&self, event: &StoreEvent) {
        self.deliver(event);
    }
}

impl Shared {
    fn lock(&self, account: &AccountId) -> MutexGuard<'_, HashMap<AccountId, Vec<Waiter>>> {
        let at = self.hasher.hash_one(account) as usize % SHARDS;
        lock(&self.shards[at])
    }

    pub(crate) fn remove(&self, account: &AccountId, bell: &Arc<Notify>) {
        let mut shard = self.lock(account);
        if let Some(waiters) = shard.get_mut(account) {
            waiters.retain(|waiter| !Arc::ptr_eq(&waiter.bell, bell));
            if waiters.is_empty() {
                shard.remove(account);
                if let Some(interest) = self.interest.get() {
                    interest.ends(account);
                }
            }
        }
    }
}

/// The maps hold no half-done change at any point, so a panic elsewhere leaves them usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
