//! The accept loop: bounded sessions, a polite refusal beyond them, an end when the drain starts.

use std::{future::Future, io, sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};

use meters::Outcome;

use crate::{conn::Conn, drain::Drain, listener::Listener, session::Sessions};

/// What a client beyond the limit is told before the connection is closed, such as `* BYE …`. Nothing on a TLS port:
/// the client would take plain text for a broken handshake.
#[derive(Debug, Clone, Copy)]
pub struct Refuse(pub &'static str);

/// The limits of one service; all its listeners share the count.
#[derive(Debug, Clone)]
pub struct AcceptLimits {
    sessions: Arc<Semaphore>,
    refuse: Refuse,
    service: &'static str,
    listed: Sessions,
}

impl AcceptLimits {
    /// At most `max_sessions` at a time (Guide §5.3.2).
    pub fn new(max_sessions: usize, refuse: Refuse) -> Self {
        Self {
            sessions: Arc::new(Semaphore::new(max_sessions.min(Semaphore::MAX_PERMITS))),
            refuse,
            service: "default",
            listed: Sessions::default(),
        }
    }

    /// The same, counted as `service` and listed in `sessions`.
    pub fn listed(self, service: &'static str, sessions: &Sessions) -> Self {
        Self { service, listed: sessions.clone(), ..self }
    }
}

/// How long a handshake or a refusal may take.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// Accepts on every socket of `listener` until the drain starts, and serves each connection in a task of its own.
/// With `acceptor` the connection is under TLS before `serve` sees it.
pub async fn accept_loop<S, F>(
    listener: Listener,
    acceptor: Option<tls::Acceptor>,
    limits: AcceptLimits,
    drain: Drain,
    serve: S,
) where
    S: Fn(Conn) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let loops: Vec<_> = listener
        .sockets
        .into_iter()
        .map(|socket| tokio::spawn(accept_one(socket, acceptor.clone(), limits.clone(), drain.clone(), serve.clone())))
        .collect();
    for each in loops {
        if let Err(error) = each.await {
            tracing::error!(%error, "an accept loop ended");
        }
    }
}

async fn accept_one<S, F>(
    socket: TcpListener,
    acceptor: Option<tls::Acceptor>,
    limits: AcceptLimits,
    drain: Drain,
    serve: S,
) where
    S: Fn(Conn) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let stop = drain.started();
    tokio::pin!(stop);
    loop {
        let stream = tokio::select! {
            biased;
            () = &mut stop => return,
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            },
        };
        let Ok(permit) = Arc::clone(&limits.sessions).try_acquire_owned() else {
            meters::refused(limits.service, "maxsessions");
            tracing::warn!(service = limits.service, "connection refused: maxsessions reached");
            let text = if acceptor.is_none() { limits.refuse.0 } else { "" };
            tokio::spawn(refuse(stream, text));
            continue;
        };
        let busy = drain.busy();
        let acceptor = acceptor.clone();
        let serve = serve.clone();
        let service = limits.service;
        let Ok(peer) = stream.peer_addr() else { continue };
        let session = limits.listed.connected(service, peer);
        tokio::spawn(session.run(async move {
            if let Some(conn) = establish(stream, acceptor, service).await {
                serve(conn).await;
            }
            drop(permit);
            drop(busy);
        }));
    }
}

async fn establish(stream: TcpStream, acceptor: Option<tls::Acceptor>, service: &'static str) -> Option<Conn> {
    let peer = stream.peer_addr().ok();
    let conn = async {
        let conn = Conn::plain(stream)?;
        match acceptor {
            Some(acceptor) => conn.start_tls(&acceptor).await,
            None => Ok(conn),
        }
    };
    match timeout(HANDSHAKE, conn).await {
        Ok(Ok(conn)) => Some(conn),
        Ok(Err(error)) => {
            meters::refused(service, "handshake");
            tracing::info!(service, peer = peer.map(tracing::field::display), %error, "TLS handshake failed");
            None
        }
        Err(_) => {
            meters::handshake(service, Outcome::Failed);
            meters::refused(service, "handshake");
            tracing::info!(service, peer = peer.map(tracing::field::display), "TLS handshake took too long");
            None
        }
    }
}

async fn refuse(mut stream: TcpStream, text: &str) {
    // A client that is gone or does not read is no loss: it is being turned away.
    let _ = timeout(HANDSHAKE, async {
        stream.write_all(text.as_bytes()).await?;
        stream.shutdown().await
    })
    .await;
}

/// Out of file descriptors and the like pass only when sessions end: wait instead of spinning. Errors of the one
/// connection (reset before it was accepted) need no wait.
async fn pause_after(error: &io::Error) {
    if matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    ) {
        return;
    }
    tracing::error!(%error, "accept failed");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
