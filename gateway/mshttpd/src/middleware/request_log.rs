//! One line a request: method, path without query, status, time.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// Logs after the answer is made. Queries are left out: they hold what people search for.
pub async fn layer(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let client = request.extensions().get::<crate::request::Client>().map(|client| client.address);
    let answer = next.run(request).await;
    let status = answer.status().as_u16();
    let ms = start.elapsed().as_millis();
    // Link tokens are secrets for a while.
    let shown = if path.starts_with("/part/") { "/part/…" } else { path.as_str() };
    if path.starts_with("/static/") {
        tracing::trace!(category = "Protocol", %method, path = shown, status, ms, "request");
    } else {
        tracing::debug!(category = "Protocol", client = client.map(tracing::field::display), %method, path = shown, status, ms, "request");
    }
    answer
}
