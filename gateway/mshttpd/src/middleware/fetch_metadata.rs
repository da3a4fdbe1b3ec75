//! Requests from other sites: refused by `Sec-Fetch-Site` and `Origin`, before any session is looked at (§2.2).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, header};

use crate::error::ScreenError;

/// Lets through what our own pages and the person at the keyboard ask for.
pub async fn layer(request: Request, next: Next) -> Response {
    if is_ours(&request) {
        return next.run(request).await;
    }
    tracing::info!(method = %request.method(), path = request.uri().path(), "request from another site refused");
    ScreenError::Csrf { fresh: None }.into_response()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_ours(request: &Request) -> bool {
    let headers = request.headers();
    let site = text(headers, "sec-fetch-site");
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        // A link elsewhere may lead here (the Strict cookie stays at home then); images, scripts and frames may not.
        let navigation = text(headers, "sec-fetch-mode") == "navigate" && text(headers, "sec-fetch-dest") == "document";
        return matches!(site, "" | "same-origin" | "none") || navigation;
    }
    matches!(site, "" | "same-origin") && origin_is_ours(request)
}

/// `Origin` must name the host that was asked. No header at all is an old client or a tool: the token decides then.
fn origin_is_ours(request: &Request) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return true };
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let host = authority.unwrap_or_else(|| text(request.headers(), "host"));
    let Ok(origin) = origin.to_str() else { return false };
    let Some((_, named)) = origin.split_once("://") else { return false };
    !host.is_empty() && named.eq_ignore_ascii_case(host)
}
