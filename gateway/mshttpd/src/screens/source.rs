//! A message as it came: all headers, or the whole source, as plain text.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::header;
use serde::Deserialize;
use std::num::NonZeroU32;

use super::attachment::disposition;
use crate::error::ScreenError;
use crate::request::Signed;
use crate::state::AppState;
use crate::views::list::subject;
use crate::views::url::MailboxName;

/// Show it, or save it?
#[derive(Debug, Deserialize)]
pub struct SourceQuery {
    #[serde(default)]
    download: Option<String>,
}

/// `GET /mail/{mailbox}/{uid}/headers`
pub async fn headers(
    State(_): State<AppState>,
    Path((MailboxName(mailbox), uid)): Path<(MailboxName, NonZeroU32)>,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let uid = uid.get();
    let block = signed.mail.header(mailbox.as_str(), uid, None).await?;
    let text = String::from_utf8_lossy(&block).into_owned();
    text_answer(Body::from(text), "text/plain; charset=utf-8", "inline")
}

/// `GET /mail/{mailbox}/{uid}/source`
pub async fn source(
    State(_): State<AppState>,
    Path((MailboxName(mailbox), uid)): Path<(MailboxName, NonZeroU32)>,
    Query(query): Query<SourceQuery>,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let uid = uid.get();
    let message = signed.mail.message(mailbox.as_str(), uid).await?;
    let stream = signed.mail.source((mailbox.as_str(), message.uid_validity), uid).await?;
    let body = Body::from_stream(stream);
    match query.download {
        Some(_) => {
            let name: String =
                subject(&message.summary.envelope.subject).replace(['/', '\\', ':'], "_").chars().take(100).collect();
            text_answer(body, "message/rfc822", &disposition("attachment", &format!("{name}.eml")))
        }
        None => text_answer(body, "text/plain; charset=utf-8", "inline"),
    }
}

fn text_answer(body: Body, kind: &str, disposition: &str) -> Result<Response, ScreenError> {
    Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        )
        .body(body)
        .map_err(|error| ScreenError::Internal(error.to_string()))
}
