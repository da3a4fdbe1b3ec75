//! One client of the broker.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use daemon::{Conn, Drain};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, split};
use tokio::time::timeout;

use super::Broker;
use super::queue::Outgoing;
use crate::silence::heard;
use crate::wire::{Reply, Request, WireError};

/// A client that takes nothing for so long is given up.
const STALLED: Duration = Duration::from_secs(30);
/// Subscriptions of one connection: more than accounts that one process shows at a time.
const MOST_SUBSCRIPTIONS: usize = 100_000;
/// Bytes of their references, as they are written: what a connection may make the broker keep.
const MOST_BYTES: usize = 32 << 20;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Says no and hangs up.
pub(super) async fn refuse(mut conn: Conn) {
    let mut out = Vec::new();
    Reply::Refused("this host may not connect".into()).write(&mut out);
    // It is refused either way; whether it hears the reason is its own affair.
    let _ = timeout(STALLED, conn.write_all(&out)).await;
    let _ = conn.shutdown().await;
}

pub(super) async fn serve(broker: &Broker, conn: Conn, drain: Drain) {
    let peer = conn.peer();
    let outgoing = Arc::new(Outgoing::new(NEXT.fetch_add(1, Ordering::Relaxed)));
    outgoing.reply(Reply::Greeting);
    let (reading, writing) = split(conn);
    let speaking = speak(&outgoing, writing);
    tokio::pin!(speaking);
    let ended = tokio::select! {
        ended = listen(broker, &outgoing, reading) => ended,
        ended = &mut speaking => ended,
        () = drain.started() => Ok(()),
    };
    broker.forget(&outgoing);
    if let Err(error) = &ended
        && !matches!(error, WireError::Io(_))
    {
        outgoing.reply(Reply::Refused(error.to_string()));
        outgoing.close();
        // What it did wrong is logged below; it may not stay to hear it.
        let _ = timeout(STALLED, speaking).await;
    }
    match ended {
        Ok(()) => tracing::debug!(%peer, "an event client left"),
        Err(error) => tracing::info!(%peer, %error, "an event client's connection ended"),
    }
}

async fn listen(broker: &Broker, outgoing: &Arc<Outgoing>, reading: impl AsyncRead + Unpin) -> Result<(), WireError> {
    let mut reader = BufReader::new(reading);
    let mut held = Held::default();
    loop {
        // A request that is cut off by the limit ends the connection, so reading need not be resumed.
        let ask = || outgoing.reply(Reply::Ping("alive".into()));
        match heard(Request::read(&mut reader), ask, "the client is silent").await? {
            None => return Ok(()),
            Some(Request::Subscribe { id, reference }) => {
                held.add(id, reference.to_string().len())?;
                broker.subscribe(outgoing, id, reference);
                outgoing.reply(Reply::Subscribed { id });
            }
            Some(Request::Unsubscribe { id }) => {
                held.remove(id);
                broker.unsubscribe(outgoing, id);
            }
            Some(Request::Publish { reference, payload }) => broker.publish(outgoing, reference, payload),
            Some(Request::Lost) => broker.lost(outgoing),
            Some(Request::Ping(_)) => outgoing.reply(Reply::Pong),
            Some(Request::Pong) => {}
        }
    }
}

/// The subscriptions of a connection and the bytes of their references.
#[derive(Default)]
struct Held {
    subscriptions: HashMap<u32, usize>,
    bytes: usize,
}

impl Held {
    fn add(&mut self, id: u32, bytes: usize) -> Result<(), WireError> {
        // One of the same number takes the place of the earlier.
        self.remove(id);
        if self.subscriptions.len() >= MOST_SUBSCRIPTIONS || self.bytes + bytes > MOST_BYTES {
            return Err(WireError::Syntax("too many subscriptions"));
        }
        self.subscriptions.insert(id, bytes);
        self.bytes += bytes;
        Ok(())
    }

    fn remove(&mut self, id: u32) {
        self.bytes -= self.subscriptions.remove(&id).unwrap_or(0);
    }
}

async fn speak(outgoing: &Outgoing, mut writing: impl AsyncWrite + Unpin) -> Result<(), WireError> {
    while let Some(out) = outgoing.take().await {
        let sent = timeout(STALLED, async {
            writing.write_all(&out).await?;
            writing.flush().await
        });
        match sent.await {
            Ok(sent) => sent?,
            Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing").into()),
        }
    }
    writing.shutdown().await?;
    Ok(())
}
