//! Sessions of one process, in memory: keyed by a hash of the id, with idle and absolute expiry.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::listed::ListedSessions;
use super::{ABSOLUTE, Ended, SIGNED_IN, SWEEP, Sessions, SignedIn, owner_of};

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
    ended: UnboundedSender<Ended>,
    generation: watch::Sender<u64>,
}

impl Table {
    fn is_over(&self, entry: &Entry, now: Instant) -> bool {
        now.duration_since(entry.used) >= self.idle || now.duration_since(entry.created) >= ABSOLUTE
    }

    fn remove(&mut self, key: &Key) {
        if let Some(owned) = self.entries.remove(key).and_then(|entry| entry.owns) {
            self.live.remove(&owned);
            // Nobody listens only while the service is being dropped, and then its pool and spool go with it.
            let _ = self.ended.send(Ended { owner: owner_of(&owned), key: Some(owned) });
            self.generation.send_modify(|generation| *generation += 1);
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
        self.entries.insert(key, Entry { record, owns, created, used: daemon::clock::now() });
    }
}

/// Sessions in memory. Clones share them.
#[derive(Clone, Debug)]
pub struct MemorySessions {
    table: Arc<Mutex<Table>>,
    listed: Arc<ListedSessions>,
}

impl MemorySessions {
    /// A store whose sessions end after `idle` without a request, are in the list `all` as long as they last, and tell `ended` of their end. Spawns
    /// the sweep, so it must be called in a runtime.
    pub fn new(idle: Duration, all: daemon::Sessions, ended: UnboundedSender<Ended>) -> Self {
        let generation = watch::Sender::new(0);
        let table = Table { entries: HashMap::new(), live: HashSet::new(), idle, ended, generation };
        let table = Arc::new(Mutex::new(table));
        tokio::spawn(sweep(Arc::downgrade(&table), SWEEP.min(idle.max(Duration::from_secs(1)))));
        Self { table, listed: Arc::new(ListedSessions::new(all)) }
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
    loop {
        daemon::clock::sleep(pause).await;
        let Some(table) = table.upgrade() else { return };
        let mut table = lock(&table);
        let now = daemon::clock::now();
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
        table.put(key(&record.id), record, daemon::clock::now());
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
        if table.is_over(entry, daemon::clock::now()) {
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
    async fn touch(&self, id: &Id, _key: &str) {
        if let Some(entry) = lock(&self.table).entries.get_mut(&key(id)) {
            entry.used = daemon::clock::now();
        }
    }

    async fn is_live(&self, key: &str) -> bool {
        lock(&self.table).live.contains(key)
    }

    /// There is no other process.
    async fn changed(&self, _key: &str) {}

    async fn began(&self, who: &SignedIn, peer: SocketAddr) {
        self.listed.add(&who.key, &who.store_id, peer, self);
    }

    fn over(&self, key: &str) {
        self.listed.remove(key);
    }

    fn set_idle(&self, idle: Duration) {
        lock(&self.table).idle = idle;
    }

    fn ends(&self) -> watch::Receiver<u64> {
        lock(&self.table).generation.subscribe()
    }
}
