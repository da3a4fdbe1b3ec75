//! Parts of a message as files: downloads, safe previews, and images for the message frame (security model §2.1.8).

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use backends::{Account, Decoded, Part};
use http::{HeaderName, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::num::NonZeroU32;

use crate::error::ScreenError;
use crate::request::Signed;
use crate::state::AppState;
use crate::views::reader::file_name;
use crate::views::url::MailboxName;

/// Show it, or save it?
#[derive(Debug, Deserialize)]
pub struct PartQuery {
    #[serde(default)]
    view: Option<String>,
}

/// Whether a part is an image that browsers show without running anything.
pub fn is_image(part: &Part) -> bool {
    part.kind == "image" && matches!(part.subtype.as_str(), "png" | "jpeg" | "gif" | "webp")
}

/// The type under which a part may be shown in the browser; all others are only saved.
pub fn shown_inline(part: &Part) -> Option<String> {
    if is_image(part) {
        return Some(part.media_type());
    }
    (part.is("text", "plain")).then(|| format!("text/plain; charset={}", charset(part)))
}

/// A charset from the list of those that exist; the sender's text never reaches our headers.
fn charset(part: &Part) -> &'static str {
    const KNOWN: [&str; 16] = [
        "utf-8",
        "us-ascii",
        "iso-8859-1",
        "iso-8859-2",
        "iso-8859-15",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "koi8-r",
        "koi8-u",
        "iso-2022-jp",
        "shift_jis",
        "euc-jp",
        "euc-kr",
        "gb18030",
        "big5",
    ];
    let given = part.charset().unwrap_or("utf-8");
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(given)).unwrap_or("utf-8")
}

/// The type of a download: from a list, else unnamed bytes.
fn saved_type(part: &Part) -> &'static str {
    match (part.kind.as_str(), part.subtype.as_str()) {
        ("image", "png") => "image/png",
        ("image", "jpeg") => "image/jpeg",
        ("image", "gif") => "image/gif",
        ("image", "webp") => "image/webp",
        ("text", "plain") => "text/plain",
        ("text", "calendar") => "text/calendar",
        ("text", "csv") => "text/csv",
        ("application", "pdf") => "application/pdf",
        ("application", "zip") => "application/zip",
        ("message", "rfc822") => "message/rfc822",
        ("audio", "mpeg") => "audio/mpeg",
        ("video", "mp4") => "video/mp4",
        _ => "application/octet-stream",
    }
}

/// `GET /mail/{mailbox}/{uid}/part/{section}`
pub async fn download(
    State(_): State<AppState>,
    Path((MailboxName(mailbox), uid, section)): Path<(MailboxName, NonZeroU32, String)>,
    Query(query): Query<PartQuery>,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let uid = uid.get();
    let message = signed.mail.message(mailbox.as_str(), uid).await?;
    let part = message.summary.structure.find(&section).ok_or(ScreenError::NotFound)?;
    let stream = signed.mail.decoded((mailbox.as_str(), message.uid_validity), uid, part).await?;
    let inline = query.view.is_some().then(|| shown_inline(part)).flatten();
    let kind = inline.clone().unwrap_or_else(|| saved_type(part).to_owned());
    let shown = if inline.is_some() { "inline" } else { "attachment" };
    answer(stream, &kind, &disposition(shown, &file_name(part)))
}

/// `GET /part/{token}`: an image for the message frame, which sends no cookie. The token is the permission.
pub async fn linked(State(state): State<AppState>, Path(token): Path<String>) -> Result<Response, ScreenError> {
    let link = state.signer.read_part(&token).ok_or(ScreenError::NotFound)?;
    if !state.sessions.is_live(&link.session).await {
        return Err(ScreenError::NotFound);
    }
    let mail = state.backends.session(&link.session, &Account::new(link.mail_host.as_deref(), &link.store_id));
    let mailbox = (link.mailbox.as_str(), link.uid_validity);
    let message = mail.message(mailbox, link.uid).await?;
    let part =
        message.summary.structure.find(&link.section).filter(|part| is_image(part)).ok_or(ScreenError::NotFound)?;
    let stream = mail.decoded(mailbox, link.uid, part).await?;
    let mut answer = answer(stream, &part.media_type(), "inline")?;
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    Ok(answer)
}

fn answer(stream: Decoded, kind: &str, disposition: &str) -> Result<Response, ScreenError> {
    Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        )
        .body(Body::from_stream(stream))
        .map_err(|error| ScreenError::Internal(error.to_string()))
}

/// Bytes that stand for themselves in `filename*` (RFC 8187 attr-char).
const ATTR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `Content-Disposition` with the name twice: plain ASCII, and in full (RFC 6266).
pub fn disposition(kind: &str, name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || " .-_()+".contains(c) { c } else { '_' }).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, ATTR))
}
