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

/// A path of this site that shows a page: where one may be led after signing in.
pub fn page_path(path: &str) -> Option<&str> {
    let path = local_path(path)?;
    let segments: Vec<&str> = path.split(['?', '#']).next().unwrap_or_default().split('/').skip(1).collect();
    let shown = matches!(
        segments.as_slice(),
        [""] | ["compose" | "settings"]
            | ["mail", _]
            | ["mail", _, _]
            | ["mail", _, _, "headers" | "source"]
            | ["mail", _, _, "part", _]
    );
    (shown && segments.get(2) != Some(&"events")).then_some(path)
}

/// A path that stays on this site: it starts with one slash and holds nothing that a browser would read otherwise.
pub fn local_path(path: &str) -> Option<&str> {
    let second = path.as_bytes().get(1);
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (path.starts_with('/') && second != Some(&b'/') && plain).then_some(path)
}
