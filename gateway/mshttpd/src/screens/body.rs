//! The HTML of a message: a document of its own for a sandboxed frame of opaque origin (webmail security model §2.1.4).

use std::num::NonZeroU32;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use backends::{Message, Part};
use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;

use super::message::TEXT_LIMIT;
use crate::error::ScreenError;
use crate::request::Signed;
use crate::respond::html;
use crate::state::AppState;
use crate::tokens::PartLink;
use crate::views::parts::sorted;
use crate::views::safe_html::{self, BodyOptions, CleanBody};
use crate::views::url::MailboxName;

#[derive(Template)]
#[template(path = "body.html")]
struct Document {
    clean: Arc<CleanBody>,
}

/// May remote images be loaded?
#[derive(Debug, Deserialize)]
pub struct BodyQuery {
    /// The grant that the message page signed.
    #[serde(default)]
    images: Option<String>,
}

/// What is to be cleaned.
pub struct BodyRequest<'a> {
    /// The message.
    pub message: &'a Message,
    /// Its HTML part.
    pub html: &'a Part,
    /// Leave remote images in.
    pub images: bool,
}

const QUIET: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' data:; \
    style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
const WITH_IMAGES: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' data: https: http:; \
    style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// `GET /mail/{mailbox}/{uid}/body`
pub async fn show(
    State(state): State<AppState>,
    Path((MailboxName(mailbox), uid)): Path<(MailboxName, NonZeroU32)>,
    Query(query): Query<BodyQuery>,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let uid = uid.get();
    let subject = grant_subject(&signed.who.key, &mailbox, uid);
    let images = query.images.is_some_and(|token| state.signer.is_granted("images", &subject, &token));
    let message = signed.mail.message(mailbox.as_str(), uid).await?;
    let html_part = sorted(&message.summary.structure).html.ok_or(ScreenError::NotFound)?;
    let request = BodyRequest { message: &message, html: html_part, images };
    let clean = clean(&state, &signed, &request).await?.ok_or(ScreenError::NotFound)?;
    let mut answer = html(&Document { clean })?;
    let policy = if images { WITH_IMAGES } else { QUIET };
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    // The frame's origin is opaque: "same-origin" would mean nobody.
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("unsafe-none"));
    Ok(answer)
}

/// What a grant for remote images is bound to.
pub fn grant_subject(key: &str, mailbox: &str, uid: u32) -> String {
    format!("{key}\0{mailbox}\0{uid}")
}

/// The cleaned HTML, from memory if it was just made; `None` if it is too large or too deep to show.
pub async fn clean(
    state: &AppState,
    signed: &Signed,
    request: &BodyRequest<'_>,
) -> Result<Option<Arc<CleanBody>>, ScreenError> {
    let message = request.message;
    let key = format!(
        "{}\0{}\0{}\0{}\0{}",
        signed.who.key, message.mailbox, message.uid_validity, message.uid, request.images
    );
    if let Some(made) = state.bodies.get(&key) {
        return Ok(Some(made));
    }
    let mailbox = (message.mailbox.as_str(), message.uid_validity);
    let read = signed.mail.part_bytes(mailbox, message.uid, request.html, TEXT_LIMIT).await?;
    if read.truncated {
        return Ok(None);
    }
    let text = message::charset::decode(&read.bytes, request.html.charset().map(str::as_bytes));
    let links = links(state, signed, message);
    let images = request.images;
    let work = move || {
        let cid = |id: &str| links.iter().find(|(known, _)| known == id).map(|(_, url)| url.clone());
        safe_html::message_body(&text, &BodyOptions { remote_images: images, cid: &cid })
    };
    match tokio::task::spawn_blocking(work).await.map_err(|error| ScreenError::Internal(error.to_string()))? {
        Ok(made) => {
            let made = Arc::new(made);
            state.bodies.insert(key, Arc::clone(&made));
            Ok(Some(made))
        }
        Err(error) => {
            tracing::info!(%error, "HTML body not shown");
            Ok(None)
        }
    }
}

/// Links to the parts that the HTML may name by Content-ID.
fn links(state: &AppState, signed: &Signed, message: &Message) -> Vec<(String, String)> {
    message
        .summary
        .structure
        .walk()
        .filter(|part| super::attachment::is_image(part))
        .filter_map(|part| {
            let link = PartLink {
                session: signed.who.key.clone(),
                store_id: signed.who.store_id.clone(),
                mail_host: signed.who.mail_host.clone(),
                mailbox: message.mailbox.clone(),
                uid_validity: message.uid_validity,
                uid: message.uid,
                section: part.section.clone(),
                expires: 0,
            };
            Some((part.id.clone()?, format!("/part/{}", state.signer.part(&link))))
        })
        .take(200)
        .collect()
}
