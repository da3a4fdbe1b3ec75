//! `/`: leads to the mail.

use axum::response::Response;

use crate::respond;

/// `GET /`
pub async fn show() -> Response {
    respond::see_other("/mail/INBOX")
}
