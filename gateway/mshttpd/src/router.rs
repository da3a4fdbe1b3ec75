//! Every URL, grouped by screen.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::compression::predicate::Predicate;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::assets;
use crate::middleware::{
    body_limit, csrf, encrypted, error_page, fetch_metadata, measured, request_log, security_headers,
};
use crate::screens::{
    actions, attachment, body, compose, events, home, login, mailbox, message, portal, settings, sharing, source,
};
use crate::session::Kept;
use crate::state::{AppState, Transport};

/// The application.
pub fn router(state: AppState) -> Router {
    // Forms and pages: bodies are small, and every POST repeats the session's token.
    let forms = Router::new()
        // Signing in and out
        .route("/", get(home::show))
        .route("/login", get(login::show).post(login::sign_in))
        .route("/login/certificate", post(login::by_certificate))
        .route("/login.msc", get(portal::enter).post(portal::sign_in))
        .route("/logout", post(login::sign_out))
        // Folders and messages
        .route("/mail/{mailbox}", get(mailbox::show).post(actions::on_list))
        .route("/mail/{mailbox}/events", get(events::stream))
        .route("/mail/{mailbox}/share", get(sharing::show).post(sharing::save))
        .route("/mail/{mailbox}/{uid}", get(message::show).post(actions::on_message))
        .route("/mail/{mailbox}/{uid}/seen", post(actions::seen))
        // A message's text, files and source
        .route("/mail/{mailbox}/{uid}/body", get(body::show))
        .route("/mail/{mailbox}/{uid}/part/{section}", get(attachment::download))
        .route("/mail/{mailbox}/{uid}/headers", get(source::headers))
        .route("/mail/{mailbox}/{uid}/source", get(source::source))
        // Writing
        .route("/compose", get(compose::show))
        .route("/addresses", get(compose::addresses))
        // Settings
        .route("/settings", get(settings::show).post(settings::save))
        .layer(from_fn_with_state(state.clone(), csrf::layer))
        .layer(from_fn_with_state(state.clone(), body_limit::layer));
    // Uploads: multipart, with limits and the token checked as the parts arrive.
    let uploads = Router::new()
        .route("/compose/{draft}", post(compose::submit))
        .route("/compose/{draft}/files", post(compose::attach));
    let signed = forms.merge(uploads).layer(sessions(&state));
    // Without session: what an opaque-origin frame loads, and static files.
    let open = Router::new().route("/static/{file}", get(assets::serve));
    let framed = Router::new().route("/part/{token}", get(attachment::linked));
    signed
        .merge(open)
        .layer(from_fn(fetch_metadata::layer))
        .merge(framed)
        .layer(from_fn_with_state(state.clone(), encrypted::layer))
        .layer(from_fn(error_page::layer))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(Html))
        .layer(from_fn_with_state(state.clone(), security_headers::layer))
        .layer(from_fn(request_log::layer))
        .layer(from_fn(measured::layer))
        .with_state(state)
}

fn sessions(state: &AppState) -> SessionManagerLayer<Kept> {
    // The store decides when a session is over; the cookie lasts as long as the browser.
    SessionManagerLayer::new(state.sessions.clone())
        .with_name(state.cookie(""))
        .with_secure(state.transport == Transport::Tls)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
        .with_expiry(Expiry::OnSessionEnd)
}

/// Pages are compressed as they go; static files were at build time, downloads keep their length.
#[derive(Clone, Copy)]
struct Html;

impl Predicate for Html {
    fn should_compress<B>(&self, answer: &http::Response<B>) -> bool
    where
        B: http_body::Body,
    {
        let html = answer
            .headers()
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        html && answer.body().size_hint().exact().is_none_or(|size| size > 1024)
    }
}
