//! Settings: how pages look. Kept in a cookie of this browser until accounts can hold preferences.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Deserialize;

use super::mailbox::{shell, title};
use crate::error::ScreenError;
use crate::request::{LOOK_COOKIE, Signed, Want};
use crate::respond::{html, see_other};
use crate::state::{AppState, Transport};
use crate::views::shell::{Look, Shell};

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    look: Look,
    shell: Shell,
    addresses: Vec<String>,
    limit: String,
}

/// The form.
#[derive(Deserialize)]
pub struct SettingsForm {
    #[serde(default)]
    theme: String,
    #[serde(default)]
    density: String,
}

/// `GET /settings`
pub async fn show(State(state): State<AppState>, _want: Want, signed: Signed) -> Result<Response, ScreenError> {
    let folders = state.folders.of(&signed).await?;
    let mut shell = shell(&signed, &folders, None);
    shell.title = title("Settings", 0);
    shell.toast = signed.said().await?;
    html(&SettingsPage {
        look: signed.look,
        shell,
        addresses: signed.who.addresses.clone(),
        limit: crate::views::size::short(state.config.now().max_message_size),
    })
}

/// `POST /settings`
pub async fn save(
    State(state): State<AppState>,
    signed: Signed,
    Form(form): Form<SettingsForm>,
) -> Result<Response, ScreenError> {
    let theme = ["light", "dark"].into_iter().find(|known| *known == form.theme).unwrap_or("auto");
    let density = if form.density == "compact" { "compact" } else { "comfortable" };
    signed.say("Settings saved for this browser").await?;
    let secure = if state.transport == Transport::Tls { "; Secure" } else { "" };
    let cookie = format!("{LOOK_COOKIE}={theme}.{density}; Path=/; Max-Age=31536000; SameSite=Strict{secure}");
    let mut answer = see_other("/settings").into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(answer)
}
