//! Where passwords may not go out in clear, plain HTTP only leads to HTTPS (`service.http.plaintextmincipher`, Guide §5.2.2, §5.7.1).

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};

use crate::error::ErrorPage;
use crate::request::Client;
use crate::respond;
use crate::state::{AppState, Transport};
use crate::views::reader::Trouble;

/// Sends plain requests to the TLS port. Nothing is answered in clear, so that neither a password nor a session is ever seen on the way.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let config = state.config.now();
    let service = &config.service;
    // -1: only a certificate signs in, and that is shown under TLS.
    let only_tls =
        service.plaintext_min_cipher > 0 || (service.plaintext_min_cipher < 0 && state.asks_for_certificates());
    if state.transport == Transport::Tls || !only_tls {
        return next.run(request).await;
    }
    let asked = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let readable = matches!(*request.method(), Method::GET | Method::HEAD);
    match service.listen.ssl_port {
        Some(port) if readable => {
            let named = host(request.headers()).filter(|host| is_own(&state, request.extensions().get(), host));
            let host = named.unwrap_or(&config.hostname);
            let port = if port == 443 { String::new() } else { format!(":{port}") };
            let path = respond::local_path(asked).unwrap_or("/");
            respond::see_other(&format!("https://{host}{port}{path}"))
        }
        _ => refused(service.listen.ssl_port.is_some()),
    }
}

/// A form that was sent in clear, or a site without an encrypted port.
fn refused(has_port: bool) -> Response {
    let (text, next) = match has_port {
        true => (
            "This page was sent over a connection that others can read. Nothing was done. Open the encrypted page and try again.",
            Some(("Go to the encrypted page".to_owned(), "/login".to_owned())),
        ),
        false => (
            "This server takes passwords over encrypted connections only, and has none to offer. Please tell your administrator.",
            None,
        ),
    };
    let trouble = Trouble { title: "An encrypted connection is needed".to_owned(), text: text.to_owned(), next };
    let mut answer = StatusCode::FORBIDDEN.into_response();
    answer.extensions_mut().insert(ErrorPage { trouble, sign_in: None, fresh_token: None });
    answer
}

/// The host that the browser asked for, without port.
fn host(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::HOST)?.to_str().ok()?;
    match value.rfind(']') {
        Some(end) => Some(&value[..=end]),
        None => value.split(':').next(),
    }
}

/// Whether a host is this site's: `local.hostname`, a name that one of its certificates is for, or the address that the connection was
/// made to. Anything else has been put there by somebody else, and a redirect must not lead there.
fn is_own(state: &AppState, client: Option<&Client>, host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let local = client.map(|client| client.local.ip().to_canonical());
    bare.eq_ignore_ascii_case(&state.config.now().hostname)
        || (local.is_some() && bare.parse::<IpAddr>().ok().map(|address| address.to_canonical()) == local)
        || state.acceptor.as_ref().is_some_and(|acceptor| acceptor.serves(bare))
}
