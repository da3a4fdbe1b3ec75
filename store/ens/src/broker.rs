//! enpd: the broker, which hands every published event to the subscriptions that want it.

mod connection;
mod index;
mod queue;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytes::Bytes;
use daemon::{Conn, Drain};

use crate::access::Access;
use crate::reference::EventReference;
use index::Index;
use queue::Outgoing;

/// The broker. Cheap to clone. It keeps nothing: an event goes to whoever is subscribed at that moment, and a client that
/// was away asks the store.
#[derive(Clone)]
pub struct Broker {
    shared: Arc<Shared>,
}

struct Shared {
    index: Mutex<Index>,
    access: RwLock<Access>,
}

/// An event on its way, shared by all connections that it goes to.
pub(crate) struct Published {
    pub(crate) reference: EventReference,
    pub(crate) payload: Bytes,
}

impl Broker {
    /// A broker that lets in whom `access` allows.
    pub fn new(access: Access) -> Self {
        Self { shared: Arc::new(Shared { index: Mutex::default(), access: RwLock::new(access) }) }
    }

    /// Other permissions for the connections to come.
    pub fn set_access(&self, access: Access) {
        *self.shared.access.write().unwrap_or_else(PoisonError::into_inner) = access;
    }

    /// Serves one connection until it ends or the drain starts.
    pub async fn serve(&self, conn: Conn, drain: Drain) {
        let peer = conn.peer();
        let allowed = self.shared.access.read().unwrap_or_else(PoisonError::into_inner).allows(peer.ip());
        if !allowed {
            tracing::warn!(%peer, "ENS_ACCESS refuses a connection");
            return connection::refuse(conn).await;
        }
        connection::serve(self, conn, drain).await;
    }

    /// Hands an event to everyone who wants it but its publisher, who knows. Does not wait for any of them.
    fn publish(&self, publisher: &Outgoing, reference: EventReference, payload: Bytes) {
        let event = Arc::new(Published { reference, payload });
        let receivers = self.index().receivers(&event.reference);
        for (outgoing, ids) in receivers.into_iter().filter(|(outgoing, _)| outgoing.number != publisher.number) {
            outgoing.event(ids, &event);
        }
    }

    /// Tells every other subscriber that events are missing: the publisher could not keep them until it was connected again.
    fn lost(&self, publisher: &Outgoing) {
        for outgoing in self.index().connections().into_iter().filter(|outgoing| outgoing.number != publisher.number) {
            outgoing.lost();
        }
    }

    /// Connections that subscribe to something.
    pub fn subscribers(&self) -> usize {
        self.index().connections().len()
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        // Every change of the index is a single map operation, so a panic elsewhere leaves it usable.
        self.shared.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn subscribe(&self, outgoing: &Arc<Outgoing>, id: u32, reference: EventReference) {
        self.index().insert(outgoing, id, reference);
    }

    fn unsubscribe(&self, outgoing: &Arc<Outgoing>, id: u32) {
        self.index().remove(outgoing, id);
    }

    fn forget(&self, outgoing: &Arc<Outgoing>) {
        self.index().remove_all(outgoing);
    }
}
