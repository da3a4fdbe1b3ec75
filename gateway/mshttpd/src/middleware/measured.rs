//! Counts and times requests, by screen.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

/// Times until the answer's head is made: a download or a stream takes as long as its reader wants.
pub async fn layer(request: Request, next: Next) -> Response {
    let screen = request.extensions().get::<MatchedPath>().map_or("other", |path| screen(path.as_str()));
    let began = Instant::now();
    let answer = next.run(request).await;
    meters::request(screen, answer.status().as_u16(), began.elapsed());
    answer
}

/// The screen of a route of `router.rs`.
fn screen(route: &str) -> &'static str {
    match route {
        "/login" | "/logout" => "login",
        "/mail/{mailbox}" => "mailbox",
        "/mail/{mailbox}/events" => "events",
        "/mail/{mailbox}/{uid}/body" => "body",
        "/mail/{mailbox}/{uid}/part/{section}" | "/part/{token}" => "attachment",
        "/mail/{mailbox}/{uid}/headers" | "/mail/{mailbox}/{uid}/source" => "source",
        "/compose" | "/compose/{draft}" | "/compose/{draft}/files" | "/addresses" => "compose",
        "/settings" => "settings",
        "/static/{file}" => "static",
        route if route.starts_with("/mail/{mailbox}/{uid}") => "message",
        _ => "other",
    }
}
