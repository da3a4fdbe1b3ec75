//! Sessions that all processes of the webmail share, in a file of the site: a request finds its session in whichever worker it meets, and a
//! restart ends none.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use daemon::session::{Attended, Elsewhere, Seen};
use sessions::{Bell, Folder, Limits, Listed, NewSession, Table, seal};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::{ABSOLUTE, Ended, SIGNED_IN, SWEEP, Sessions, SignedIn};
use crate::state::FolderCache;

/// A session that is used again within this time is not noted as used once more.
const TOUCHED: u64 = 10;

/// Sessions in the site's file. Clones share it.
#[derive(Clone, Debug)]
pub struct SharedSessions {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: Folder,
    table: Table,
    idle: AtomicU64,
    /// What this process keeps for sessions, by the hash of their keys.
    known: Mutex<HashMap<String, Known>>,
    folders: FolderCache,
    ended: UnboundedSender<Ended>,
    generation: watch::Sender<u64>,
    all: daemon::Sessions,
}

#[derive(Debug)]
struct Known {
    key: String,
    changes: i64,
    touched: u64,
}

/// The hash under which a session's key is kept; the start of it names the session's folder in the spool.
pub fn owner_of(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl SharedSessions {
    /// Opens the file in `folder`, which it makes if it is missing, and listens for ends that other processes make known. Blocking; must be
    /// called in a runtime.
    pub fn open(
        folder: &Path,
        idle: Duration,
        folders: FolderCache,
        all: &daemon::Sessions,
        ended: UnboundedSender<Ended>,
    ) -> std::result::Result<Self, sessions::Error> {
        let folder = Folder::open(folder)?;
        let table = Table::open(&folder)?;
        let bell = folder.listen()?;
        let shared = Arc::new(Shared {
            folder,
            table,
            idle: AtomicU64::new(idle.as_secs()),
            known: Mutex::default(),
            folders,
            ended,
            generation: watch::Sender::new(0),
            all: all.clone(),
        });
        all.share(Arc::new(Self { shared: Arc::clone(&shared) }));
        tokio::spawn(listen(bell, Arc::downgrade(&shared)));
        tokio::spawn(sweep(Arc::downgrade(&shared)));
        Ok(Self { shared })
    }

    /// The key of signed links.
    pub fn link_key(&self) -> std::io::Result<[u8; 32]> {
        self.shared.folder.link_key()
    }

    /// Runs a call that blocks.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> std::result::Result<T, sessions::Error> + Send + 'static,
    ) -> Result<T> {
        let shared = Arc::clone(&self.shared);
        match tokio::task::spawn_blocking(move || work(&shared)).await {
            Ok(done) => done.map_err(|error| Error::Backend(error.to_string())),
            Err(lost) => Err(Error::Backend(lost.to_string())),
        }
    }
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        // What is behind this lock is whole at every step.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limits(&self) -> Limits {
        Limits { idle: self.idle.load(Ordering::Relaxed), absolute: ABSOLUTE.as_secs() }
    }

    /// Sessions are over: this process gives up what it keeps for them, and the others look after theirs.
    fn over(&self, ended: Vec<Listed>) {
        if ended.is_empty() {
            return;
        }
        for session in &ended {
            self.all.attended("http", peer(&session.peer), &session.user, Attended::Went);
        }
        self.forget(ended.into_iter().map(|session| session.owner).collect());
        if let Err(error) = self.folder.ring() {
            tracing::error!(%error, "other processes are not told that a session has ended");
        }
    }

    fn forget(&self, owners: Vec<String>) {
        for owner in owners {
            let key = self.known().remove(&owner).map(|known| known.key);
            // Nobody listens only while the service is being dropped.
            let _ = self.ended.send(Ended { owner, key });
        }
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// Which of the sessions that this process keeps something for are over.
    fn look(&self) -> std::result::Result<(), sessions::Error> {
        let owners: Vec<String> = self.known().keys().cloned().collect();
        let mut over = Vec::new();
        for owner in owners {
            if !self.table.is_live(&owner, self.limits(), daemon::clock::seconds())? {
                over.push(owner);
            }
        }
        if !over.is_empty() {
            self.forget(over);
        }
        Ok(())
    }

    /// Remembers that this process serves a session, and forgets what another process has made old.
    fn meets(&self, owner: &str, who: &SignedIn, changes: Option<i64>) {
        let mut known = self.known();
        let entry = known.entry(owner.to_owned()).or_insert_with(|| Known {
            key: who.key.clone(),
            changes: changes.unwrap_or(0),
            touched: 0,
        });
        if let Some(changes) = changes.filter(|changes| *changes != entry.changes) {
            entry.changes = changes;
            drop(known);
            self.folders.forget(&who.key);
        }
    }
}

/// An address of the table.
fn peer(text: &str) -> SocketAddr {
    text.parse().unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)))
}

/// A session as it goes into the table.
fn row(record: &Record) -> Result<(NewSession, Option<SignedIn>)> {
    let id = record.id.0.to_le_bytes();
    let who = record
        .data
        .get(SIGNED_IN)
        .cloned()
        .map(serde_json::from_value::<SignedIn>)
        .transpose()
        .map_err(|error| Error::Encode(error.to_string()))?;
    let text = serde_json::to_vec(&Record { id: Id(0), ..record.clone() });
    let text = text.map_err(|error| Error::Encode(error.to_string()))?;
    let data = seal::seal(&id, text).ok_or_else(|| Error::Encode("a session cannot be sealed".to_owned()))?;
    let owner = who.as_ref().map(|who| owner_of(&who.key));
    let user = who.as_ref().map(|who| who.store_id.clone());
    let peer = who.as_ref().and_then(|who| who.peer).map(|peer| peer.to_string());
    Ok((NewSession { name: seal::name_of(&id), owner, user, peer, data }, who))
}

#[async_trait]
impl SessionStore for SharedSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let (new, who) = row(record)?;
            let made = self
                .blocking(move |shared| {
                    let made = shared.table.insert(&new, daemon::clock::seconds())?;
                    if let (true, Some(owner), Some(who)) = (made, &new.owner, &who) {
                        shared.meets(owner, who, None);
                    }
                    Ok(made)
                })
                .await?;
            if made {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    /// Only a session that is there: a late answer does not bring a signed-out one back.
    async fn save(&self, record: &Record) -> Result<()> {
        let (new, who) = row(record)?;
        let kept = self
            .blocking(move |shared| {
                let kept = shared.table.update(&new, daemon::clock::seconds())?;
                if let (true, Some(owner), Some(who)) = (kept, &new.owner, &who) {
                    shared.meets(owner, who, None);
                }
                Ok(kept)
            })
            .await?;
        if kept { Ok(()) } else { Err(Error::Backend("the session has ended".to_owned())) }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let bytes = id.0.to_le_bytes();
        let name = seal::name_of(&bytes);
        let found =
            self.blocking(move |shared| shared.table.load(&name, shared.limits(), daemon::clock::seconds())).await?;
        let Some(found) = found else { return Ok(None) };
        let text = seal::open(&bytes, &found.data)
            .ok_or_else(|| Error::Decode("what a session holds was changed by somebody else".to_owned()))?;
        let record: Record = serde_json::from_slice(&text).map_err(|error| Error::Decode(error.to_string()))?;
        let who = record.data.get(SIGNED_IN).cloned().map(serde_json::from_value::<SignedIn>);
        if let (Some(owner), Some(Ok(who))) = (&found.owner, &who) {
            self.shared.meets(owner, who, Some(found.changes));
        }
        Ok(Some(Record { id: *id, ..record }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let name = seal::name_of(&id.0.to_le_bytes());
        self.blocking(move |shared| {
            shared.over(shared.table.delete(&name)?);
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Sessions for SharedSessions {
    async fn touch(&self, id: &Id, key: &str) {
        let now = daemon::clock::seconds();
        if let Some(known) = self.shared.known().get_mut(&owner_of(key)) {
            if now.saturating_sub(known.touched) < TOUCHED {
                return;
            }
            known.touched = now;
        }
        let name = seal::name_of(&id.0.to_le_bytes());
        if let Err(error) = self.blocking(move |shared| shared.table.touch(&name, now)).await {
            tracing::error!(%error, "a session is not noted as used");
        }
    }

    async fn is_live(&self, key: &str) -> bool {
        let owner = owner_of(key);
        let live =
            self.blocking(move |shared| shared.table.is_live(&owner, shared.limits(), daemon::clock::seconds())).await;
        live.unwrap_or_else(|error| {
            tracing::error!(%error, "a session cannot be looked up");
            false
        })
    }

    async fn changed(&self, key: &str) {
        let owner = owner_of(key);
        if let Err(error) = self.blocking(move |shared| shared.table.note_change(&owner)).await {
            tracing::error!(%error, "other processes are not told of changed mailboxes");
        }
    }

    async fn began(&self, who: &SignedIn, peer: SocketAddr) {
        // The table lists it; what is left to do is noting that somebody came.
        self.shared.all.attended("http", peer, &who.store_id, Attended::Came);
    }

    fn over(&self, _key: &str) {}

    fn set_idle(&self, idle: Duration) {
        self.shared.idle.store(idle.as_secs(), Ordering::Relaxed);
    }

    fn ends(&self) -> watch::Receiver<u64> {
        self.shared.generation.subscribe()
    }
}

/// The administrator's view: each process tells all sessions, and each is ended once.
impl Elsewhere for SharedSessions {
    fn list(&self) -> Vec<Seen> {
        let listed = self.shared.table.list(self.shared.limits(), daemon::clock::seconds());
        let listed = listed.unwrap_or_else(|error| {
            tracing::error!(%error, "the webmail's sessions cannot be listed");
            Vec::new()
        });
        listed
            .into_iter()
            .map(|session| Seen {
                service: "http",
                id: session.owner,
                user: session.user,
                peer: peer(&session.peer),
                since: session.created,
            })
            .collect()
    }

    fn disconnect(&self, users: &[String]) -> usize {
        match self.shared.table.delete_users(users) {
            Ok(ended) => {
                let count = ended.len();
                self.shared.over(ended);
                count
            }
            Err(error) => {
                tracing::error!(%error, "the webmail's sessions cannot be ended");
                0
            }
        }
    }
}

/// Looks after the sessions of this process whenever another has ended one.
async fn listen(bell: Bell, shared: Weak<Shared>) {
    loop {
        bell.rung().await;
        let Some(shared) = shared.upgrade() else { return };
        look(shared).await;
    }
}

async fn look(shared: Arc<Shared>) {
    let looked = tokio::task::spawn_blocking(move || shared.look()).await;
    if let Ok(Err(error)) = looked {
        tracing::error!(%error, "sessions cannot be looked after");
    }
}

/// Removes what is over. Every process does: whoever comes first finds it.
async fn sweep(shared: Weak<Shared>) {
    loop {
        let pause = match shared.upgrade() {
            Some(shared) => SWEEP.min(Duration::from_secs(shared.limits().idle.max(1))),
            None => return,
        };
        daemon::clock::sleep(pause).await;
        let Some(shared) = shared.upgrade() else { return };
        let swept = Arc::clone(&shared);
        let done = tokio::task::spawn_blocking(move || {
            let over = swept.table.sweep(swept.limits(), daemon::clock::seconds())?;
            swept.over(over);
            Ok::<_, sessions::Error>(())
        })
        .await;
        if let Ok(Err(error)) = done {
            tracing::error!(%error, "sessions that are over cannot be removed");
        }
    }
}
