//! A TCP listener that nobody may connect to: where hostile mail would reach the outside.

use std::{
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// A trap on a free loopback port. Browser names outside this machine are mapped to it.
pub struct Trap {
    address: SocketAddr,
    caught: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Trap {
    /// Sets the trap.
    #[track_caller]
    pub fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port for the trap");
        let address = listener.local_addr().expect("the trap's address");
        let caught = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let (caught, stop) = (Arc::clone(&caught), Arc::clone(&stop));
            thread::spawn(move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let Ok(mut stream) = stream else { continue };
                    let mut bytes = [0; 200];
                    let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
                    let length = stream.read(&mut bytes).unwrap_or(0);
                    if let Ok(mut caught) = caught.lock() {
                        caught.push(bytes[..length].escape_ascii().to_string());
                    }
                }
            })
        };
        Self { address, caught, stop, thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first bytes of every connection that was made.
    pub fn caught(&self) -> Vec<String> {
        self.caught.lock().map(|caught| caught.clone()).unwrap_or_default()
    }

    /// Panics unless no one has connected.
    #[track_caller]
    pub fn assert_empty(&self) {
        let caught = self.caught();
        assert!(caught.is_empty(), "connections to the outside: {caught:#?}");
    }
}

impl Default for Trap {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the accept loop so that it sees the flag.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
