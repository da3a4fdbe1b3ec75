//! Which subscription wants which key.

use std::collections::HashMap;
use std::sync::Arc;

use super::queue::Outgoing;
use crate::reference::EventReference;

/// Subscriptions by their key, so that an event costs one look-up for each level of its own key however many there are.
#[derive(Default)]
pub(super) struct Index {
    by_key: HashMap<String, Vec<Entry>>,
    by_connection: HashMap<u64, (Arc<Outgoing>, HashMap<u32, String>)>,
}

struct Entry {
    outgoing: Arc<Outgoing>,
    id: u32,
    wanted: EventReference,
}

impl Index {
    /// Adds a subscription; one of the same connection and number is replaced.
    pub(super) fn insert(&mut self, outgoing: &Arc<Outgoing>, id: u32, wanted: EventReference) {
        self.remove(outgoing, id);
        let key = wanted.key().to_owned();
        let (_, keys) =
            self.by_connection.entry(outgoing.number).or_insert_with(|| (Arc::clone(outgoing), HashMap::new()));
        keys.insert(id, key.clone());
        self.by_key.entry(key).or_default().push(Entry { outgoing: Arc::clone(outgoing), id, wanted });
    }

    pub(super) fn remove(&mut self, outgoing: &Arc<Outgoing>, id: u32) {
        let Some((_, keys)) = self.by_connection.get_mut(&outgoing.number) else { return };
        let Some(key) = keys.remove(&id) else { return };
        if keys.is_empty() {
            self.by_connection.remove(&outgoing.number);
        }
        self.remove_entry(&key, outgoing.number, id);
    }

    pub(super) fn remove_all(&mut self, outgoing: &Arc<Outgoing>) {
        let Some((_, keys)) = self.by_connection.remove(&outgoing.number) else { return };
        for (id, key) in keys {
            self.remove_entry(&key, outgoing.number, id);
        }
    }

    fn remove_entry(&mut self, key: &str, number: u64, id: u32) {
        let Some(entries) = self.by_key.get_mut(key) else { return };
        entries.retain(|entry| entry.outgoing.number != number || entry.id != id);
        if entries.is_empty() {
            self.by_key.remove(key);
        }
    }

    /// Every connection that wants the event, with the numbers of its subscriptions that do.
    pub(super) fn receivers(&self, event: &EventReference) -> Vec<(Arc<Outgoing>, Vec<u32>)> {
        let mut found: Vec<(Arc<Outgoing>, Vec<u32>)> = Vec::new();
        let key = event.key();
        let levels = key.match_indices('/').map(|(at, _)| &key[..at]).chain(std::iter::once(key));
        for entry in levels.filter_map(|level| self.by_key.get(level)).flatten() {
            if !entry.wanted.wants(event) {
                continue;
            }
            match found.iter_mut().find(|(outgoing, _)| outgoing.number == entry.outgoing.number) {
                Some((_, ids)) => ids.push(entry.id),
                None => found.push((Arc::clone(&entry.outgoing), vec![entry.id])),
            }
        }
        found
    }

    /// Every connection that has a subscription.
    pub(super) fn connections(&self) -> Vec<Arc<Outgoing>> {
        self.by_connection.values().map(|(outgoing, _)| Arc::clone(outgoing)).collect()
    }
}
