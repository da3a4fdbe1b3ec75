//! What the buttons of list and reader do to messages. Every one is a POST that ends in a redirect.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use backends::{Deleted, Flag, FlagChange, MailboxRef, Role, UidSet};
use http::HeaderMap;
use std::num::NonZeroU32;

use super::mailbox::role_of;
use crate::error::ScreenError;
use crate::request::{Signed, Want};
use crate::respond::{html, local_path, see_other};
use crate::state::AppState;
use crate::views::folders::{Folders, shown_name};
use crate::views::list::unread_note;
use crate::views::shell::Shell;
use crate::views::url::{self, MailboxName};

/// A star after it was pressed.
#[derive(Template)]
#[template(path = "star.html")]
struct Star {
    action: String,
    uid: u32,
    flagged: bool,
}

/// The folder column with new counts.
#[derive(Template)]
#[template(path = "counts.html")]
struct Counts {
    shell: Shell,
    /// What the bar of the list says; `None` over search results.
    note: Option<String>,
}

/// A form's fields; names repeat.
pub type Fields = Vec<(String, String)>;

fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn validity(fields: &Fields) -> Option<u32> {
    field(fields, "validity").and_then(|text| text.parse().ok()).filter(|number| *number > 0)
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Flag(FlagChange, Flag),
    To(Role),
    Move(String),
    Delete,
}

fn action(fields: &Fields) -> Result<Action, ScreenError> {
    if let Some(target) = field(fields, "move").filter(|target| !target.is_empty()) {
        return Ok(Action::Move(target.to_owned()));
    }
    Ok(match field(fields, "do").unwrap_or_default() {
        "archive" => Action::To(Role::Archive),
        "junk" => Action::To(Role::Junk),
        "notjunk" => Action::To(Role::Inbox),
        "delete" => Action::Delete,
        "read" => Action::Flag(FlagChange::Add, Flag::Seen),
        "unread" => Action::Flag(FlagChange::Remove, Flag::Seen),
        "flag" => Action::Flag(FlagChange::Add, Flag::Flagged),
        "unflag" => Action::Flag(FlagChange::Remove, Flag::Flagged),
        _ => return Err(ScreenError::BadRequest("The page asked for something that does not exist.")),
    })
}

/// Does it; the sentence says what was done.
async fn perform(
    signed: &Signed,
    mailbox: MailboxRef<'_>,
    uids: &UidSet,
    count: usize,
    action: &Action,
) -> Result<Option<String>, ScreenError> {
    let what = if count == 1 { "Message".to_owned() } else { format!("{count} messages") };
    let target = match action {
        Action::Flag(change, flag) => {
            signed.mail.flag(mailbox, uids, *change, std::slice::from_ref(flag)).await?;
            return Ok(None);
        }
        Action::Delete => {
            return Ok(Some(match signed.mail.delete(mailbox, uids).await? {
                Deleted::Moved(trash) => format!("{what} moved to {}", shown_name(&trash)),
                Deleted::Expunged => format!("{what} deleted for good"),
            }));
        }
        Action::To(role) => {
            let marks: &[(FlagChange, Flag)] = match role {
                Role::Junk => &[(FlagChange::Add, Flag::Junk), (FlagChange::Remove, Flag::NotJunk)],
                Role::Inbox => &[(FlagChange::Add, Flag::NotJunk), (FlagChange::Remove, Flag::Junk)],
                _ => &[],
            };
            for (change, flag) in marks {
                // A server that keeps no keywords still moves the message.
                if let Err(error) = signed.mail.flag(mailbox, uids, *change, std::slice::from_ref(flag)).await {
                    if error.is_outage() {
                        return Err(error.into());
                    }
                    tracing::debug!(%error, "keyword not kept");
                }
            }
            signed.mail.mailbox_for(*role).await?
        }
        Action::Move(target) => target.clone(),
    };
    signed.mail.move_to(mailbox, uids, &target).await?;
    Ok(Some(format!("{what} moved to {}", shown_name(&target))))
}

/// `POST /mail/{mailbox}`: the selected messages, or one star.
pub async fn on_list(
    State(state): State<AppState>,
    Path(MailboxName(mailbox)): Path<MailboxName>,
    headers: HeaderMap,
    signed: Signed,
    Form(fields): Form<Fields>,
) -> Result<Response, ScreenError> {
    let reference = MailboxRef { name: &mailbox, uid_validity: validity(&fields) };
    let page = field(&fields, "page").and_then(|text| text.parse().ok()).unwrap_or(1);
    let back = url::page(&mailbox, page, field(&fields, "q"));
    for (name, change) in [("flag", FlagChange::Add), ("unflag", FlagChange::Remove)] {
        let Some(uid) = field(&fields, name).and_then(|text| text.parse::<u32>().ok()) else { continue };
        signed.mail.flag(reference, &UidSet::from(uid), change, &[Flag::Flagged]).await?;
        if headers.contains_key("hx-request") && Want::of(&headers) == Want::Page {
            return html(&Star { action: url::mailbox(&mailbox), uid, flagged: change == FlagChange::Add });
        }
        return Ok(see_other(&back));
    }
    let uids: Vec<u32> =
        fields.iter().filter(|(name, _)| name == "uid").filter_map(|(_, value)| value.parse().ok()).collect();
    if uids.is_empty() {
        signed.say("Select some messages first").await?;
        return Ok(see_other(&back));
    }
    let said = perform(&signed, reference, &UidSet::new(uids.iter().copied()), uids.len(), &action(&fields)?).await?;
    state.changed(&signed.who.key).await;
    if let Some(text) = said {
        signed.say(text).await?;
    }
    Ok(see_other(&back))
}

/// `POST /mail/{mailbox}/{uid}`
pub async fn on_message(
    State(state): State<AppState>,
    Path((MailboxName(mailbox), uid)): Path<(MailboxName, NonZeroU32)>,
    signed: Signed,
    Form(fields): Form<Fields>,
) -> Result<Response, ScreenError> {
    let uid = uid.get();
    let reference = MailboxRef { name: &mailbox, uid_validity: validity(&fields) };
    let action = action(&fields)?;
    let said = perform(&signed, reference, &UidSet::from(uid), 1, &action).await?;
    state.changed(&signed.who.key).await;
    let list = field(&fields, "back")
        .and_then(local_path)
        .filter(|path| path.starts_with("/mail/"))
        .map_or_else(|| url::mailbox(&mailbox), str::to_owned);
    if let Some(text) = said {
        signed.say(text).await?;
        return Ok(see_other(&list));
    }
    // Unread: not opened again, or the page's script would mark it read at once.
    if action == Action::Flag(FlagChange::Remove, Flag::Seen) {
        return Ok(see_other(&list));
    }
    let query = list.split_once('?').map_or_else(String::new, |(_, query)| format!("?{query}"));
    Ok(see_other(&format!("{}{query}", url::message(&mailbox, uid, 1, None))))
}

/// Whether the page that asks shows what was found.
fn in_search(headers: &HeaderMap) -> bool {
    let url = headers.get("hx-current-url").and_then(|url| url.to_str().ok()).unwrap_or_default();
    let query = url.split_once('?').map_or("", |(_, query)| query).split('#').next().unwrap_or_default();
    query.split('&').any(|pair| pair.strip_prefix("q=").is_some_and(|text| !text.is_empty()))
}

/// `POST /mail/{mailbox}/{uid}/seen`: what the page's script sends when a message is opened.
pub async fn seen(
    State(state): State<AppState>,
    Path((MailboxName(mailbox), uid)): Path<(MailboxName, NonZeroU32)>,
    headers: HeaderMap,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let uid = uid.get();
    signed.mail.flag(mailbox.as_str(), &UidSet::from(uid), FlagChange::Add, &[Flag::Seen]).await?;
    state.changed(&signed.who.key).await;
    let folders = state.folders.of(&signed).await?;
    let shell =
        Shell { folders: Folders::new(&folders.mailboxes, Some(&mailbox), folders.quota.as_ref()), ..Shell::default() };
    let note = unread_note(role_of(&folders, &mailbox), shell.folders.unread());
    html(&Counts { shell, note: (!in_search(&headers)).then_some(note) })
}
