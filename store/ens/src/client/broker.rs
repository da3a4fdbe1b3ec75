//! Talking to enpd in the protocol of PROTOCOL.md.

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{CONNECT, Listener, Shared};
use crate::silence::{QUIET, heard};
use crate::wire::{Reply, Request, WireError};

fn written(requests: &[Request]) -> Vec<u8> {
    let mut out = Vec::new();
    for request in requests {
        request.write(&mut out);
    }
    out
}

pub(super) async fn connect(address: &str) -> Result<BufReader<TcpStream>, WireError> {
    let opened = timeout(CONNECT, async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        match Reply::read(&mut stream).await? {
            Some(Reply::Greeting) => Ok(stream),
            Some(Reply::Refused(_)) => Err(WireError::Syntax("it refuses this host (ENS_ACCESS)")),
            Some(_) => Err(WireError::Syntax("it did not greet")),
            None => Err(WireError::Syntax("it hung up")),
        }
    });
    opened.await.unwrap_or(Err(WireError::Syntax("it did not answer in time")))
}

/// Talks until the connection ends, and says why it did.
pub(super) async fn converse(shared: &Shared, stream: BufReader<TcpStream>, listener: &dyn Listener) -> WireError {
    let (reading, mut writing) = tokio::io::split(stream);
    let pings = Notify::new();
    let pongs = Notify::new();
    let speak = async {
        loop {
            let out = shared.take(written);
            if !out.is_empty() {
                let sent = async {
                    writing.write_all(&out).await?;
                    writing.flush().await
                };
                match timeout(QUIET, sent).await {
                    Ok(Ok(())) => shared.taken(),
                    Ok(Err(error)) => return WireError::Io(error),
                    Err(_) => return WireError::Syntax("it takes nothing"),
                }
            }
            let reply = tokio::select! {
                () = shared.changed.notified() => continue,
                () = pings.notified() => Request::Pong,
                () = pongs.notified() => Request::Ping("alive".into()),
            };
            shared.lock().waiting.push_back(reply);
        }
    };
    let listen = async {
        let mut reader = BufReader::new(reading);
        loop {
            let reply = match heard(Reply::read(&mut reader), || pongs.notify_one(), "it is silent").await {
                Ok(reply) => reply,
                Err(error) => return error,
            };
            match reply {
                None => return WireError::Syntax("it hung up"),
                Some(Reply::Subscribed { id }) => listener.in_force(id),
                Some(Reply::Event { ids, reference, payload }) => {
                    for id in ids {
                        listener.event(id, &reference, &payload);
                    }
                }
                Some(Reply::Lost) => listener.missed(),
                Some(Reply::Ping(_)) => pings.notify_one(),
                Some(Reply::Pong) => shared.answered(),
                Some(Reply::Greeting) => {}
                Some(Reply::Refused(_)) => return WireError::Syntax("it refused a request"),
            }
        }
    };
    tokio::select! {
        error = speak => error,
        error = listen => error,
    }
}
