//! The bell: who ends a session rings it, and the other processes look which of theirs are over (inotify, nothing polls).

use std::{io, sync::Arc, thread};

use nix::{
    errno::Errno,
    sys::inotify::{AddWatchFlags, InitFlags, Inotify},
};
use tokio::sync::Notify;

use crate::Folder;

const NAME: &str = "bell";

/// An ear for the bell.
#[derive(Debug)]
pub struct Bell {
    rung: Arc<Notify>,
}

impl Folder {
    /// Rings.
    pub fn ring(&self) -> io::Result<()> {
        // A change of its times is heard, and nobody has to read anything.
        self.private(NAME)?.set_modified(std::time::SystemTime::now())
    }

    /// Listens from now on, in a thread that sleeps in the kernel.
    pub fn listen(&self) -> io::Result<Bell> {
        drop(self.private(NAME)?);
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;
        inotify.add_watch(&self.file(NAME), AddWatchFlags::IN_ATTRIB)?;
        let rung = Arc::new(Notify::new());
        let ringing = Arc::clone(&rung);
        thread::Builder::new().name("bell".to_owned()).spawn(move || {
            // Ends at the first ring that nobody listens to any more.
            while Arc::strong_count(&ringing) > 1 {
                match inotify.read_events() {
                    Ok(_) => ringing.notify_one(),
                    Err(Errno::EINTR) => {}
                    Err(error) => {
                        tracing::error!(%error, "ends of sessions in other processes are noticed late");
                        return;
                    }
                }
            }
        })?;
        Ok(Bell { rung })
    }
}

impl Bell {
    /// Returns when somebody has rung since the last call.
    pub async fn rung(&self) {
        self.rung.notified().await;
    }
}
