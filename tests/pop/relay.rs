//! A line that breaks: passes one connection on and cuts it after so many bytes from the server.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{JoinHandle, spawn};

pub struct Relay {
    pub address: SocketAddr,
    done: JoinHandle<()>,
}

impl Relay {
    pub fn to(server: SocketAddr, bytes: usize) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let done = spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut server = TcpStream::connect(server).unwrap();
            let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let up = spawn(move || std::io::copy(&mut from_client, &mut to_server));
            let mut left = bytes;
            let mut buffer = [0; 1024];
            while left > 0 {
                let room = left.min(buffer.len());
                let count = server.read(&mut buffer[..room]).unwrap_or(0);
                if count == 0 || client.write_all(&buffer[..count]).is_err() {
                    break;
                }
                left -= count;
            }
            assert_eq!(left, 0, "the client ended before the cut");
            let _ = server.shutdown(Shutdown::Both);
            // A reset, as a line gives that is gone: a clean end would be the server's doing.
            let linger = nix::libc::linger { l_onoff: 1, l_linger: 0 };
            nix::sys::socket::setsockopt(&client, nix::sys::socket::sockopt::Linger, &linger).unwrap();
            let _ = client.shutdown(Shutdown::Read);
            let _ = up.join();
            drop(client);
        });
        Relay { address, done }
    }

    /// Waits until the line was cut.
    #[track_caller]
    pub fn was_cut(self) {
        self.done.join().unwrap();
    }
}
