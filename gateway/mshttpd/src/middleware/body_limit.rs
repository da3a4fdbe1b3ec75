//! Bodies that are not uploads: at most `service.http.maxpostsize` bytes, refused by their length or as they arrive.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header;
use http_body_util::Limited;

use crate::error::ScreenError;
use crate::state::AppState;

/// Refuses by Content-Length, and cuts the body off beyond the limit.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let limit = state.config.now().max_post_size;
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if let Some(size) = length.filter(|size| *size > limit) {
        return ScreenError::TooLarge { limit, size }.into_response();
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    next.run(request.map(|body| Body::new(Limited::new(body, most)))).await
}
