//! The notification plug-in (iBiff): publishes this process's commits, and wakes its sessions for those of others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use config::Notify;
use mailstore::{AccountId, Observer, StoreEvent};
use tokio::sync::watch;

use crate::bus::{Bus, Interest};
use crate::client::{Client, Listener};
use crate::event::{self, Origin};
use crate::reference::EventReference;

/// Connects a process to the broker. Give a clone to the store as its observer in place of the bus.
#[derive(Clone)]
pub struct Notifier {
    shared: Arc<Shared>,
}

struct Shared {
    bus: Bus,
    notify: Notify,
    origin: Origin,
    client: Client,
    /// The accounts that sessions of this process show, with their subscriptions.
    shown: Arc<Shown>,
}

#[derive(Default)]
struct Shown {
    accounts: Mutex<Accounts>,
}

#[derive(Default)]
struct Accounts {
    subscriptions: HashMap<AccountId, u32>,
    by_subscription: HashMap<u32, AccountId>,
}

/// What comes from the broker.
struct Ear {
    bus: Bus,
    shown: Arc<Shown>,
}

impl Notifier {
    /// Connects in the background. From now on the bus tells which accounts are listened to. Needs a tokio runtime.
    pub fn start(bus: &Bus, notify: Notify, origin: Origin) -> Self {
        let shown = Arc::new(Shown::default());
        let ear = Ear { bus: bus.clone(), shown: Arc::clone(&shown) };
        let client = Client::start(format!("{}:{}", notify.host, notify.port), Arc::new(ear));
        let notifier = Self { shared: Arc::new(Shared { bus: bus.clone(), notify, origin, client, shown }) };
        if notifier.shared.notify.serves_idle() {
            bus.set_interest(Arc::new(notifier.clone()));
        }
        notifier
    }

    /// Whether the broker is connected at present; changes as it comes and goes.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.shared.client.connected()
    }
}

impl Observer for Notifier {
    fn committed(&self, event: &StoreEvent) {
        self.shared.bus.deliver(event);
        if let Some(reference) = event::published(event, &self.shared.notify, &self.shared.origin) {
            self.shared.client.publish(reference, Bytes::new());
        }
    }
}

impl Interest for Notifier {
    fn begins(&self, account: &AccountId) {
        let key = event::key(&self.shared.notify.event_key, &event::mailbox_name(account, None));
        let mut shown = self.shared.shown.lock();
        let id = self.shared.client.subscribe(EventReference::new(&key));
        shown.subscriptions.insert(account.clone(), id);
        shown.by_subscription.insert(id, account.clone());
    }

    fn ends(&self, account: &AccountId) {
        let mut shown = self.shared.shown.lock();
        if let Some(id) = shown.subscriptions.remove(account) {
            shown.by_subscription.remove(&id);
            self.shared.client.unsubscribe(id);
        }
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, Accounts> {
        // Both maps change together before the lock is let go.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Ear {
    fn event(&self, _subscription: u32, reference: &EventReference, _payload: &Bytes) {
        match event::received(reference) {
            Some(event) => self.bus.deliver(&event),
            None => tracing::debug!(%reference, "an event that says nothing of the store"),
        }
    }

    fn in_force(&self, subscription: u32) {
        let account = self.shown.lock().by_subscription.get(&subscription).cloned();
        if let Some(account) = account {
            self.bus.wake(&account);
        }
    }

    fn missed(&self) {
        self.bus.wake_all();
    }
}
