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

/// Serves until the process ends: while the services drain it says so.
pub fn serve_metrics(listener: Listener, drain: &Drain, check: &Check) {
    let room = Arc::new(Semaphore::new(MOST));
    for socket in listener.sockets {
        tokio::spawn(accept(socket, Arc::clone(&room), drain.clone(), Arc::clone(check)));
    }
}

async fn accept(socket: TcpListener, room: Arc<Semaphore>, drain: Drain, check: Check) {
    loop {
        // The semaphore is never closed.
        let permit = Arc::clone(&room).acquire_owned().await.ok();
        match socket.accept().await {
            Ok((stream, _)) => {
                let (drain, check) = (drain.clone(), Arc::clone(&check));
                tokio::spawn(async move {
                    // Whoever is slow or gone asks again.
                    let _ = timeout(PATIENCE, serve(stream, drain, check)).await;
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

async fn serve(stream: TcpStream, drain: Drain, check: Check) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (drain, check) = (drain.clone(), Arc::clone(&check));
        async move { Ok::<_, Infallible>(answer(&request, &drain, &check).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10)).max_buf_size(16 * 1024);
    // An error is the client's: it hung up, or does not speak HTTP.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: &Request<Incoming>, drain: &Drain, check: &Check) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n".to_owned());
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match request.uri().path() {
        "/metrics" => {
            let mut all = text(StatusCode::OK, meters::render());
            let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
            all.headers_mut().insert(CONTENT_TYPE, kind);
            all
        }
        "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => match readiness(drain, check).await {
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
