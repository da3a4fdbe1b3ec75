//! What waits to be sent on one connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Published;
use crate::wire::{Reply, write_event};

/// Bytes that may wait for a client that does not read. Beyond them its events are dropped and it is told so.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The queue of one connection. Writers never wait; a client that is too slow loses events, but never unawares.
pub(super) struct Outgoing {
    /// Tells connections apart.
    pub(super) number: u64,
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Default)]
struct Waiting {
    items: VecDeque<Item>,
    bytes: usize,
    closed: bool,
}

enum Item {
    Reply(Reply),
    Event(Vec<u32>, Arc<Published>),
}

impl Outgoing {
    pub(super) fn new(number: u64) -> Self {
        Self { number, waiting: Mutex::default(), filled: Notify::new() }
    }

    pub(super) fn reply(&self, reply: Reply) {
        self.lock().items.push_back(Item::Reply(reply));
        self.filled.notify_one();
    }

    pub(super) fn event(&self, ids: Vec<u32>, event: &Arc<Published>) {
        let mut waiting = self.lock();
        // What a waiting event costs this connection beside its payload, roughly.
        let bytes = event.payload.len() + event.reference.key().len() + 256;
        if waiting.bytes + bytes > MOST_BYTES {
            waiting.items.retain(|item| matches!(item, Item::Reply(reply) if *reply != Reply::Lost));
            waiting.bytes = 0;
            waiting.items.push_back(Item::Reply(Reply::Lost));
        } else {
            waiting.bytes += bytes;
            waiting.items.push_back(Item::Event(ids, Arc::clone(event)));
        }
        drop(waiting);
        self.filled.notify_one();
    }

    pub(super) fn lost(&self) {
        self.reply(Reply::Lost);
    }

    /// Nothing comes after what waits now.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
    }

    /// Everything that waits, as it is written; returns once there is something, or `None` at the end. Cancel-safe.
    pub(super) async fn take(&self) -> Option<Vec<u8>> {
        loop {
            let (items, closed) = {
                let mut waiting = self.lock();
                waiting.bytes = 0;
                (std::mem::take(&mut waiting.items), waiting.closed)
            };
            if !items.is_empty() {
                let mut out = Vec::new();
                for item in items {
                    match item {
                        Item::Reply(reply) => reply.write(&mut out),
                        Item::Event(ids, event) => write_event(&mut out, &ids, &event.reference, &event.payload),
                    }
                }
                return Some(out);
            }
            if closed {
                return None;
            }
            self.filled.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Both fields are written together at the end of each change.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
