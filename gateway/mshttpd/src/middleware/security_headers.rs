//! Headers of every answer (webmail security model §2.1.5): a strict CSP unless the screen set its own.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::{self, HeaderName};

use crate::state::{AppState, Transport};

/// The application's own policy: no inline script, no inline style, nothing from elsewhere, no HTML sink but htmx's.
pub const APP_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
    connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; \
    require-trusted-types-for 'script'; trusted-types htmx";

const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), \
    gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

/// Adds what a screen did not set itself.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(header::CONTENT_SECURITY_POLICY, APP_POLICY);
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not no-referrer: browsers then send `Origin: null` with our own forms.
    add(header::REFERRER_POLICY, "same-origin");
    add(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    add(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    add(HeaderName::from_static("x-dns-prefetch-control"), "off");
    add(header::X_FRAME_OPTIONS, "DENY");
    add(header::CACHE_CONTROL, "private, no-store");
    if state.transport == Transport::Tls {
        add(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    answer
}
