//! The accept loop: bounded sessions, access filters, a polite refusal for the others, an end when the drain starts.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};

use meters::Outcome;

use crate::{
    conn::Conn,
    drain::Drain,
    guard::{Guard, Unwelcome},
    listener::Listener,
    proxy_protocol::read_header,
    session::Sessions,
    siblings::Siblings,
};

/// What a client beyond the limit is told before the connection is closed, such as `* BYE …`. Nothing on a TLS port:
/// the client would take plain text for a broken handshake.
#[derive(Debug, Clone, Copy)]
pub struct Refuse(pub &'static str);

/// What those are told whom the guard turns away, on a plain port.
#[derive(Debug, Clone, Copy)]
pub struct TurnAway {
    /// To clients that the access filters refuse.
    pub denied: &'static str,
    /// To clients that have as many connections as they may.
    pub crowded: &'static str,
}

/// The limits of one service; all its listeners share the count.
#[derive(Debug, Clone)]
pub struct AcceptLimits {
    sessions: Arc<Semaphore>,
    refuse: Refuse,
    guard: Option<(Guard, TurnAway)>,
    service: &'static str,
    listed: Sessions,
    siblings: Option<Siblings>,
}

impl AcceptLimits {
    /// At most `max_sessions` at a time (Guide §5.3.2).
    pub fn new(max_sessions: usize, refuse: Refuse) -> Self {
        Self {
            sessions: Arc::new(Semaphore::new(max_sessions.min(Semaphore::MAX_PERMITS))),
            refuse,
            guard: None,
            service: "default",
            listed: Sessions::default(),
            siblings: None,
        }
    }

    /// The same, with a guard who looks at every client.
    pub fn guarded(self, guard: Guard, turn_away: TurnAway) -> Self {
        Self { guard: Some((guard, turn_away)), ..self }
    }

    /// The same in one of several processes that accept on the same sockets: while it is full, connections are left to the others,
    /// and refused only when none of them has room either.
    pub fn beside_siblings(self) -> Self {
        Self { siblings: Some(Siblings::default()), ..self }
    }

    /// The same, counted as `service` and listed in `sessions`.
    pub fn listed(self, service: &'static str, sessions: &Sessions) -> Self {
        Self { service, listed: sessions.clone(), ..self }
    }
}

/// How long a handshake or a refusal may take.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// How long somebody who was turned away may go on sending.
const LINGER: Duration = Duration::from_secs(2);

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
            accepted = next(&socket, &limits) => match accepted {
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
        if let Some(siblings) = limits.siblings.as_ref().filter(|_| limits.sessions.available_permits() == 0) {
            siblings.full();
        }
        let busy = drain.busy();
        let acceptor = acceptor.clone();
        let guard = limits.guard.clone();
        let serve = serve.clone();
        let service = limits.service;
        let Ok(peer) = stream.peer_addr() else { continue };
        let session = limits.listed.connected(service, peer);
        tokio::spawn(session.run(async move {
            // Boxed: what a session waits with is small, and neither its handshake nor a second copy of it belongs there.
            match Box::pin(enter(stream, guard, acceptor, service)).await {
                Entered::Conn(conn) => Box::pin(serve(conn)).await,
                Entered::Refused(stream, text) => {
                    // Who is turned away takes no place and is not waited for.
                    drop(permit);
                    drop(busy);
                    return refuse(stream, text).await;
                }
                Entered::Lost => {}
            }
            drop(permit);
            drop(busy);
        }));
    }
}

/// The next connection. A full process with siblings waits until it has room again, or nobody has.
async fn next(socket: &TcpListener, limits: &AcceptLimits) -> io::Result<(TcpStream, SocketAddr)> {
    let Some(siblings) = &limits.siblings else { return socket.accept().await };
    loop {
        if limits.sessions.available_permits() == 0 {
            tokio::select! {
                // The semaphore is never closed. The place is taken by whoever comes next, here or at another port.
                place = limits.sessions.acquire() => drop(place),
                () = siblings.none_takes(socket) => return socket.accept().await,
            }
        }
        tokio::select! {
            accepted = socket.accept() => return accepted,
            () = siblings.filled() => {}
        }
    }
}

enum Entered {
    Conn(Conn),
    Refused(TcpStream, &'static str),
    /// Nothing can be said to it any more.
    Lost,
}

/// From a socket to a connection: the proxy's word, the guard's, and the handshake of a TLS port.
async fn enter(
    mut stream: TcpStream,
    guard: Option<(Guard, TurnAway)>,
    acceptor: Option<tls::Acceptor>,
    service: &'static str,
) -> Entered {
    let Ok(peer) = stream.peer_addr() else { return Entered::Lost };
    let mut header = None;
    if let Some((guard, _)) = &guard
        && guard.expects_proxy_header(peer.ip())
    {
        match read_header(&mut stream).await {
            Ok(told) => header = Some(told),
            Err(error) => {
                tracing::warn!(service, %peer, %error, "connection from a proxy without a usable header closed");
                return Entered::Lost;
            }
        }
    }
    let Ok(mut conn) = Conn::plain(stream) else { return Entered::Lost };
    if let Some(header) = header {
        conn = conn.proxied(header);
    }
    if let Some((guard, turn_away)) = guard {
        match guard.admit_connection(conn.peer(), conn.local(), acceptor.is_some()).await {
            Ok(slot) => conn = conn.admitted(guard, slot),
            Err(unwelcome) => {
                meters::refused(service, if matches!(unwelcome, Unwelcome::Denied) { "denied" } else { "connlimits" });
                let text = match unwelcome {
                    _ if acceptor.is_some() => "",
                    Unwelcome::Denied => turn_away.denied,
                    Unwelcome::Crowded => turn_away.crowded,
                };
                return conn.into_plain().map_or(Entered::Lost, |stream| Entered::Refused(stream, text));
            }
        }
    }
    let Some(acceptor) = acceptor else { return Entered::Conn(conn) };
    let peer = conn.peer();
    match timeout(HANDSHAKE, conn.start_tls(&acceptor)).await {
        Ok(Ok(conn)) => Entered::Conn(conn),
        Ok(Err(error)) => {
            meters::refused(service, "handshake");
            tracing::info!(service, %peer, %error, "TLS handshake failed");
            Entered::Lost
        }
        Err(_) => {
            meters::handshake(service, Outcome::Failed);
            meters::refused(service, "handshake");
            tracing::info!(service, %peer, "TLS handshake took too long");
            Entered::Lost
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
    // Closing with its request unread would reset the connection, and the words would be lost with it.
    let mut rest = [0; 1024];
    let _ = timeout(LINGER, async { while matches!(stream.read(&mut rest).await, Ok(1..)) {} }).await;
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
