//! Signing in and out, by password or by the browser's certificate (Guide §5.2). The password is checked once against the directory and not kept.

use askama::Template;
use auth::{AuthContext, AuthError, AuthErrorKind, Identity};
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
    /// Whether a password may be given here.
    passwords: Passwords,
    /// Name in the browser's certificate, if that can sign in.
    certificate: Option<String>,
}

/// Whether passwords are taken on this connection (`service.http.plaintextmincipher`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passwords {
    /// They are.
    Allowed,
    /// Its encryption is too weak, or there is none.
    Weak,
    /// Never.
    Refused,
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
    Extension(client): Extension<Client>,
    Query(query): Query<LoginQuery>,
    headers: HeaderMap,
    session: Session,
    signed: Option<Signed>,
) -> Result<Response, ScreenError> {
    if signed.is_some() {
        return Ok(see_other(page_path(&query.next).unwrap_or("/mail/INBOX")));
    }
    // Whoever has just signed out is asked before the certificate signs them in again; so is whoever comes from another site,
    // since the browser has kept back the cookie of a session that may be there.
    let foreign = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if let Some(shown) = client.certificate.as_ref().filter(|_| query.out.is_none() && !foreign) {
        let back = WayBack { state: &state, client: &client, headers: &headers, next: &query.next, user: "" };
        return match state.authenticator.now().certificate(shown, None, context(&state, &client)).await {
            Ok(identity) => match begin(&state, &client, &session, &identity, &query.next).await? {
                Ok(answer) => Ok(answer),
                Err(text) => back.with(text, StatusCode::SERVICE_UNAVAILABLE),
            },
            Err(error) if error.kind() == AuthErrorKind::Failed => {
                let hint = Some("Your certificate cannot be used here. Sign in with your password.");
                page(&state, &client, &headers, &Shown { next: &query.next, hint, ..Shown::default() })
            }
            Err(error) => back.refused(&error),
        };
    }
    let hint = if query.out.is_some() {
        Some("You are signed out.")
    } else if !query.next.is_empty() {
        Some("Sign in to go on. What you were writing has been kept as a draft if it was saved.")
    } else {
        None
    };
    page(&state, &client, &headers, &Shown { next: &query.next, hint, ..Shown::default() })
}

/// What a sign-in page says.
#[derive(Default)]
struct Shown<'a> {
    next: &'a str,
    user: &'a str,
    problem: Option<&'a str>,
    hint: Option<&'a str>,
    status: StatusCode,
}

/// The way back to the form, for a sign-in that was refused: it has what was typed, but for the password.
pub(super) struct WayBack<'a> {
    pub(super) state: &'a AppState,
    pub(super) client: &'a Client,
    pub(super) headers: &'a HeaderMap,
    pub(super) next: &'a str,
    pub(super) user: &'a str,
}

impl WayBack<'_> {
    /// The form, with what is wrong.
    pub(super) fn with(&self, problem: &str, status: StatusCode) -> Result<Response, ScreenError> {
        let shown = Shown { next: self.next, user: self.user, problem: Some(problem), status, ..Shown::default() };
        page(self.state, self.client, self.headers, &shown)
    }

    /// The form, with what may be said of a refusal.
    pub(super) fn refused(&self, error: &AuthError) -> Result<Response, ScreenError> {
        let (text, status) = refusal(error);
        self.with(text, status)
    }
}

pub(super) fn context(state: &AppState, client: &Client) -> AuthContext {
    AuthContext {
        service: auth::Service::Http,
        peer: Some(client.peer),
        local: Some(client.local),
        tls: state.transport == Transport::Tls,
    }
}

pub(super) fn passwords(state: &AppState, client: &Client) -> Passwords {
    match u32::try_from(state.config.now().service.plaintext_min_cipher) {
        Err(_) => Passwords::Refused,
        Ok(least) if client.cipher_bits >= least => Passwords::Allowed,
        Ok(_) => Passwords::Weak,
    }
}

/// The name in a certificate that is good for signing in; whose it is, only the attempt will show.
fn offered(client: &Client) -> Option<String> {
    let certificate = client.certificate.as_ref()?.verify().ok()?;
    let name = certificate.subject.values("CN").next().map(str::to_owned);
    Some(name.or_else(|| certificate.emails.first().cloned()).unwrap_or_default())
}

fn page(state: &AppState, client: &Client, headers: &HeaderMap, shown: &Shown<'_>) -> Result<Response, ScreenError> {
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
        passwords: passwords(state, client),
        certificate: offered(client),
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
    let back = WayBack { state: &state, client: &client, headers: &headers, next: &form.next, user: &form.user };
    if !is_own_form(&state, &headers, &form) {
        return back.with(OUT_OF_DATE, StatusCode::FORBIDDEN);
    }
    if passwords(&state, &client) != Passwords::Allowed {
        return back.with(NO_PASSWORDS, StatusCode::FORBIDDEN);
    }
    let rules = state.authenticator.now();
    let identity = match rules.password(&form.user, &form.password, None, context(&state, &client)).await {
        Ok(identity) => identity,
        Err(error) => return back.refused(&error),
    };
    match begin(&state, &client, &session, &identity, &form.next).await? {
        Ok(answer) => Ok(answer),
        Err(text) => back.with(text, StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// `POST /login/certificate`
pub async fn by_certificate(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Result<Response, ScreenError> {
    let back = WayBack { state: &state, client: &client, headers: &headers, next: &form.next, user: "" };
    if !is_own_form(&state, &headers, &form) {
        return back.with(OUT_OF_DATE, StatusCode::FORBIDDEN);
    }
    let Some(shown) = &client.certificate else {
        return back.with("Your browser has shown no certificate.", StatusCode::UNAUTHORIZED);
    };
    match state.authenticator.now().certificate(shown, None, context(&state, &client)).await {
        Ok(identity) => match begin(&state, &client, &session, &identity, &form.next).await? {
            Ok(answer) => Ok(answer),
            Err(text) => back.with(text, StatusCode::SERVICE_UNAVAILABLE),
        },
        Err(error) if error.kind() == AuthErrorKind::Failed => {
            back.with("Your certificate cannot be used here.", StatusCode::UNAUTHORIZED)
        }
        Err(error) => back.refused(&error),
    }
}

pub(super) const NO_PASSWORDS: &str = "Passwords are not taken on this connection.";

const OUT_OF_DATE: &str = "The page was out of date, or your browser keeps no cookies. Please try again.";

/// Whether the form comes from a page of ours: it repeats the secret of the cookie.
fn is_own_form(state: &AppState, headers: &HeaderMap, form: &LoginForm) -> bool {
    request::cookie(headers, &state.cookie(PRE)).is_some_and(|secret| tokens::is_masked(secret, &form.csrf))
}

/// What is said about a refused sign-in.
fn refusal(error: &AuthError) -> (&'static str, StatusCode) {
    match error.kind() {
        AuthErrorKind::Unavailable => {
            ("Nobody can sign in right now. Please try again in a moment.", StatusCode::SERVICE_UNAVAILABLE)
        }
        AuthErrorKind::Inactive | AuthErrorKind::Hold | AuthErrorKind::Disabled | AuthErrorKind::Deleted => {
            ("This account is switched off. Please ask your administrator.", StatusCode::FORBIDDEN)
        }
        AuthErrorKind::ServiceDenied => (
            "This account may not use webmail, or not from here. Please ask your administrator.",
            StatusCode::FORBIDDEN,
        ),
        AuthErrorKind::TooMany => (
            "Too many attempts with a wrong password. Please wait a minute and try again.",
            StatusCode::TOO_MANY_REQUESTS,
        ),
        _ => ("User name or password is wrong.", StatusCode::UNAUTHORIZED),
    }
}

/// Starts the session of somebody who is known now. The inner error is what to say when there is no way to their mail.
pub(super) async fn begin(
    state: &AppState,
    client: &Client,
    session: &Session,
    identity: &Identity,
    next: &str,
) -> Result<Result<Response, &'static str>, ScreenError> {
    let begun = open(state, client, session, signed_in(client, identity)).await?;
    Ok(begun.map(|()| see_other(page_path(next).unwrap_or("/mail/INBOX"))))
}

/// What is kept of somebody who is known now.
pub(super) fn signed_in(client: &Client, identity: &Identity) -> SignedIn {
    let user = &identity.user;
    SignedIn {
        key: session::random_hex(),
        csrf: session::random_hex(),
        store_id: user.store_id.clone(),
        mail_host: user.mail_host.clone(),
        mail: user.mail.clone(),
        name: user.name.clone(),
        addresses: user.addresses().map(str::to_owned).collect(),
        client: client.address,
        peer: Some(client.peer),
    }
}

/// Opens the way to the mail of `who`, and makes the browser's session theirs. The inner error is what to say when there is none.
pub(super) async fn open(
    state: &AppState,
    client: &Client,
    session: &Session,
    who: SignedIn,
) -> Result<Result<(), &'static str>, ScreenError> {
    let account = Account::new(who.mail_host.as_deref(), &who.store_id).for_client(who.client);
    if let Err(error) = state.backends.session(&who.key, &account).open().await {
        state.backends.close(&who.key).await;
        tracing::error!(%error, "mail server unavailable at sign-in");
        return Ok(Err(error.user_text()));
    }
    // Whatever session the browser had ends here, and the new one gets a new id: no fixation.
    if session.id().is_some() {
        session.flush().await?;
    }
    session.insert(SIGNED_IN, &who).await?;
    state.sessions.began(&who, client.peer).await;
    Ok(Ok(()))
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
