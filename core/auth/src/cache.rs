//! The authentication cache: remembers successful sign-ins for a while (`service.authcachettl`, `service.authcachesize`).
//!
//! Keys are keyed hashes of the login and its password under a random key of this process, so that memory holds no
//! password and nothing that could be tested offline without the key. Failures are never remembered.

use std::sync::Arc;
use std::time::Duration;

use directory::{LoginName, User};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

/// Remembered sign-ins.
pub(crate) struct SignInCache {
    key: [u8; 32],
    entries: Cache<[u8; 32], Remembered>,
}

#[derive(Clone)]
struct Remembered {
    user: Arc<User>,
    generation: u64,
}

impl SignInCache {
    /// `None` when either setting is 0: the cache is off.
    pub(crate) fn new(ttl: Duration, size: usize) -> Option<SignInCache> {
        if ttl.is_zero() || size == 0 {
            return None;
        }
        let entries = Cache::builder().max_capacity(size as u64).time_to_live(ttl).build();
        Some(SignInCache { key: rand::random(), entries })
    }

    /// The hash under which this sign-in is remembered. The whole hash is looked up at once, so how long the look-up takes
    /// tells nothing about a part of it.
    pub(crate) fn key(&self, login: &LoginName, password: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.key);
        // Lengths in front: no two different sign-ins give the same text.
        for part in [login.user.as_str(), login.domain.as_deref().unwrap_or(""), &login.typed, password] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// The user of a remembered sign-in, if the directory has not changed since.
    pub(crate) fn get(&self, key: &[u8; 32], generation: u64) -> Option<Arc<User>> {
        if let Some(found) = self.entries.get(key) {
            if found.generation == generation {
                meters::auth_cache_hit();
                return Some(found.user);
            }
            self.entries.invalidate(key);
        }
        meters::auth_cache_miss();
        None
    }

    pub(crate) fn put(&self, key: [u8; 32], user: Arc<User>, generation: u64) {
        self.entries.insert(key, Remembered { user, generation });
    }
}
