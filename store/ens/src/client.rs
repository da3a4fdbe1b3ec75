//! A connection to the broker that is kept: it comes back after an outage and says what may have been missed.

mod broker;
mod endpoint;
mod nats;
mod nats_wire;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

pub use self::endpoint::{Endpoint, EndpointError};
use crate::reference::EventReference;
use crate::wire::{Request, WireError};

/// How long a connection and its greeting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Pauses between tries: the first, and the longest.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// Bytes of events that wait for a connection. Beyond them they are dropped, and the subscribers told so.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// What a client does with what it hears. Called by the client's task, so it must be quick.
pub trait Listener: Send + Sync + 'static {
    /// An event that the subscription asked for.
    fn event(&self, subscription: u32, reference: &EventReference, payload: &Bytes);
    /// From now on every event comes; what happened before has to be looked up. Called after each connection.
    fn in_force(&self, subscription: u32);
    /// Events of any subscription may be missing.
    fn missed(&self);
    /// There is no connection, for this reason; it is tried again. Called once an outage.
    fn away(&self, _reason: &str) {}
}

/// A client of the broker. The connection ends when the client is dropped.
pub struct Client {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    wanted: Mutex<Wanted>,
    changed: Notify,
    connected: watch::Sender<bool>,
    state: watch::Sender<State>,
    /// The process is about to end: a broker that goes away now is no outage.
    leaving: AtomicBool,
}

/// How far this client is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct State {
    /// Connections tried, successful or not.
    tried: u64,
    /// Whether one is there.
    connected: bool,
    /// What was published and is dealt with by the other side, as [`Wanted::published`] counts.
    settled: u64,
}

#[derive(Default)]
struct Wanted {
    subscriptions: HashMap<u32, EventReference>,
    next: u32,
    waiting: VecDeque<Request>,
    /// What is being written: it is kept until the broker's side has taken it, and sent again on the next connection.
    sending: Vec<Request>,
    bytes: usize,
    /// Events that were ever given to be published.
    published: u64,
    /// What [`Wanted::published`] was when each question was asked that is not answered yet.
    questions: VecDeque<u64>,
}

impl Client {
    /// Connects in the background, again and again until it succeeds. Needs a tokio runtime.
    pub fn start(endpoint: Endpoint, listener: Arc<dyn Listener>) -> Self {
        let shared = Arc::new(Shared {
            wanted: Mutex::default(),
            changed: Notify::new(),
            connected: watch::Sender::new(false),
            state: watch::Sender::default(),
            leaving: AtomicBool::new(false),
        });
        let task = tokio::spawn(keep_connected(Arc::clone(&shared), endpoint, listener));
        Self { shared, task }
    }

    /// The process is about to end: when the connection does, nothing is said of it and nothing tried again.
    pub fn leave(&self) {
        self.shared.leaving.store(true, Ordering::Relaxed);
    }

    /// Subscribes. [`Listener::in_force`] is called once the broker knows of it, and again after every outage.
    pub fn subscribe(&self, reference: EventReference) -> u32 {
        let mut wanted = self.shared.lock();
        wanted.next += 1;
        let id = wanted.next;
        wanted.subscriptions.insert(id, reference.clone());
        wanted.waiting.push_back(Request::Subscribe { id, reference });
        drop(wanted);
        self.shared.changed.notify_one();
        id
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, id: u32) {
        let mut wanted = self.shared.lock();
        if wanted.subscriptions.remove(&id).is_some() {
            wanted.waiting.push_back(Request::Unsubscribe { id });
        }
        drop(wanted);
        self.shared.changed.notify_one();
    }

    /// Publishes. Never waits: without a connection the event is kept until there is one. `payload` has at most
    /// [`LARGEST_PAYLOAD`](crate::LARGEST_PAYLOAD) bytes; what is beyond them is cut off.
    pub fn publish(&self, reference: EventReference, mut payload: Bytes) {
        payload.truncate(crate::LARGEST_PAYLOAD);
        let mut wanted = self.shared.lock();
        wanted.published += 1;
        let bytes = payload.len() + reference.key().len() + 256;
        if wanted.bytes + bytes > MOST_BYTES {
            wanted.waiting.retain(|request| !matches!(request, Request::Publish { .. } | Request::Lost));
            wanted.bytes = 0;
            wanted.waiting.push_back(Request::Lost);
        } else {
            wanted.bytes += bytes;
            wanted.waiting.push_back(Request::Publish { reference, payload });
        }
        drop(wanted);
        self.shared.changed.notify_one();
    }

    /// Returns once the other side has dealt with everything that was published until now: `true`. `false` when it cannot be
    /// reached at present.
    pub async fn settled(&self) -> bool {
        let mut state = self.shared.state.subscribe();
        let until = self.shared.lock().published;
        if until == 0 {
            return true;
        }
        let mut asked = None;
        loop {
            let State { tried, connected, settled } = *state.borrow_and_update();
            if settled >= until {
                return true;
            }
            if !connected && tried > 0 {
                return false;
            }
            // A question belongs to a connection: the next one is asked again.
            if connected && asked != Some(tried) {
                asked = Some(tried);
                self.shared.lock().waiting.push_back(Request::Ping("settled".into()));
                self.shared.changed.notify_one();
            }
            if state.changed().await.is_err() {
                return false;
            }
        }
    }

    /// Whether the broker is connected at present; changes as it comes and goes.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.shared.connected.subscribe()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        // Each change leaves the fields in step before it lets go of the lock.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that waits, in order; it is kept until [`Shared::taken`].
    fn take<T>(&self, write: impl FnOnce(&[Request]) -> T) -> T {
        let mut wanted = self.lock();
        wanted.bytes = 0;
        wanted.sending = wanted.waiting.drain(..).collect();
        let Wanted { sending, questions, published, .. } = &mut *wanted;
        let mut behind = sending.iter().filter(|each| matches!(each, Request::Publish { .. })).count() as u64;
        for request in sending.iter() {
            match request {
                Request::Publish { .. } => behind -= 1,
                request if is_question(request) => questions.push_back(published.saturating_sub(behind)),
                _ => {}
            }
        }
        write(sending)
    }

    /// What was taken last has been written.
    fn taken(&self) {
        self.lock().sending.clear();
    }

    /// A question was answered: everything before it has been dealt with.
    fn answered(&self) {
        let settled = self.lock().questions.pop_front();
        if let Some(settled) = settled {
            self.state.send_modify(|state| state.settled = state.settled.max(settled));
        }
    }

    /// A new connection begins with every subscription; what waited about subscriptions is settled by that.
    fn begin(&self) {
        let mut wanted = self.lock();
        wanted.questions.clear();
        let unsent = std::mem::take(&mut wanted.sending).into_iter().chain(std::mem::take(&mut wanted.waiting));
        let publications: Vec<_> =
            unsent.filter(|request| matches!(request, Request::Publish { .. } | Request::Lost)).collect();
        let subscriptions: Vec<_> = wanted
            .subscriptions
            .iter()
            .map(|(id, reference)| Request::Subscribe { id: *id, reference: reference.clone() })
            .collect();
        wanted.waiting.extend(subscriptions);
        wanted.waiting.extend(publications);
        drop(wanted);
        self.state.send_modify(|state| {
            state.tried += 1;
            state.connected = true;
        });
        self.connected.send_replace(true);
    }

    /// The connection ended, or there was none.
    fn end(&self, was_connected: bool) {
        self.connected.send_replace(false);
        self.state.send_modify(|state| {
            state.tried += u64::from(!was_connected);
            state.connected = false;
        });
    }

    fn reference_of(&self, id: u32) -> Option<EventReference> {
        self.lock().subscriptions.get(&id).cloned()
    }
}

fn is_question(request: &Request) -> bool {
    matches!(request, Request::Ping(_))
}

async fn keep_connected(shared: Arc<Shared>, endpoint: Endpoint, listener: Arc<dyn Listener>) {
    let mut pause = RETRY.0;
    let mut told = false;
    loop {
        let began = |told: &mut bool| {
            if *told {
                tracing::info!(%endpoint, "the event broker is back");
            }
            *told = false;
            shared.begin();
        };
        let (ended, connected): (WireError, bool) = match &endpoint {
            Endpoint::Broker { address } => match broker::connect(address).await {
                Ok(stream) => {
                    began(&mut told);
                    (broker::converse(&shared, stream, &*listener).await, true)
                }
                Err(error) => (error, false),
            },
            Endpoint::Nats(address) => match nats::connect(address).await {
                Ok(connection) => {
                    began(&mut told);
                    (nats::converse(&shared, connection, &*listener).await, true)
                }
                Err(error) => (error, false),
            },
        };
        shared.end(connected);
        if shared.leaving.load(Ordering::Relaxed) {
            return;
        }
        if connected {
            pause = RETRY.0;
        }
        if !told {
            // Once an outage, not once a try.
            tracing::warn!(%endpoint, error = %ended, "the event broker is away");
            listener.away(&ended.to_string());
            told = true;
        }
        sleep(pause).await;
        pause = (pause * 2).min(RETRY.1);
    }
}
