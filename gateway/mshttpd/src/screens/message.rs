//! A message to read: beside its list on a wide screen, alone on a phone.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use backends::{Message, Part};
use serde::Deserialize;
use std::num::NonZeroU32;

use super::body::{self, BodyRequest};
use super::mailbox::{ListQuery, View, access_of, role_of};
use crate::error::ScreenError;
use crate::request::{Signed, Want};
use crate::state::AppState;
use crate::views::parts::{Sorted, sorted};
use crate::views::plain_text::{self, Flowed};
use crate::views::reader::{Body, File, Pane, Reader, ReaderOptions};
use crate::views::url::{self, MailboxName};

/// Longest text that is shown in the page (security model §2.1.1).
pub const TEXT_LIMIT: usize = 2 << 20;

/// How the message is wanted.
#[derive(Debug, Default, Deserialize)]
pub struct MessageQuery {
    #[serde(default)]
    page: Option<String>,
    #[serde(default)]
    q: Option<String>,
    /// `text` or `html`.
    #[serde(default)]
    view: Option<String>,
    /// Remote images, once.
    #[serde(default)]
    images: Option<String>,
}

/// `GET /mail/{mailbox}/{uid}`. Changes nothing: `\Seen` is set by the POST that the page's script sends, or by the button.
pub async fn show(
    State(state): State<AppState>,
    Path((MailboxName(mailbox), uid)): Path<(MailboxName, NonZeroU32)>,
    Query(query): Query<MessageQuery>,
    want: Want,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let uid = uid.get();
    let list = ListQuery { page: query.page.clone(), q: query.q.clone() };
    let message = signed.mail.message(mailbox.as_str(), uid).await?;
    let folders = state.folders.of(&signed).await?;
    let options = ReaderOptions {
        page: list.number(),
        query: list.query(),
        own: &signed.who.addresses,
        now: signed.now,
        role: role_of(&folders, &mailbox),
        access: access_of(&folders, &mailbox),
    };
    let mut reader = Reader::new(&message, &options);
    let sorted = sorted(&message.summary.structure);
    fill_body(&state, &signed, &message, &sorted, &query, &mut reader).await?;
    let base = reader.base();
    reader.files = sorted.files.iter().map(|part| File::new(part, &base)).collect();
    let view = View { state: &state, signed: &signed, mailbox: &mailbox, query: &list };
    view.answer(want, Pane::Message(Box::new(reader)), Some(uid)).await
}

async fn fill_body(
    state: &AppState,
    signed: &Signed,
    message: &Message,
    sorted: &Sorted<'_>,
    query: &MessageQuery,
    reader: &mut Reader,
) -> Result<(), ScreenError> {
    let as_text = query.view.as_deref() == Some("text");
    let with = |parameter: &str| {
        let mark = if reader.href.contains('?') { '&' } else { '?' };
        format!("{}{mark}{parameter}", reader.href)
    };
    let Some(html) = sorted.html.filter(|_| !as_text) else {
        if sorted.html.is_some() {
            reader.other_view = Some(("Show as HTML", reader.href.clone()));
        }
        reader.body = text_body(signed, message, sorted).await?;
        return Ok(());
    };
    let images = query.images.is_some();
    let request = BodyRequest { message, html, images };
    match body::clean(state, signed, &request).await? {
        Some(clean) => {
            let mut href = format!("{}/body", url::message(&message.mailbox, message.uid, 1, None));
            if images {
                let subject = body::grant_subject(&signed.who.key, &message.mailbox, message.uid);
                href = format!("{href}?images={}", state.signer.grant("images", &subject));
            } else if clean.blocked_images > 0 {
                reader.show_images = Some(with("images=1"));
            }
            reader.other_view = Some(("Show as plain text", with("view=text")));
            reader.body = Body::Frame(href);
        }
        None if !sorted.texts.is_empty() => reader.body = text_body(signed, message, sorted).await?,
        None => reader.body = Body::TooLarge(part_href(message, html)),
    }
    Ok(())
}

fn part_href(message: &Message, part: &Part) -> String {
    format!("{}/part/{}", url::message(&message.mailbox, message.uid, 1, None), url::encoded(&part.section))
}

/// The plain text, or the words of the HTML where there is no plain text.
async fn text_body(signed: &Signed, message: &Message, sorted: &Sorted<'_>) -> Result<Body, ScreenError> {
    let Some(text) = plain(signed, message, sorted).await? else {
        return Ok(match sorted.texts.first().or(sorted.html.as_ref()) {
            Some(part) => Body::TooLarge(part_href(message, part)),
            None => Body::Empty,
        });
    };
    if text.text.trim().is_empty() {
        return Ok(Body::Empty);
    }
    // Long texts take a moment: not on the threads that answer everybody.
    let html = tokio::task::spawn_blocking(move || plain_text::to_html(&text.text, text.flowed)).await;
    html.map(Body::Text).map_err(|error| ScreenError::Internal(error.to_string()))
}

/// A message's text as text.
#[derive(Debug)]
pub struct PlainText {
    /// The text.
    pub text: String,
    /// Whether its lines flow.
    pub flowed: Option<Flowed>,
}

/// The words of a message; `None` if there are none or too many.
pub async fn plain(signed: &Signed, message: &Message, sorted: &Sorted<'_>) -> Result<Option<PlainText>, ScreenError> {
    let mailbox = (message.mailbox.as_str(), message.uid_validity);
    let mut text = String::new();
    let mut flowed = None;
    for part in &sorted.texts {
        let read = signed.mail.part_bytes(mailbox, message.uid, part, TEXT_LIMIT.saturating_sub(text.len())).await?;
        if read.truncated {
            return Ok(None);
        }
        if !text.is_empty() {
            text.push_str("\n\n");
        } else if part.param("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed")) {
            flowed = Some(Flowed { delsp: part.param("delsp").is_some_and(|value| value.eq_ignore_ascii_case("yes")) });
        }
        text.push_str(&message::charset::decode(&read.bytes, part.charset().map(str::as_bytes)));
    }
    if sorted.texts.is_empty() {
        let Some(part) = sorted.html else { return Ok(None) };
        let read = signed.mail.part_bytes(mailbox, message.uid, part, TEXT_LIMIT).await?;
        if read.truncated {
            return Ok(None);
        }
        let html = message::charset::decode(&read.bytes, part.charset().map(str::as_bytes));
        let words = tokio::task::spawn_blocking(move || plain_text::of_html(&html)).await;
        text = words.map_err(|error| ScreenError::Internal(error.to_string()))?;
    }
    Ok(Some(PlainText { text, flowed }))
}
