//! One client of the broker.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use daemon::{Conn, Drain};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, split};
use tokio::time::timeout;

use super::Broker;
use super::queue::Outgoing;
use crate::wire::{Reply, Request, WireError};

/// A client that says nothing for so long is asked whether it is still there, and after twice as long it is given up.
const QUIET: Duration = Duration::from_secs(30);
/// A client that takes nothing for so long is given up.
const STALLED: Duration = Duration::from_secs(30);
/// Subscriptions of one connection: more than accounts that one process shows at a time.
const MOST_SUBSCRIPTIONS: usize = 1_000_000;

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
    let mut subscriptions = 0;
    let mut asked = false;
    loop {
        // A request that is cut off by the limit ends the connection, so reading need not be resumed.
        let request = {
            let next = Request::read(&mut reader);
            tokio::pin!(next);
            loop {
                match timeout(QUIET, &mut next).await {
                    Ok(request) => break request?,
                    Err(_) if asked => return Err(WireError::Syntax("the client is silent")),
                    Err(_) => {
                        asked = true;
                        outgoing.reply(Reply::Ping("alive".into()));
                    }
                }
            }
        };
        asked = false;
        match request {
            None => return Ok(()),
            Some(Request::Subscribe { .. }) if subscriptions >= MOST_SUBSCRIPTIONS => {
                return Err(WireError::Syntax("too many subscriptions"));
            }
            Some(Request::Subscribe { id, reference }) => {
                subscriptions += 1;
                broker.subscribe(outgoing, id, reference);
                outgoing.reply(Reply::Subscribed { id });
            }
            Some(Request::Unsubscribe { id }) => {
                subscriptions = subscriptions.saturating_sub(1);
                broker.unsubscribe(outgoing, id);
            }
            Some(Request::Publish { reference, payload }) => broker.publish(outgoing, reference, payload),
            Some(Request::Lost) => broker.lost(outgoing),
            Some(Request::Ping(_)) => outgoing.reply(Reply::Pong),
            Some(Request::Pong) => {}
        }
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
