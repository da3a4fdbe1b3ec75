//! Signing in and out. The password is checked once against the directory and not kept.

use askama::Template;
use auth::{AuthContext, AuthErrorKind};
use axum::Extension;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use backends::Account;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use tower_sessions::Session;

use crate::error::ScreenError;
use crate::request::{self, Client, Signed};
use crate::respond::{html, page_path, see_other};
use crate::session::{self, SIGNED_IN, SignedIn};
use crate::state::{AppState, Transport};
use crate::tokens;
use crate::views::shell::Look;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    look: Look,
    token: String,
    next: &'a str,
    user: &'a str,
    problem: Option<&'a str>,
    hint: Option<&'a str>,
}

/// What the address of the sign-in page may say.
#[derive(Debug, Default, Deserialize)]
pub struct LoginQuery {
    #[serde(default)]
    next: String,
    /// Just signed out.
    #[serde(default)]
    out: Option<String>,
}

/// The form.
#[derive(Deserialize)]
pub struct LoginForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// Cookie of the token that a sign-in form repeats: there is no session yet that could hold one.
const PRE: &str = "-pre";

/// `GET /login`
pub async fn show(
    State(state): State<AppState>,
    Query(query): Query<LoginQuery>,
    headers: HeaderMap,
    signed: Option<Signed>,
) -> Result<Response, ScreenError> {
    if signed.is_some() {
        return Ok(see_other(page_path(&query.next).unwrap_or("/mail/INBOX")));
    }
    let hint = if query.out.is_some() {
        Some("You are signed out.")
    } else if !query.next.is_empty() {
        Some("Sign in to go on. What you were writing has been kept as a draft if it was saved.")
    } else {
        None
    };
    page(&state, &headers, &Shown { next: &query.next, hint, ..Shown::default() })
}

#[derive(Default)]
struct Shown<'a> {
    next: &'a str,
    user: &'a str,
    problem: Option<&'a str>,
    hint: Option<&'a str>,
    status: StatusCode,
}

fn page(state: &AppState, headers: &HeaderMap, shown: &Shown<'_>) -> Result<Response, ScreenError> {
    let name = state.cookie(PRE);
    let known = request::cookie(headers, &name).filter(|value| value.len() == 32);
    let secret = known.map_or_else(session::random_hex, str::to_owned);
    let page = LoginPage {
        look: request::look(headers),
        token: tokens::masked(&secret),
        next: page_path(shown.next).unwrap_or_default(),
        user: shown.user,
        problem: shown.problem,
        hint: shown.hint,
    };
    let mut answer = html(&page)?;
    *answer.status_mut() = shown.status;
    if known.is_none() {
        let cookie = format!("{name}={secret}{}", state.cookie_attributes());
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            answer.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    Ok(answer)
}

/// `POST /login`
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Result<Response, ScreenError> {
    let again = |problem: &'static str, status: StatusCode| {
        page(
            &state,
            &headers,
            &Shown { next: &form.next, user: &form.user, problem: Some(problem), status, ..Shown::default() },
        )
    };
    let secret = request::cookie(&headers, &state.cookie(PRE));
    if !secret.is_some_and(|secret| tokens::is_masked(secret, &form.csrf)) {
        return again(
            "The page was out of date, or your browser keeps no cookies. Please try again.",
            StatusCode::FORBIDDEN,
        );
    }
    let context =
        AuthContext { service: auth::Service::Http, peer: Some(client.peer), tls: state.transport == Transport::Tls };
    let identity = match state.authenticator.now().password(&form.user, &form.password, None, context).await {
        Ok(identity) => identity,
        Err(error) => {
            return match error.kind() {
                AuthErrorKind::Unavailable => again(
                    "Nobody can sign in right now. Please try again in a moment.",
                    StatusCode::SERVICE_UNAVAILABLE,
                ),
                AuthErrorKind::Inactive | AuthErrorKind::Hold | AuthErrorKind::Disabled | AuthErrorKind::Deleted => {
                    again("This account is switched off. Please ask your administrator.", StatusCode::FORBIDDEN)
                }
                _ => again("User name or password is wrong.", StatusCode::UNAUTHORIZED),
            };
        }
    };
    let user = &identity.user;
    let who = SignedIn {
        key: session::random_hex(),
        csrf: session::random_hex(),
        store_id: user.store_id.clone(),
        mail_host: user.mail_host.clone(),
        mail: user.mail.clone(),
        name: user.name.clone(),
        addresses: user.addresses().map(str::to_owned).collect(),
        client: client.address,
    };
    let account = Account::new(who.mail_host.as_deref(), &who.store_id).for_client(who.client);
    if let Err(error) = state.backends.session(&who.key, &account).open().await {
        state.backends.close(&who.key).await;
        tracing::error!(%error, "mail server unavailable at sign-in");
        return again(error.user_text(), StatusCode::SERVICE_UNAVAILABLE);
    }
    // Whatever session the browser had ends here, and the new one gets a new id: no fixation.
    if session.id().is_some() {
        session.flush().await?;
    }
    session.insert(SIGNED_IN, &who).await?;
    Ok(see_other(page_path(&form.next).unwrap_or("/mail/INBOX")))
}

/// `POST /logout`
pub async fn sign_out(session: Session) -> Result<Response, ScreenError> {
    // Deleting it makes the store tell the service, which closes the back end and empties the spool.
    session.flush().await?;
    Ok((
        [(http::HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""))],
        see_other("/login?out=1"),
    )
        .into_response())
}
