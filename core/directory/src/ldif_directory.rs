//! The embedded directory: one LDIF file held in memory and read again when it has changed.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tracing::{error, info};

use crate::index::Index;
use crate::{
    AddressEntry, AddressSearch, Directory, DirectoryError, DirectoryRules, Domain, EntrySearch, FoundEntry, HashCost,
    Ldif, LoginName, ScramVerifier, User, password, scram,
};

/// What an [`LdifDirectory`] is made from.
#[derive(Clone, Debug)]
pub struct LdifOptions {
    /// The file, `<root>/config/directory.ldif`.
    pub path: PathBuf,
    /// Who is found by which name.
    pub rules: DirectoryRules,
    /// Cost of the work done for unknown users; that of the stored hashes.
    pub hash_cost: HashCost,
    /// Password checks that may run at once.
    pub concurrent_checks: usize,
}

impl LdifOptions {
    /// The usual cost and three checks at once.
    pub fn new(path: impl Into<PathBuf>, default_domain: impl Into<String>) -> LdifOptions {
        LdifOptions {
            path: path.into(),
            rules: DirectoryRules::new(default_domain),
            hash_cost: HashCost::default(),
            concurrent_checks: 3,
        }
    }
}

/// The embedded directory. Every look-up first compares the file's times, size and inode with those read last, which costs one
/// system call; no thread polls. A changed file is read on a blocking thread, once; whoever asked first waits for it, others are
/// answered from the old state. A file that cannot be read after a change is logged and the last good state stays.
pub struct LdifDirectory {
    shared: Arc<Shared>,
    checks: Arc<Semaphore>,
    decoy: Arc<str>,
}

struct Shared {
    options: LdifOptions,
    current: RwLock<Arc<State>>,
    /// The faulty file seen last; held while the file is read.
    reloading: Mutex<Option<Stamp>>,
}

struct State {
    stamp: Stamp,
    index: Index,
    generation: u64,
}

/// What tells one content of the file from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    seconds: i64,
    nanoseconds: i64,
    size: u64,
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> std::io::Result<Stamp> {
        let metadata = std::fs::metadata(path)?;
        Ok(Stamp {
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
            size: metadata.size(),
            inode: metadata.ino(),
        })
    }
}

impl LdifDirectory {
    /// Reads the file; a missing or damaged one is an error here.
    pub fn open(options: LdifOptions) -> Result<LdifDirectory, DirectoryError> {
        let (stamp, index) = read(&options)?;
        let decoy = password::decoy(options.hash_cost)?.into();
        let checks = Arc::new(Semaphore::new(options.concurrent_checks.max(1)));
        let current = RwLock::new(Arc::new(State { stamp, index, generation: 1 }));
        let shared = Arc::new(Shared { options, current, reloading: Mutex::new(None) });
        Ok(LdifDirectory { shared, checks, decoy })
    }

    /// The state to answer from, read again first if the file has changed.
    async fn state(&self) -> Arc<State> {
        let current = self.shared.current();
        let stamp = match Stamp::of(&self.shared.options.path) {
            Ok(stamp) if stamp == current.stamp => return current,
            Ok(stamp) => stamp,
            // Between two states of the file at worst; a file that stays away keeps the last good state.
            Err(_) => return current,
        };
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || shared.reload(stamp)).await.unwrap_or(current)
    }
}

impl Shared {
    fn current(&self) -> Arc<State> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file, for a blocking thread.
    fn reload(&self, seen: Stamp) -> Arc<State> {
        let Ok(mut faulty) = self.reloading.try_lock() else { return self.current() };
        let old = self.current();
        if old.stamp == seen || *faulty == Some(seen) {
            return old;
        }
        match read(&self.options) {
            Ok((stamp, index)) => {
                info!(users = index.users.len(), "directory file has changed and was read again");
                let fresh = Arc::new(State { stamp, index, generation: old.generation + 1 });
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
                *faulty = None;
                fresh
            }
            Err(error) => {
                error!("directory file has changed but cannot be used, the last good state stays: {error}");
                *faulty = Some(seen);
                old
            }
        }
    }
}

fn read(options: &LdifOptions) -> Result<(Stamp, Index), DirectoryError> {
    let path = &options.path;
    // Stamp first: a change during the read is then seen as one more change.
    let stamp = Stamp::of(path).map_err(|source| DirectoryError::io(path, source))?;
    let text = std::fs::read(path).map_err(|source| DirectoryError::io(path, source))?;
    let ldif = Ldif::parse(&text).map_err(|error| DirectoryError::Syntax {
        path: path.clone(),
        line: error.line,
        reason: error.reason.to_owned(),
    })?;
    // Half of a change at best: with nobody in it, every delivery would be refused for good.
    if ldif.entries.is_empty() {
        return Err(DirectoryError::Syntax { path: path.clone(), line: 1, reason: "it has no entry".to_owned() });
    }
    Ok((stamp, Index::build(ldif, &options.rules)))
}

#[async_trait]
impl Directory for LdifDirectory {
    async fn find_login(&self, login: &LoginName) -> Result<Option<Arc<User>>, DirectoryError> {
        Ok(self.state().await.index.login(login)?.cloned())
    }

    async fn find_uid(&self, uid: &str, domain: Option<&str>) -> Result<Option<Arc<User>>, DirectoryError> {
        Ok(self.state().await.index.uid(uid, domain)?.cloned())
    }

    async fn find_address(&self, address: &str) -> Result<Option<Arc<User>>, DirectoryError> {
        Ok(self.state().await.index.address(address)?.cloned())
    }

    async fn verify(&self, user: Option<&User>, password: &str) -> Result<bool, DirectoryError> {
        let mut stored: Vec<String> = match user {
            Some(user) => {
                let state = self.state().await;
                let values = state.index.entry_of(user).map(|entry| entry.values("userPassword"));
                values.into_iter().flatten().filter(|value| password::is_supported(value)).map(str::to_owned).collect()
            }
            None => Vec::new(),
        };
        let known = !stored.is_empty();
        if !known {
            stored.push(self.decoy.to_string());
        }
        let stopped = |_| DirectoryError::Unavailable("password checks have stopped".to_owned());
        let permit = Arc::clone(&self.checks)
            .acquire_owned()
            .await
            .map_err(|_| DirectoryError::Unavailable("password checks have stopped".to_owned()))?;
        let password = password.to_owned();
        let fits = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            stored.iter().any(|value| password::fits(value, &password))
        });
        Ok(fits.await.map_err(stopped)? && known)
    }

    fn offers_scram(&self) -> bool {
        self.shared.current().index.all_have_verifiers
    }

    async fn scram_verifiers(&self, user: &User) -> Result<Vec<ScramVerifier>, DirectoryError> {
        Ok(self.state().await.index.entry_of(user).map(scram::verifiers).unwrap_or_default())
    }

    async fn is_member(&self, group: &str, user: &User) -> Result<bool, DirectoryError> {
        Ok(self.state().await.index.is_member(group, &user.dn))
    }

    async fn groups_of(&self, user: &User) -> Result<Vec<(String, String)>, DirectoryError> {
        Ok(self.state().await.index.groups_of(user))
    }

    async fn administered_domains(&self, user: &User) -> Result<Vec<String>, DirectoryError> {
        Ok(self.state().await.index.administered(user))
    }

    async fn find_domain(&self, name: &str) -> Result<Option<Arc<Domain>>, DirectoryError> {
        Ok(self.state().await.index.domain(name).cloned())
    }

    async fn domains(&self) -> Result<Vec<Arc<Domain>>, DirectoryError> {
        Ok(self.state().await.index.domains.clone())
    }

    async fn search(&self, search: &AddressSearch<'_>) -> Result<Vec<AddressEntry>, DirectoryError> {
        Ok(self.state().await.index.search(search))
    }

    async fn find_entries(&self, search: &EntrySearch<'_>) -> Result<Vec<FoundEntry>, DirectoryError> {
        Ok(self.state().await.index.entries(search))
    }

    async fn generation(&self) -> u64 {
        self.state().await.generation
    }
}
