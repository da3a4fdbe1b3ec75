//! Answers: rendered templates, redirects after a POST.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::error::ScreenError;

/// A rendered page or fragment.
pub fn html(page: &impl Template) -> Result<Response, ScreenError> {
    let text = page.render()?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], text).into_response())
}

/// 303: what follows a POST.
pub fn see_other(path: &str) -> Response {
    // Paths are built by views::url: encoded ASCII. Anything else is not sent on.
    match HeaderValue::from_str(path) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, HeaderValue::from_static("/mail/INBOX"))]).into_response()
        }
    }
}

/// A path that stays on this site: it starts with one slash and holds nothing that a browser would read otherwise.
pub fn local_path(path: &str) -> Option<&str> {
    let second = path.as_bytes().get(1);
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (path.starts_with('/') && second != Some(&b'/') && plain).then_some(path)
}
