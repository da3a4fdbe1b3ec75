//! Other processes that accept on the same sockets: what a full one does for them.

use std::{os::fd::AsFd, sync::Arc, time::Duration};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::{net::TcpListener, sync::Notify};

/// How often a full process looks whether connections are left waiting.
const LOOK: Duration = Duration::from_millis(100);
/// Looks in a row that find some before they count as left by everybody: a sibling with room takes them at once.
const LEFT: usize = 3;

/// Wakes the accept loops of the other ports of a process when one has taken its last place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Siblings {
    filled: Arc<Notify>,
}

impl Siblings {
    /// The last place is taken.
    pub(crate) fn full(&self) {
        self.filled.notify_waiters();
    }

    /// Returns when the last place is taken.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Returns when connections wait at `socket` that no process takes.
    pub(crate) async fn none_takes(&self, socket: &TcpListener) {
        let mut found = 0;
        while found < LEFT {
            tokio::time::sleep(LOOK).await;
            found = if is_waiting(socket) { found + 1 } else { 0 };
        }
    }
}

/// Whether a connection waits to be accepted.
fn is_waiting(socket: &TcpListener) -> bool {
    let mut sockets = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    // An error shows when it is accepted.
    poll(&mut sockets, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}
