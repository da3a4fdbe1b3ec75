//! Every POST of somebody signed in repeats the session's secret: in a header (scripts) or in the field `csrf` (forms).
//!
//! Multipart forms are not behind this layer: their handler reads the field first, before any file (`screens::compose`).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt;
use tower_sessions::Session;

use crate::error::ScreenError;
use crate::session::{SIGNED_IN, SignedIn};
use crate::state::AppState;
use crate::tokens;

/// Name of the header.
pub const HEADER: &str = "x-csrf-token";
/// Name of the field.
pub const FIELD: &str = "csrf";

/// Refuses a POST without the right token. Without a session the handler answers: there is nothing to forge.
pub async fn layer(State(_): State<AppState>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let session = request.extensions().get::<Session>().cloned();
    let who = match session {
        Some(session) => session.get::<SignedIn>(SIGNED_IN).await.ok().flatten(),
        None => None,
    };
    let Some(who) = who else { return next.run(request).await };
    if in_header(&who, request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return ScreenError::BadRequest("The form did not arrive whole.").into_response();
    };
    let bytes = body.to_bytes();
    if !is_form(&parts.headers) || !in_form(&who, &bytes) {
        return refused(&who, &parts.headers).into_response();
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// Whether the header has the token.
pub fn in_header(who: &SignedIn, headers: &HeaderMap) -> bool {
    headers.get(HEADER).and_then(|value| value.to_str().ok()).is_some_and(|token| tokens::is_masked(&who.csrf, token))
}

/// The refusal. A script of ours gets a token that works now: its page is from before a new sign-in.
pub fn refused(who: &SignedIn, headers: &HeaderMap) -> ScreenError {
    ScreenError::Csrf { fresh: headers.contains_key("hx-request").then(|| tokens::masked(&who.csrf)) }
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

fn in_form(who: &SignedIn, body: &[u8]) -> bool {
    // Tokens are base64url: as a form field they need no decoding.
    let prefix = [FIELD.as_bytes(), b"="].concat();
    body.split(|byte| *byte == b'&')
        .filter_map(|pair| pair.strip_prefix(prefix.as_slice()))
        .any(|token| std::str::from_utf8(token).is_ok_and(|token| tokens::is_masked(&who.csrf, token)))
}
