//! The compose form as it arrives: multipart, the token first, texts bounded, files streamed into the spool.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::StreamExt;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use multer::{Constraints, Field, Multipart};
use spool::{DraftId, Limit, NewFile, SpoolError, encoded_size};
use tokio::sync::mpsc;

use crate::error::ScreenError;
use crate::middleware::csrf;
use crate::request::Signed;
use crate::tokens;

/// What the form holds.
#[derive(Debug, Default, Clone)]
pub struct DraftForm {
    /// One of the user's own addresses.
    pub from: String,
    /// Recipients as typed.
    pub to: String,
    /// Copies as typed.
    pub cc: String,
    /// Blind copies as typed.
    pub bcc: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// `In-Reply-To`.
    pub in_reply_to: String,
    /// `References`.
    pub references: String,
    /// `mailbox/uid` that is answered or forwarded.
    pub source: String,
    /// `reply` or `forward`: the flag that the source gets.
    pub kind: String,
    /// The page to go back to.
    pub back: String,
    /// UID of the saved draft.
    pub draft_uid: Option<u32>,
    /// UIDVALIDITY that it belongs to.
    pub draft_validity: Option<u32>,
    /// `mailbox/uid` whose files are carried along.
    pub carry_from: String,
    /// Sections of those files.
    pub carry: Vec<String>,
    /// The button: `send`, `save`, `attach`, `discard`, `remove:…`, `drop:…`.
    pub action: String,
}

/// What came of reading a form.
#[derive(Debug)]
pub struct Received {
    /// The fields that arrived.
    pub form: DraftForm,
    /// Files that were taken in.
    pub added: usize,
    /// Why the rest was not taken.
    pub refused: Option<SpoolError>,
}

/// Where files go and how large they may be.
pub struct Intake<'a> {
    /// Who writes.
    pub signed: &'a Signed,
    /// The message.
    pub draft: &'a DraftId,
    /// `service.http.maxmessagesize`
    pub max_message: u64,
    /// `service.http.maxpostsize`: for all texts together.
    pub max_text: u64,
}

/// Longest pause of a sender in the middle of a form.
const PAUSE: Duration = Duration::from_secs(120);
/// A refused upload is read to its end within these bounds, so that the browser listens to the answer.
const DRAIN_TIME: Duration = Duration::from_secs(30);
const DRAIN_BYTES: u64 = 256 << 20;
/// Room that headers and boundaries of a form may take.
const AROUND: u64 = 4096;

impl Intake<'_> {
    /// Reads a form. The CSRF token must be in the header or in the first field: nothing is kept before it was checked.
    pub async fn read(&self, request: Request<Body>) -> Result<Received, ScreenError> {
        let (parts, body) = request.into_parts();
        let mut checked = csrf::in_header(&self.signed.who, &parts.headers);
        let boundary = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| multer::parse_boundary(value).ok());
        let boundary = boundary.ok_or(ScreenError::BadRequest("The form did not arrive as a form."))?;
        let length = content_length(&parts.headers);
        let mut form = Multipart::with_constraints(pump(body), boundary, Constraints::new());
        let mut received = Received { form: DraftForm::default(), added: 0, refused: None };
        let mut texts = 0u64;
        while let Some(mut field) = next(&mut form).await? {
            let name = field.name().unwrap_or_default().to_owned();
            if !checked {
                let token = text(&mut field, 1024).await?;
                if name != csrf::FIELD || !tokens::is_masked(&self.signed.who.csrf, &token) {
                    return Err(csrf::refused(&self.signed.who, &parts.headers));
                }
                checked = true;
                continue;
            }
            if name == "file" {
                // What the request still holds is this file and a little around it: no need to wait for its end.
                let expected = length.map(|length| length.saturating_sub(texts + AROUND));
                match self.take(field, expected.filter(|_| received.added == 0)).await {
                    Ok(true) => received.added += 1,
                    Ok(false) => {}
                    Err(Taken::Refused(error)) => {
                        received.refused = Some(error);
                        return Ok(received);
                    }
                    Err(Taken::Lost(error)) => return Err(error),
                }
                continue;
            }
            let value = text(&mut field, self.max_text.saturating_sub(texts)).await?;
            texts += value.len() as u64;
            received.form.set(&name, value);
        }
        if !checked {
            return Err(csrf::refused(&self.signed.who, &parts.headers));
        }
        Ok(received)
    }

    /// One file into the spool; `false` for the empty field of a form without a file.
    async fn take(&self, mut field: Field<'_>, expected: Option<u64>) -> Result<bool, Taken> {
        let file_name = field.file_name().unwrap_or_default().to_owned();
        let media_type = field.content_type().map_or_else(String::new, ToString::to_string);
        let limit = Limit::message(self.max_message);
        if file_name.is_empty() {
            // The empty field of a form without a file.
            while chunk(&mut field).await.map_err(Taken::Lost)?.is_some() {}
            return Ok(false);
        }
        if let Some(size) = expected.map(encoded_size).filter(|size| *size > self.max_message) {
            return Err(Taken::Refused(SpoolError::TooLarge { limit: self.max_message, size }));
        }
        let new = NewFile { draft: self.draft, file_name: &file_name, media_type: &media_type, limit };
        let mut writer = self.signed.spool.create(new).await.map_err(Taken::Refused)?;
        while let Some(bytes) = chunk(&mut field).await.map_err(Taken::Lost)? {
            writer.write(&bytes).await.map_err(Taken::Refused)?;
        }
        writer.finish().await.map_err(Taken::Refused)?;
        Ok(true)
    }
}

enum Taken {
    Refused(SpoolError),
    Lost(ScreenError),
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The body through a task of its own. When the reader gives up, the rest is read and thrown away for a while: a browser
/// that is still sending does not look at the answer.
fn pump(mut body: Body) -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        let mut given_up = false;
        let mut drained = 0u64;
        let until = tokio::time::Instant::now() + DRAIN_TIME;
        while let Some(frame) = body.frame().await {
            let piece = match frame {
                Ok(frame) => match frame.into_data() {
                    Ok(bytes) => Ok(bytes),
                    Err(_) => continue,
                },
                Err(error) => Err(std::io::Error::other(error)),
            };
            let failed = piece.is_err();
            if given_up {
                drained += piece.map_or(0, |bytes| bytes.len() as u64);
                if failed || drained > DRAIN_BYTES || tokio::time::Instant::now() > until {
                    return;
                }
            } else if sender.send(piece).await.is_err() {
                given_up = true;
            } else if failed {
                return;
            }
        }
    });
    futures::stream::unfold(
        receiver,
        |mut receiver| async move { receiver.recv().await.map(|piece| (piece, receiver)) },
    )
    .boxed()
}

async fn next<'a>(form: &mut Multipart<'a>) -> Result<Option<Field<'a>>, ScreenError> {
    within(form.next_field()).await
}

async fn chunk(field: &mut Field<'_>) -> Result<Option<Bytes>, ScreenError> {
    within(field.chunk()).await
}

async fn within<T>(work: impl Future<Output = multer::Result<T>>) -> Result<T, ScreenError> {
    match tokio::time::timeout(PAUSE, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::info!(%error, "a form did not arrive whole");
            Err(ScreenError::BadRequest("The form did not arrive whole. Please try again."))
        }
        Err(_) => Err(ScreenError::BadRequest("The upload stood still for too long. Please try again.")),
    }
}

async fn text(field: &mut Field<'_>, limit: u64) -> Result<String, ScreenError> {
    let mut bytes = Vec::new();
    while let Some(piece) = chunk(field).await? {
        if (bytes.len() + piece.len()) as u64 > limit {
            return Err(ScreenError::TooLarge { limit, size: (bytes.len() + piece.len()) as u64 });
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| ScreenError::BadRequest("The form holds text that is not UTF-8."))
}

impl DraftForm {
    fn set(&mut self, name: &str, value: String) {
        // Single-line fields stay on one line, whatever a client sends.
        let line = |value: String| value.replace(['\r', '\n', '\0'], " ");
        match name {
            "from" => self.from = line(value),
            "to" => self.to = line(value),
            "cc" => self.cc = line(value),
            "bcc" => self.bcc = line(value),
            "subject" => self.subject = line(value),
            "body" => self.body = value.replace("\r\n", "\n").replace('\r', "\n").replace('\0', ""),
            "in_reply_to" => self.in_reply_to = line(value),
            "references" => self.references = line(value),
            "source" => self.source = value,
            "kind" => self.kind = value,
            "back" => self.back = value,
            "draft_uid" => self.draft_uid = value.parse().ok(),
            "draft_validity" => self.draft_validity = value.parse().ok(),
            "carry_from" => self.carry_from = value,
            "carry" => self.carry.push(value),
            "do" => self.action = value,
            _ => {}
        }
    }
}
