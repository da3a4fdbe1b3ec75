//! Writing a message: the form, its files, saving and sending.

use askama::Template;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use directory::AddressSearch;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use serde::{Deserialize, Serialize};
use spool::{DraftId, FileId};

use super::mailbox::{shell, title};
use crate::drafts::deliver::Outcome;
use crate::drafts::form::{DraftForm, Intake, Received};
use crate::drafts::keep::{Keeping, SaveError};
use crate::drafts::once::{Gone, Slot};
use crate::drafts::start::{self, StartQuery};
use crate::drafts::view::{ComposeView, Files};
use crate::error::ScreenError;
use crate::request::{Signed, Want};
use crate::respond::{html, local_path, see_other};
use crate::state::AppState;
use crate::views::shell::{Look, Shell};

#[derive(Template)]
#[template(path = "compose.html")]
struct ComposePage {
    look: Look,
    shell: Shell,
    compose: ComposeView,
}

#[derive(Template)]
#[template(path = "compose_pane.html")]
struct ComposePane {
    shell: Shell,
    compose: ComposeView,
}

#[derive(Template)]
#[template(path = "compose_saved.html")]
struct ComposeSaved {
    compose: ComposeView,
}

#[derive(Template)]
#[template(path = "compose_files.html")]
struct ComposeFiles {
    files: Files,
}

/// `GET /compose`
pub async fn show(
    State(state): State<AppState>,
    Query(query): Query<StartQuery>,
    want: Want,
    headers: HeaderMap,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let mut compose = start::start(&state, &signed, &query).await?;
    if let Some(path) = current_path(&headers) {
        compose.form.back = path;
    }
    page(&state, &signed, compose, want).await
}

/// The page from which a script asked: there the sending leads back to.
fn current_path(headers: &HeaderMap) -> Option<String> {
    let url: http::Uri = headers.get("hx-current-url")?.to_str().ok()?.parse().ok()?;
    local_path(url.path_and_query()?.as_str()).filter(|path| path.starts_with("/mail/")).map(str::to_owned)
}

async fn page(state: &AppState, signed: &Signed, compose: ComposeView, want: Want) -> Result<Response, ScreenError> {
    let heading = title(&compose.title, 0);
    if want == Want::Page {
        let folders = state.folders.of(signed).await?;
        let shell = Shell { title: heading, ..shell(signed, &folders, None) };
        return html(&ComposePage { look: signed.look, shell, compose });
    }
    let shell = Shell { title: heading, csrf: signed.csrf(), ..Shell::default() };
    let mut answer = html(&ComposePane { shell, compose })?;
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static("hx-retarget"), HeaderValue::from_static("#reader"));
    headers.insert(HeaderName::from_static("hx-reswap"), HeaderValue::from_static("innerHTML"));
    Ok(answer)
}

async fn receive(
    state: &AppState,
    signed: &Signed,
    draft: &DraftId,
    request: Request<Body>,
) -> Result<Received, ScreenError> {
    let config = state.config.now();
    let intake = Intake { signed, draft, max_message: config.max_message_size, max_text: config.max_post_size };
    intake.read(request).await
}

/// `POST /compose/{draft}`: send, save, discard; and without script also attach and remove.
pub async fn submit(
    State(state): State<AppState>,
    Path(draft): Path<String>,
    want: Want,
    signed: Signed,
    request: Request<Body>,
) -> Result<Response, ScreenError> {
    let draft = DraftId::parse(&draft).ok_or(ScreenError::NotFound)?;
    let scripted_save = request.headers().contains_key("x-autosave");
    let Received { form, refused, .. } = receive(&state, &signed, &draft, request).await?;
    let sending = refused.is_none() && form.action == "send";
    // What is being sent is not saved meanwhile.
    let gone = if sending { None } else { Slot::look(&signed.spool, &draft).await? };
    if let Some(gone) = gone {
        if scripted_save {
            return Ok((StatusCode::CONFLICT, Html("")).into_response());
        }
        return once_more(&state, signed, &draft, form, &gone, want).await;
    }
    let (signed, mut form, outcome) = if sending {
        // Not stopped when the browser hangs up, as it does at a double click: the second post waits for the first.
        let task = tokio::spawn(send_once(state.clone(), signed, draft.clone(), form));
        let (signed, form, tried) = task.await.map_err(|error| ScreenError::Internal(error.to_string()))?;
        match tried {
            Tried::Now(outcome) => (signed, form, Some(outcome)),
            Tried::Before(gone) => return once_more(&state, signed, &draft, form, &gone, want).await,
        }
    } else {
        (signed, form, None)
    };
    let keeping = Keeping { state: &state, signed: &signed, draft: &draft };
    let mut problems = Vec::new();
    let mut saved = None;
    let mut status = StatusCode::OK;
    let back = local_path(&form.back).unwrap_or("/mail/INBOX").to_owned();
    match (refused, form.action.as_str(), outcome) {
        (Some(error), ..) => {
            status = StatusCode::PAYLOAD_TOO_LARGE;
            problems.push(error.user_text());
        }
        (None, "discard", _) => {
            keeping.discard(&form).await?;
            signed.say("Draft discarded").await?;
            return Ok(see_other(&back));
        }
        (None, _, Some(outcome)) => match outcome {
            Ok(Outcome::Sent(said)) => {
                signed.say(said).await?;
                return Ok(see_other(&back));
            }
            Ok(Outcome::Refused(reasons)) => {
                status = StatusCode::UNPROCESSABLE_ENTITY;
                problems = reasons;
                // What was written must survive a closed tab too.
                saved = keeping.save(&mut form).await.is_ok().then(|| signed.now.clock());
            }
            Err(error) => {
                status = StatusCode::SERVICE_UNAVAILABLE;
                problems.push(sentence(error));
            }
        },
        (None, "save", _) => match keeping.save(&mut form).await {
            Ok(()) => saved = Some(signed.now.clock()),
            Err(SaveError::Problems(reasons)) => {
                status = StatusCode::UNPROCESSABLE_ENTITY;
                problems = reasons;
            }
            Err(SaveError::Screen(error)) => {
                status = StatusCode::SERVICE_UNAVAILABLE;
                problems.push(sentence(error));
            }
        },
        (None, action, None) => {
            let action = action.to_owned();
            remove(&keeping, &mut form, &action).await?;
        }
    }
    let files = keeping.files(&form).await?;
    let heading = if form.subject.is_empty() { "New message".to_owned() } else { form.subject.clone() };
    let compose = ComposeView {
        id: draft.to_string(),
        title: heading,
        senders: start::senders(&state.config.now(), &signed),
        files,
        saved,
        problems,
        form,
    };
    let mut answer =
        if scripted_save { html(&ComposeSaved { compose })? } else { page(&state, &signed, compose, want).await? };
    *answer.status_mut() = status;
    // The form's own address answers no GET: it must not get into the history.
    answer.headers_mut().insert(HeaderName::from_static("hx-push-url"), HeaderValue::from_static("false"));
    Ok(answer)
}

/// What came of a post of "send".
enum Tried {
    /// This post tried to send.
    Now(Result<Outcome, ScreenError>),
    /// The message had gone out already.
    Before(Gone),
}

/// Sends unless another post of the same form did.
async fn send_once(state: AppState, signed: Signed, draft: DraftId, mut form: DraftForm) -> (Signed, DraftForm, Tried) {
    let slot = match Slot::of(&signed.spool, &draft).await {
        Ok(slot) => slot,
        Err(error) => return (signed, form, Tried::Now(Err(error.into()))),
    };
    if let Some(gone) = slot.gone() {
        return (signed, form, Tried::Before(gone));
    }
    let outcome = Keeping { state: &state, signed: &signed, draft: &draft }.send(&mut form).await;
    if let Ok(Outcome::Sent(said)) = &outcome {
        let noted = slot.went(&Gone::new(&form, said.clone())).await;
        if let Err(error) = noted {
            tracing::error!(%error, "a second post of a sent message will not be known as such");
        }
    }
    (signed, form, Tried::Now(outcome))
}

/// The form of a message that went out was posted once more: the answer is the first one's. Where it holds other words by
/// now, they stay, in a form of their own.
async fn once_more(
    state: &AppState,
    signed: Signed,
    draft: &DraftId,
    mut form: DraftForm,
    gone: &Gone,
    want: Want,
) -> Result<Response, ScreenError> {
    // Files that came along once more.
    signed.spool.remove_draft(draft).await?;
    if gone.is(&form) || form.action == "discard" {
        let said = if form.action == "send" { gone.said.clone() } else { "This message was sent already".to_owned() };
        signed.say(said).await?;
        return Ok(see_other(local_path(&form.back).unwrap_or("/mail/INBOX")));
    }
    (form.draft_uid, form.draft_validity) = (None, None);
    form.carry.clear();
    let id = DraftId::random();
    let files = Keeping { state, signed: &signed, draft: &id }.files(&form).await?;
    let compose = ComposeView {
        id: id.to_string(),
        title: "New message".to_owned(),
        senders: start::senders(&state.config.now(), &signed),
        files,
        saved: None,
        problems: vec![
            "The message that was written here went out already. If this is another one, press Send; attach its files again."
                .to_owned(),
        ],
        form,
    };
    let mut answer = page(state, &signed, compose, want).await?;
    *answer.status_mut() = StatusCode::CONFLICT;
    answer.headers_mut().insert(HeaderName::from_static("hx-push-url"), HeaderValue::from_static("false"));
    Ok(answer)
}

/// The sentence about trouble that leaves the form standing.
fn sentence(error: ScreenError) -> String {
    match &error {
        ScreenError::Backend(inner) if inner.is_outage() => {
            tracing::error!(%error, "mail server unavailable");
            inner.user_text().to_owned()
        }
        ScreenError::Backend(inner) => inner.user_text().to_owned(),
        ScreenError::Spool(inner) => inner.user_text(),
        other => {
            tracing::error!(error = %other, "compose failed");
            "Something went wrong. Your text is still here: please try again.".to_owned()
        }
    }
}

async fn remove(keeping: &Keeping<'_>, form: &mut DraftForm, action: &str) -> Result<(), ScreenError> {
    if let Some(id) = action.strip_prefix("remove:").and_then(FileId::parse) {
        keeping.signed.spool.remove(&id).await?;
    } else if let Some(section) = action.strip_prefix("drop:") {
        form.carry.retain(|kept| kept != section);
    }
    Ok(())
}

/// `POST /compose/{draft}/files`: what the page's script sends, one file at a time; also removes one.
pub async fn attach(
    State(state): State<AppState>,
    Path(draft): Path<String>,
    signed: Signed,
    request: Request<Body>,
) -> Result<Response, ScreenError> {
    let draft = DraftId::parse(&draft).ok_or(ScreenError::NotFound)?;
    let Received { mut form, refused, .. } = receive(&state, &signed, &draft, request).await?;
    let keeping = Keeping { state: &state, signed: &signed, draft: &draft };
    let action = form.action.clone();
    remove(&keeping, &mut form, &action).await?;
    let mut files = keeping.files(&form).await?;
    let status = if refused.is_some() { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::OK };
    files.problem = refused.map(|error| error.user_text());
    let mut answer = html(&ComposeFiles { files })?;
    *answer.status_mut() = status;
    Ok(answer)
}

/// What is typed in a recipient field.
#[derive(Debug, Deserialize)]
pub struct AddressQuery {
    #[serde(default)]
    q: String,
}

#[derive(Serialize)]
struct Suggestion {
    name: String,
    mail: String,
}

/// `GET /addresses?q=`: people of this site whose name or address begins so.
pub async fn addresses(
    State(state): State<AppState>,
    Query(query): Query<AddressQuery>,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let text = query.q.trim();
    if text.chars().count() < 2 {
        return Ok(Json(Vec::<Suggestion>::new()).into_response());
    }
    let domain = signed.who.mail.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
    let found = state.directory.search(&AddressSearch { text, domain: domain.as_deref(), limit: 8 }).await;
    // Completion is a help: without the directory one types the address.
    let found = found.unwrap_or_else(|error| {
        tracing::warn!(%error, "address completion");
        Vec::new()
    });
    let list: Vec<Suggestion> =
        found.into_iter().map(|entry| Suggestion { name: entry.name, mail: entry.mail }).collect();
    Ok(Json(list).into_response())
}
