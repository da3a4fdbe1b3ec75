//! Sessions of one process, in memory: keyed by a hash of the id, with idle and absolute expiry.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::{SIGNED_IN, Sessions, SignedIn};

/// Longest life of a session, however busy (webmail security model §2.2).
const ABSOLUTE: Duration = Duration::from_secs(24 * 3600);
/// How often the expired ones are removed.
const SWEEP: Duration = Duration::from_secs(60);

type Key = [u8; 32];

#[derive(Debug)]
struct Entry {
    record: Record,
    /// Key of what the session owns elsewhere, once somebody signed in.
    owns: Option<String>,
    created: Instant,
    used: Instant,
}

#[derive(Debug)]
struct Table {
    entries: HashMap<Key, Entry>,
    live: HashSet<String>,
    idle: Duration,
    ended: UnboundedSender<String>,
}

impl Table {
    fn is_over(&self, entry: &Entry, now: Instant) -> bool {
        now.duration_since(entry.used) >= self.idle || now.duration_since(entry.created) >= ABSOLUTE
    }

    fn remove(&mut self, key: &Key) {
        if let Some(owned) = self.entries.remove(key).and_then(|entry| entry.owns) {
            self.live.remove(&owned);
            // Nobody listens only while the service is being dropped, and then its pool and spool go with it.
            let _ = self.ended.send(owned);
        }
    }

    fn put(&mut self, key: Key, record: &Record, created: Instant) {
        let owns = record
            .data
            .get(SIGNED_IN)
            .cloned()
            .and_then(|value| serde_json::from_value::<SignedIn>(value).ok())
            .map(|who| who.key);
        self.live.extend(owns.clone());
        let record = Record { id: Id(0), ..record.clone() };
        self.entries.insert(key, Entry { record, owns, created, used: Instant::now() });
    }
}

/// Sessions in memory. Clones share them.
#[derive(Clone, Debug)]
pub struct MemorySessions {
    table: Arc<Mutex<Table>>,
}

impl MemorySessions {
    /// A store whose sessions end after `idle` without a request, and the keys of sessions as they end. Spawns the sweep,
    /// so it must be called in a runtime.
    pub fn new(idle: Duration) -> (Self, UnboundedReceiver<String>) {
        let (ended, receiver) = unbounded_channel();
        let table = Arc::new(Mutex::new(Table { entries: HashMap::new(), live: HashSet::new(), idle, ended }));
        tokio::spawn(sweep(Arc::downgrade(&table), SWEEP.min(idle.max(Duration::from_secs(1)))));
        (Self { table }, receiver)
    }

    /// Another idle time, for the sessions that are there too.
    pub fn set_idle(&self, idle: Duration) {
        lock(&self.table).idle = idle;
    }

    /// Whether the session that owns `key` is still there.
    pub fn is_live(&self, key: &str) -> bool {
        lock(&self.table).live.contains(key)
    }

    /// Ends the session that owns `key`, if it is still there.
    pub fn end_owner(&self, key: &str) {
        let mut table = lock(&self.table);
        if table.live.contains(key) {
            let owned: Vec<Key> = table
                .entries
                .iter()
                .filter(|(_, entry)| entry.owns.as_deref() == Some(key))
                .map(|(key, _)| *key)
                .collect();
            owned.iter().for_each(|entry| table.remove(entry));
        }
    }
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    // A panic elsewhere leaves the table whole: nothing in here can panic between two changes.
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The id itself is not kept, so that a memory dump holds no usable cookie.
fn key(id: &Id) -> Key {
    Sha256::digest(id.0.to_le_bytes()).into()
}

async fn sweep(table: Weak<Mutex<Table>>, pause: Duration) {
    let mut tick = tokio::time::interval(pause);
    loop {
        tick.tick().await;
        let Some(table) = table.upgrade() else { return };
        let mut table = lock(&table);
        let now = Instant::now();
        let over: Vec<Key> =
            table.entries.iter().filter(|(_, entry)| table.is_over(entry, now)).map(|(key, _)| *key).collect();
        for key in over {
            table.remove(&key);
        }
    }
}

#[async_trait]
impl SessionStore for MemorySessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let mut table = lock(&self.table);
        while table.entries.contains_key(&key(&record.id)) {
            record.id = Id::default();
        }
        table.put(key(&record.id), record, Instant::now());
        Ok(())
    }

    /// Only a session that is there: a late answer does not bring a signed-out one back.
    async fn save(&self, record: &Record) -> Result<()> {
        let mut table = lock(&self.table);
        let key = key(&record.id);
        let created = table.entries.get(&key).map(|entry| entry.created);
        let created = created.ok_or_else(|| Error::Backend("the session has ended".to_owned()))?;
        table.put(key, record, created);
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let mut table = lock(&self.table);
        let key = key(id);
        let Some(entry) = table.entries.get(&key) else { return Ok(None) };
        if table.is_over(entry, Instant::now()) {
            table.remove(&key);
            return Ok(None);
        }
        Ok(table.entries.get(&key).map(|entry| Record { id: *id, ..entry.record.clone() }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        lock(&self.table).remove(&key(id));
        Ok(())
    }
}

#[async_trait]
impl Sessions for MemorySessions {
    async fn touch(&self, id: &Id) {
        if let Some(entry) = lock(&self.table).entries.get_mut(&key(id)) {
            entry.used = Instant::now();
        }
    }
}
