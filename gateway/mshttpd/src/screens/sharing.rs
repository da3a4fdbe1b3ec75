//! Sharing a folder: who may do what in it, as roles (RFC 4314).

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use backends::{AclEntry, Rights};
use http::StatusCode;
use serde::Deserialize;

use super::mailbox::{shell, title};
use crate::error::ScreenError;
use crate::request::Signed;
use crate::respond::{html, see_other};
use crate::state::AppState;
use crate::views::sharing::{ALL, Line, ROLES, Role, Whom, lines};
use crate::views::shell::{Look, Shell};
use crate::views::url::{self, MailboxName};

/// Characters of the longest name of a person or group.
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "share.html")]
struct SharePage {
    look: Look,
    shell: Shell,
    /// The folder as it is called in its list.
    title: String,
    /// Its whole name.
    name: String,
    /// Where the forms are sent.
    action: String,
    /// Back to the folder.
    back: String,
    lines: Vec<Line>,
    roles: [Role; 4],
    /// What was filled in and could not be done.
    form: ShareForm,
    problem: Option<String>,
}

/// The forms of the page: a change of one line, or a new one.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ShareForm {
    /// `add`, `change` or `remove`.
    #[serde(default, rename = "do")]
    action: String,
    /// The line that is changed.
    #[serde(default)]
    identifier: String,
    /// `person`, `group` or `anyone`.
    #[serde(default)]
    kind: String,
    /// Name of the person or group.
    #[serde(default)]
    who: String,
    /// Letters of rights.
    #[serde(default)]
    rights: String,
}

/// `GET /mail/{mailbox}/share`
pub async fn show(
    State(state): State<AppState>,
    Path(MailboxName(mailbox)): Path<MailboxName>,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let acl = acl(&signed, &mailbox).await?;
    page(&state, &signed, &mailbox, (acl, ShareForm::default(), None)).await
}

async fn acl(signed: &Signed, mailbox: &str) -> Result<Vec<AclEntry>, ScreenError> {
    // A server without lists has nothing to share.
    signed.mail.acl(mailbox).await?.ok_or(ScreenError::NotFound)
}

async fn page(
    state: &AppState,
    signed: &Signed,
    mailbox: &str,
    (acl, form, problem): (Vec<AclEntry>, ShareForm, Option<String>),
) -> Result<Response, ScreenError> {
    let folders = state.folders.of(signed).await?;
    let mut shell = shell(signed, &folders, Some(mailbox));
    let name = shell.folders.short_name(mailbox);
    shell.title = title(&format!("Share {name}"), 0);
    shell.toast = signed.said().await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let back = url::mailbox(mailbox);
    let mut answer = html(&SharePage {
        look: signed.look,
        shell,
        title: name,
        name: mailbox.to_owned(),
        action: format!("{back}/share"),
        back,
        lines: lines(&acl, &signed.who.store_id),
        roles: ROLES,
        form,
        problem,
    })?;
    *answer.status_mut() = status;
    Ok(answer)
}

/// `POST /mail/{mailbox}/share`
pub async fn save(
    State(state): State<AppState>,
    Path(MailboxName(mailbox)): Path<MailboxName>,
    signed: Signed,
    Form(form): Form<ShareForm>,
) -> Result<Response, ScreenError> {
    let done = match form.action.as_str() {
        "remove" => remove(&signed, &mailbox, &form).await?,
        "change" => change(&signed, &mailbox, &form).await?,
        "add" => add(&state, &signed, &mailbox, &form).await?,
        _ => return Err(ScreenError::BadRequest("The page asked for something that does not exist.")),
    };
    match done {
        Ok(said) => {
            state.changed(&signed.who.key).await;
            signed.say(said).await?;
            Ok(see_other(&format!("{}/share", url::mailbox(&mailbox))))
        }
        Err(problem) => {
            let acl = acl(&signed, &mailbox).await?;
            page(&state, &signed, &mailbox, (acl, form, Some(problem))).await
        }
    }
}

/// What was done, or why nothing was: both in words for the person.
type Done = Result<String, String>;

async fn remove(signed: &Signed, mailbox: &str, form: &ShareForm) -> Result<Done, ScreenError> {
    signed.mail.delete_acl(mailbox, &form.identifier).await?;
    Ok(Ok("Taken off the list".to_owned()))
}

/// Gives a line other rights: those of a role, never any others.
async fn change(signed: &Signed, mailbox: &str, form: &ShareForm) -> Result<Done, ScreenError> {
    let entry = acl(signed, mailbox).await?.into_iter().find(|entry| entry.identifier == form.identifier);
    let Some(entry) = entry.filter(|entry| !entry.identifier.starts_with('-')) else {
        return Ok(Err("That is not on the list any more.".to_owned()));
    };
    if form.rights == entry.rights.letters() {
        return Ok(Ok("Nothing was changed".to_owned()));
    }
    let Some(role) = role(&form.rights) else { return Ok(Err("Choose what they may do.".to_owned())) };
    if let Err(problem) = admissible(&entry.identifier, role) {
        return Ok(Err(problem));
    }
    signed.mail.set_acl(mailbox, &entry.identifier, &Rights::new(role.rights)).await?;
    Ok(Ok("Changed".to_owned()))
}

async fn add(state: &AppState, signed: &Signed, mailbox: &str, form: &ShareForm) -> Result<Done, ScreenError> {
    let who = form.who.trim();
    let Some(role) = role(&form.rights) else { return Ok(Err("Choose what they may do.".to_owned())) };
    if form.kind != "anyone" && (who.is_empty() || who.chars().count() > LONGEST || who.chars().any(char::is_control)) {
        return Ok(Err("Say who: the name or address of a person, or the name of a group.".to_owned()));
    }
    let identifier = match form.kind.as_str() {
        "anyone" => "anyone".to_owned(),
        "group" => format!("group={who}"),
        _ => match person(state, signed, who).await {
            Ok(identifier) => identifier,
            Err(problem) => return Ok(Err(problem)),
        },
    };
    if let Err(problem) = admissible(&identifier, role) {
        return Ok(Err(problem));
    }
    signed.mail.set_acl(mailbox, &identifier, &Rights::new(role.rights)).await?;
    Ok(Ok("Shared".to_owned()))
}

fn role(letters: &str) -> Option<Role> {
    ROLES.into_iter().find(|role| role.rights == letters)
}

/// RFC 4314 §6: everybody is not given what would let each of them shut all others out.
fn admissible(identifier: &str, role: Role) -> Result<(), String> {
    let everybody = identifier == "anyone" || identifier.starts_with("anyone@");
    match everybody && role.rights == ALL {
        true => {
            Err("Everybody could then delete the folder and shut others out. Choose less for everybody.".to_owned())
        }
        false => Ok(()),
    }
}

/// The account of a person, by address or login name.
async fn person(state: &AppState, signed: &Signed, who: &str) -> Result<String, String> {
    let found = match who.contains('@') {
        true => state.directory.find_address(who).await,
        false => {
            let own = signed.who.store_id.split_once('@').map(|(_, domain)| domain);
            state.directory.find_uid(who, own).await
        }
    };
    match found {
        Ok(Some(user)) if user.store_id == signed.who.store_id => Err("That is you.".to_owned()),
        Ok(Some(user)) => Ok(user.store_id.clone()),
        Ok(None) => Err(format!("Nobody here is called “{who}”.")),
        Err(error) => {
            tracing::warn!(%error, "looking up whom to share with");
            Err("People cannot be looked up at the moment. Please try again.".to_owned())
        }
    }
}
