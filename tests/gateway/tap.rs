//! A relay that listens in on the connections to a back end, and can cut or hold them.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

#[derive(Default)]
struct Inner {
    sent: Mutex<Vec<u8>>,
    open: Mutex<Vec<TcpStream>>,
    connections: AtomicUsize,
    /// Bytes that may still go to the client; `None` is any number.
    allowance: Mutex<Option<usize>>,
    changed: Condvar,
}

/// See the module.
#[derive(Clone)]
pub struct Tap {
    inner: Arc<Inner>,
    pub address: SocketAddr,
}

impl Tap {
    /// A relay to `server`.
    pub fn new(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tap = Self { inner: Arc::default(), address: listener.local_addr().unwrap() };
        let inner = Arc::clone(&tap.inner);
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let Ok(upstream) = TcpStream::connect(server) else { return };
                inner.connections.fetch_add(1, Ordering::SeqCst);
                inner.open.lock().unwrap().extend([client.try_clone().unwrap(), upstream.try_clone().unwrap()]);
                let (from_client, to_server) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
                let (up, down) = (Arc::clone(&inner), Arc::clone(&inner));
                thread::spawn(move || up.pass_up(from_client, to_server));
                thread::spawn(move || down.pass_down(upstream, client));
            }
        });
        tap
    }

    /// Connections made so far.
    pub fn connections(&self) -> usize {
        self.inner.connections.load(Ordering::SeqCst)
    }

    /// What clients have sent since the last call.
    pub fn take_sent(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.inner.sent.lock().unwrap())).into_owned()
    }

    /// Breaks all connections.
    pub fn cut(&self) {
        for stream in self.inner.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets clients have so many more bytes and no more, until [`Self::release`].
    pub fn hold_after(&self, bytes: usize) {
        *self.inner.allowance.lock().unwrap() = Some(bytes);
    }

    /// Returns once a client is being held: somebody is in the middle of an answer.
    pub fn wait_until_held(&self) {
        let mut allowance = self.inner.allowance.lock().unwrap();
        while *allowance != Some(0) {
            allowance = self.inner.changed.wait(allowance).unwrap();
        }
    }

    /// Ends the holding.
    pub fn release(&self) {
        *self.inner.allowance.lock().unwrap() = None;
        self.inner.changed.notify_all();
    }
}

impl Inner {
    fn pass_up(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            self.sent.lock().unwrap().extend_from_slice(&bytes[..read]);
            if to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }

    fn pass_down(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            let mut rest = &bytes[..read];
            while !rest.is_empty() {
                let mut allowance = self.allowance.lock().unwrap();
                while *allowance == Some(0) {
                    allowance = self.changed.wait(allowance).unwrap();
                }
                let now = allowance.map_or(rest.len(), |most| most.min(rest.len()));
                if let Some(most) = allowance.as_mut() {
                    *most -= now;
                    self.changed.notify_all();
                }
                drop(allowance);
                if to.write_all(&rest[..now]).is_err() {
                    return;
                }
                rest = &rest[now..];
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }
}
