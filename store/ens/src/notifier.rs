//! The notification plug-in (iBiff): publishes this process's commits, and wakes its sessions for those of others.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use config::Notify;
use daemon::session::{Attendance, Session};
use mailstore::{AccountId, Observer, StoreEvent, Wants};

use crate::bus::{Bus, Interest};
use crate::client::{Client, Endpoint, Listener};
use crate::event::{self, Origin};
use crate::reach::Reach;
use crate::reference::EventReference;

/// Connects a process to the broker. Give a clone to the store as its observer in place of the bus.
#[derive(Clone)]
pub struct Notifier {
    shared: Arc<Shared>,
}

struct Shared {
    bus: Bus,
    notify: Notify,
    /// What the settings make worth knowing of a commit.
    wants: Wants,
    origin: Origin,
    /// Set once the broker's address is known; nothing is served before.
    client: OnceLock<Client>,
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

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifier").field("origin", &self.shared.origin).finish_non_exhaustive()
    }
}

impl Notifier {
    /// A publisher that is not connected yet.
    pub fn new(bus: &Bus, notify: Notify, origin: Origin) -> Self {
        let wants = event::wants(&notify);
        let shared = Shared { bus: bus.clone(), notify, wants, origin, client: OnceLock::new(), shown: Arc::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Whether the settings name a broker on this host.
    pub fn is_for_this_host(&self) -> bool {
        let host = self.shared.notify.host.as_str();
        if Endpoint::is_nats(host) {
            return false;
        }
        host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// Connects in the background to the broker at `address`, or to the one that the settings name. Called once, before any session
    /// listens to the bus. Needs a tokio runtime.
    pub fn connect(&self, address: Option<SocketAddr>) -> Reach {
        let Shared { bus, notify, shown, .. } = &*self.shared;
        let endpoint = match (Endpoint::new(&notify.host, notify.port), address) {
            // A site with NATS has no broker of its own, wherever one runs.
            (Ok(Endpoint::Broker { .. }) | Err(_), Some(address)) => Endpoint::Broker { address: address.to_string() },
            (Ok(endpoint), _) => endpoint,
            (Err(error), None) => {
                tracing::error!(%error, "local.store.notifyplugin.enshost");
                return Reach::nothing();
            }
        };
        let ear = Ear { bus: bus.clone(), shown: Arc::clone(shown) };
        let client = self.shared.client.get_or_init(|| Client::start(endpoint, Arc::new(ear)));
        if !notify.serves_idle() {
            return Reach::nothing();
        }
        bus.set_interest(Arc::new(self.clone()));
        Reach::broker(client.connected())
    }
}

impl Notifier {
    /// The process is about to end: see [`Client::leave`].
    pub fn leave(&self) {
        if let Some(client) = self.shared.client.get() {
            client.leave();
        }
    }

    /// Returns once the broker has everything that was published until now, with `true`, or once it is known to be away.
    pub async fn settled(&self) -> bool {
        match self.shared.client.get() {
            Some(client) => client.settled().await,
            None => false,
        }
    }
}

impl Observer for Notifier {
    fn wants(&self) -> Wants {
        self.shared.wants
    }

    fn committed(&self, event: &StoreEvent) {
        self.shared.bus.deliver(event);
        let Some(client) = self.shared.client.get() else { return };
        for (reference, payload) in event::published(event, &self.shared.notify, &self.shared.origin) {
            client.publish(reference, payload);
        }
    }
}

impl Notifier {
    fn tell_of(&self, event_type: &str, session: &Session, user: &str) {
        let Shared { client, notify, origin, .. } = &*self.shared;
        if let Some(client) = client.get()
            && let Some(reference) = event::attendance(event_type, notify, origin, session, user)
        {
            client.publish(reference, Bytes::new());
        }
    }
}

impl Attendance for Notifier {
    fn came(&self, session: &Session, user: &str) {
        self.tell_of("Login", session, user);
    }

    fn went(&self, session: &Session, user: &str) {
        self.tell_of("Logout", session, user);
    }
}

impl Interest for Notifier {
    fn begins(&self, account: &AccountId) {
        let key = event::key(&self.shared.notify.event_key, &event::mailbox_name(account, None));
        let Some(client) = self.shared.client.get() else { return };
        let mut shown = self.shared.shown.lock();
        let id = client.subscribe(EventReference::new(&key));
        shown.subscriptions.insert(account.clone(), id);
        shown.by_subscription.insert(id, account.clone());
    }

    fn ends(&self, account: &AccountId) {
        let Some(client) = self.shared.client.get() else { return };
        let mut shown = self.shared.shown.lock();
        if let Some(id) = shown.subscriptions.remove(account) {
            shown.by_subscription.remove(&id);
            client.unsubscribe(id);
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
