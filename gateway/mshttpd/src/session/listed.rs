//! Browser sessions in the list of sessions that `imsconnutil` shows, and their end when it asks for that.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use daemon::{Sessions, session::Listed};

use super::memory::MemorySessions;

/// The entries of this service's sessions, by their keys.
#[derive(Debug)]
pub struct ListedSessions {
    all: Sessions,
    entries: Mutex<HashMap<String, Listed>>,
}

impl ListedSessions {
    /// In the list `all`.
    pub fn new(all: Sessions) -> Self {
        Self { all, entries: Mutex::default() }
    }

    /// `user` has signed in; the session that owns `key` ends when that is asked for.
    pub fn add(&self, key: &str, user: &str, peer: SocketAddr, sessions: &MemorySessions) {
        let listed = self.all.listed("http", peer);
        listed.session().set_user(Some(user));
        let (session, sessions, owner) = (Arc::clone(listed.session()), sessions.clone(), key.to_owned());
        tokio::spawn(async move {
            // An entry that is taken out ends as well, so that nothing waits here for ever.
            session.ended().await;
            sessions.end_owner(&owner);
        });
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), listed);
    }

    /// The session that owned `key` is over.
    pub fn remove(&self, key: &str) {
        drop(self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(key));
    }
}
