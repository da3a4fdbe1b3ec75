//! Sign-in by a program in front: `login.msc` with `user`, `password` and `proxyauth` answers with an address that a browser enters by
//! (reference §2.4, §4.2).

use askama::Template;
use axum::Extension;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tower_sessions::session::{Id, Record};
use tower_sessions::{Session, SessionStore};

use crate::error::ScreenError;
use crate::request::{self, Client};
use crate::respond::{html, see_other};
use crate::screens::login::{self, Passwords, WayBack};
use crate::session::SignedIn;
use crate::state::{AppState, Transport};
use crate::views::shell::Look;

/// How long an address may be entered by.
const GOOD_FOR: Duration = Duration::seconds(60);

/// Where the record of an address keeps for whom it is.
const HANDED_OVER: &str = "handed_over";

/// What a portal sends; fields of other names are nothing to us.
#[derive(Deserialize)]
pub struct PortalForm {
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    /// Whose mail it is to be; empty for the user's own.
    #[serde(default)]
    proxyauth: String,
}

/// What stands in an address.
#[derive(Deserialize)]
pub struct PortalQuery {
    sid: Option<String>,
    password: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct HandedOver {
    who: SignedIn,
    /// Unix time.
    until: i64,
}

#[derive(Template)]
#[template(path = "portal.html")]
struct EnteredPage {
    look: Look,
}

const IN_THE_ADDRESS: &str = "A password must be in the body of the request, not in its address.";

/// `POST /login.msc`
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Query(query): Query<PortalQuery>,
    uri: Uri,
    headers: HeaderMap,
    Form(form): Form<PortalForm>,
) -> Result<Response, ScreenError> {
    // Addresses are logged by every proxy on the way.
    if query.password.is_some() {
        return Err(ScreenError::BadRequest(IN_THE_ADDRESS));
    }
    let back = WayBack { state: &state, client: &client, headers: &headers, next: "", user: &form.user };
    if login::passwords(&state, &client) != Passwords::Allowed {
        return back.with(login::NO_PASSWORDS, StatusCode::FORBIDDEN);
    }
    let acts_for = Some(form.proxyauth.as_str()).filter(|name| !name.is_empty());
    let rules = state.authenticator.now();
    let identity = match rules.password(&form.user, &form.password, acts_for, login::context(&state, &client)).await {
        Ok(identity) => identity,
        Err(error) => return back.refused(&error),
    };
    let now = OffsetDateTime::now_utc();
    let handed = HandedOver { who: login::signed_in(&client, &identity), until: (now + GOOD_FOR).unix_timestamp() };
    let value = serde_json::to_value(handed).map_err(|error| ScreenError::Internal(error.to_string()))?;
    let mut record =
        Record { id: Id::default(), data: [(HANDED_OVER.to_owned(), value)].into(), expiry_date: now + GOOD_FOR };
    state.sessions.create(&mut record).await.map_err(|error| ScreenError::Internal(error.to_string()))?;
    let location = format!("{}/login.msc?sid={}&lang=en", here(&state, &uri, &headers), record.id);
    let location = HeaderValue::from_str(&location).map_err(|error| ScreenError::Internal(error.to_string()))?;
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

/// `GET /login.msc`
pub async fn enter(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Query(query): Query<PortalQuery>,
    headers: HeaderMap,
    session: Session,
) -> Result<Response, ScreenError> {
    if query.password.is_some() {
        return Err(ScreenError::BadRequest(IN_THE_ADDRESS));
    }
    let Some(sid) = query.sid else { return Ok(see_other("/login")) };
    let back = WayBack { state: &state, client: &client, headers: &headers, next: "", user: "" };
    let Some(who) = redeem(&state, &sid).await? else {
        return back.with("This way in has been used or is too old. Please sign in.", StatusCode::UNAUTHORIZED);
    };
    match login::open(&state, &client, &session, SignedIn { client: client.address, peer: Some(client.peer), ..who })
        .await?
    {
        // A page of ours goes on from here, not a redirect: who comes from the portal's site would arrive without the new cookie.
        Ok(()) => html(&EnteredPage { look: request::look(&headers) }),
        Err(text) => back.with(text, StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// For whom the address is. It is good once.
async fn redeem(state: &AppState, sid: &str) -> Result<Option<SignedIn>, ScreenError> {
    let Ok(id) = sid.parse::<Id>() else { return Ok(None) };
    let store = |error: tower_sessions::session_store::Error| ScreenError::Internal(error.to_string());
    let Some(mut record) = state.sessions.load(&id).await.map_err(store)? else { return Ok(None) };
    // A browser's own session is none of these, and stays.
    let Some(value) = record.data.remove(HANDED_OVER) else { return Ok(None) };
    state.sessions.delete(&id).await.map_err(store)?;
    let Ok(handed) = serde_json::from_value::<HandedOver>(value) else { return Ok(None) };
    Ok((OffsetDateTime::now_utc().unix_timestamp() < handed.until).then_some(handed.who))
}

/// Scheme and host as the request names them; nothing where it names none that an address could hold.
fn here(state: &AppState, uri: &Uri, headers: &HeaderMap) -> String {
    // HTTP/2 has it in the address.
    let header = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = uri.authority().map_or_else(header, |authority| authority.as_str());
    let scheme = match state.transport {
        Transport::Plain => "http",
        Transport::Tls => "https",
    };
    let here = format!("{scheme}://{host}");
    match here.parse::<Uri>() {
        Ok(uri) if uri.authority().is_some_and(|named| named.as_str() == host && !host.contains('@')) => here,
        _ => String::new(),
    }
}
