//! A connection to the broker that is kept: it comes back after an outage and says what may have been missed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::reference::EventReference;
use crate::wire::{Reply, Request, WireError};

/// How long a connection and its greeting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Pauses between tries: the first, and the longest.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// A broker that says nothing for so long is asked whether it is still there, and after twice as long it is given up.
const QUIET: Duration = Duration::from_secs(30);
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
}

#[derive(Default)]
struct Wanted {
    subscriptions: HashMap<u32, EventReference>,
    next: u32,
    waiting: VecDeque<Request>,
    /// What is being written: it is kept until the broker's side has taken it, and sent again on the next connection.
    sending: Vec<Request>,
    bytes: usize,
}

impl Client {
    /// Connects to `address` (`host:port`) in the background, again and again until it succeeds. Needs a tokio runtime.
    pub fn start(address: String, listener: Arc<dyn Listener>) -> Self {
        let shared =
            Arc::new(Shared { wanted: Mutex::default(), changed: Notify::new(), connected: watch::Sender::new(false) });
        let task = tokio::spawn(keep_connected(Arc::clone(&shared), address, listener));
        Self { shared, task }
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

    /// Everything that waits, as it is written; empty when nothing does.
    fn take(&self) -> Vec<u8> {
        let mut wanted = self.lock();
        wanted.bytes = 0;
        wanted.sending = wanted.waiting.drain(..).collect();
        let mut out = Vec::new();
        for request in &wanted.sending {
            request.write(&mut out);
        }
        out
    }

    /// What was taken last has been written.
    fn taken(&self) {
        self.lock().sending.clear();
    }

    /// A new connection begins with every subscription; what waited about subscriptions is settled by that.
    fn begin(&self) {
        let mut wanted = self.lock();
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
    }
}

async fn keep_connected(shared: Arc<Shared>, address: String, listener: Arc<dyn Listener>) {
    let mut pause = RETRY.0;
    let mut told = false;
    loop {
        let ended = match connect(&address).await {
            Ok(stream) => {
                if told {
                    tracing::info!(%address, "the event broker is back");
                }
                (pause, told) = (RETRY.0, false);
                shared.begin();
                shared.connected.send_replace(true);
                let ended = converse(&shared, stream, &*listener).await;
                shared.connected.send_replace(false);
                ended
            }
            Err(error) => error,
        };
        if !told {
            // Once an outage, not once a try.
            tracing::warn!(%address, error = %ended, "the event broker is away");
            told = true;
        }
        sleep(pause).await;
        pause = (pause * 2).min(RETRY.1);
    }
}

async fn connect(address: &str) -> Result<BufReader<TcpStream>, WireError> {
    let opened = timeout(CONNECT, async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        match Reply::read(&mut stream).await? {
            Some(Reply::Greeting) => Ok(stream),
            Some(Reply::Refused(_)) => Err(WireError::Syntax("it refuses this host (ENS_ACCESS)")),
            Some(_) => Err(WireError::Syntax("it did not greet")),
            None => Err(WireError::Syntax("it hung up")),
        }
    });
    opened.await.unwrap_or(Err(WireError::Syntax("it did not answer in time")))
}

/// Talks until the connection ends, and says why it did.
async fn converse(shared: &Shared, stream: BufReader<TcpStream>, listener: &dyn Listener) -> WireError {
    let (reading, mut writing) = tokio::io::split(stream);
    let pings = Notify::new();
    let pongs = Notify::new();
    let speak = async {
        loop {
            let out = shared.take();
            if !out.is_empty() {
                let sent = async {
                    writing.write_all(&out).await?;
                    writing.flush().await
                };
                match timeout(QUIET, sent).await {
                    Ok(Ok(())) => shared.taken(),
                    Ok(Err(error)) => return WireError::Io(error),
                    Err(_) => return WireError::Syntax("it takes nothing"),
                }
            }
            let reply = tokio::select! {
                () = shared.changed.notified() => continue,
                () = pings.notified() => Request::Pong,
                () = pongs.notified() => Request::Ping("alive".into()),
            };
            shared.lock().waiting.push_back(reply);
        }
    };
    let listen = async {
        let mut reader = BufReader::new(reading);
        let mut asked = false;
        loop {
            let next = Reply::read(&mut reader);
            tokio::pin!(next);
            let reply = loop {
                match timeout(QUIET, &mut next).await {
                    Ok(Ok(reply)) => break reply,
                    Ok(Err(error)) => return error,
                    Err(_) if asked => return WireError::Syntax("it is silent"),
                    Err(_) => {
                        asked = true;
                        pongs.notify_one();
                    }
                }
            };
            asked = false;
            match reply {
                None => return WireError::Syntax("it hung up"),
                Some(Reply::Subscribed { id }) => listener.in_force(id),
                Some(Reply::Event { ids, reference, payload }) => {
                    for id in ids {
                        listener.event(id, &reference, &payload);
                    }
                }
                Some(Reply::Lost) => listener.missed(),
                Some(Reply::Ping(_)) => pings.notify_one(),
                Some(Reply::Pong | Reply::Greeting) => {}
                Some(Reply::Refused(_)) => return WireError::Syntax("it refused a request"),
            }
        }
    };
    tokio::select! {
        error = speak => error,
        error = listen => error,
    }
}
