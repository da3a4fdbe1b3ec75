//! The metrics listener: `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever decides about restarts and traffic.
//!
//! It is for loopback or a management network: it needs no sign-in and tells figures. The webmail's own port has none of it.

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};

use crate::{drain::Drain, listener::Listener};

/// Connections at a time.
const MOST: usize = 32;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the parts have to say that they are well.
const CHECK: Duration = Duration::from_secs(3);

/// Asks the parts behind the services whether they work; the word is that of the part that does not.
pub type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send>> + Send + Sync>;

/// Makes the text of `/metrics`.
pub type Figures = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = String> + Send>> + Send + Sync>;

/// What the metrics listener tells.
#[derive(Clone)]
pub struct Told {
    /// `/metrics`; that of this process is [`own_figures`].
    pub figures: Figures,
    /// `/readyz`.
    pub check: Check,
    /// While the services drain, `/readyz` says so.
    pub drain: Drain,
}

/// What this process has counted.
pub fn own_figures() -> Figures {
    Arc::new(|| Box::pin(async { meters::render() }))
}

/// Serves until the process ends.
pub fn serve_metrics(listener: Listener, told: &Told) {
    let room = Arc::new(Semaphore::new(MOST));
    for socket in listener.sockets {
        tokio::spawn(accept(socket, Arc::clone(&room), told.clone()));
    }
}

async fn accept(socket: TcpListener, room: Arc<Semaphore>, told: Told) {
    loop {
        // The semaphore is never closed.
        let permit = Arc::clone(&room).acquire_owned().await.ok();
        match socket.accept().await {
            Ok((stream, _)) => {
                let told = told.clone();
                tokio::spawn(async move {
                    // Whoever is slow or gone asks again.
                    let _ = timeout(PATIENCE, serve(stream, told)).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the metrics listener failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, told: Told) {
    let service = service_fn(move |request: Request<Incoming>| {
        let told = told.clone();
        async move { Ok::<_, Infallible>(answer(&request, &told).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10)).max_buf_size(16 * 1024);
    // An error is the client's: it hung up, or does not speak HTTP.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: &Request<Incoming>, told: &Told) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n".to_owned());
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match request.uri().path() {
        "/metrics" => {
            let mut all = text(StatusCode::OK, (told.figures)().await);
            let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
            all.headers_mut().insert(CONTENT_TYPE, kind);
            all
        }
        "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => match readiness(&told.drain, &told.check).await {
            Ok(()) => text(StatusCode::OK, "ready\n".to_owned()),
            Err(part) => text(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {part}\n")),
        },
        _ => text(StatusCode::NOT_FOUND, "there are /metrics, /healthz and /readyz\n".to_owned()),
    }
}

async fn readiness(drain: &Drain, check: &Check) -> Result<(), &'static str> {
    if drain.is_draining() {
        return Err("draining");
    }
    timeout(CHECK, check()).await.unwrap_or(Err("no answer in time"))
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
