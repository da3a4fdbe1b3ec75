//! What a handler asks of a request: who signed in, how the page is wanted, from where dates are seen.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use backends::{Account, MailSession};
use http::request::Parts;
use http::{HeaderMap, Method, header};
use spool::SessionSpool;
use tower_sessions::Session;

use crate::error::ScreenError;
use crate::session::{SIGNED_IN, SignedIn, TOAST};
use crate::state::AppState;
use crate::tokens;
use crate::views::date::Now;
use crate::views::shell::{Look, Toast};

/// How the connection came in; put into every request by the service.
#[derive(Clone, Debug)]
pub struct Client {
    /// Address of the browser.
    pub address: IpAddr,
    /// Address and port, for the log of sign-ins.
    pub peer: std::net::SocketAddr,
    /// The address that was connected to.
    pub local: std::net::SocketAddr,
    /// Strength of the connection's cipher in bits; 0 without TLS.
    pub cipher_bits: u32,
    /// The certificate that the browser has shown, trusted or not.
    pub certificate: Option<tls::ClientCertificate>,
}

/// Somebody signed in, with their mail and spool.
pub struct Signed {
    /// Who.
    pub who: SignedIn,
    /// Their mail.
    pub mail: MailSession,
    /// Their attachments.
    pub spool: SessionSpool,
    /// The browser session.
    pub session: Session,
    /// How they want pages to look.
    pub look: Look,
    /// From where they see dates.
    pub now: Now,
}

impl Signed {
    /// A fresh masked CSRF token.
    pub fn csrf(&self) -> String {
        tokens::masked(&self.who.csrf)
    }

    /// Keeps a sentence for the next page.
    pub async fn say(&self, text: impl Into<String>) -> Result<(), ScreenError> {
        Ok(self.session.insert(TOAST, Toast { text: text.into() }).await?)
    }

    /// The kept sentence, once.
    pub async fn said(&self) -> Result<Option<Toast>, ScreenError> {
        if self.session.get_value(TOAST).await?.is_none() {
            return Ok(None);
        }
        Ok(self.session.remove(TOAST).await?)
    }
}

/// The session of a request, if somebody is signed in and may use it from here.
pub async fn signed_in(session: &Session, parts: &Parts, state: &AppState) -> Result<Option<SignedIn>, ScreenError> {
    let Some(who) = session.get::<SignedIn>(SIGNED_IN).await? else { return Ok(None) };
    let allowed = parts
        .extensions
        .get::<Client>()
        .is_some_and(|client| who.allows(client.address, state.config.now().ip_security));
    Ok(allowed.then_some(who))
}

/// Pages that load by themselves must not keep a session alive.
fn is_quiet(parts: &Parts) -> bool {
    parts.uri.path().ends_with("/events") || parts.headers.contains_key("x-autosave")
}

impl FromRequestParts<AppState> for Signed {
    type Rejection = ScreenError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ScreenError> {
        let session = parts
            .extensions
            .get::<Session>()
            .cloned()
            .ok_or_else(|| ScreenError::Internal("no session layer".to_owned()))?;
        let Some(who) = signed_in(&session, parts, state).await? else {
            let post = parts.method != Method::GET;
            let next = if post {
                "/mail/INBOX".to_owned()
            } else {
                parts.uri.path_and_query().map_or_else(String::new, ToString::to_string)
            };
            return Err(ScreenError::SignedOut { next, post });
        };
        if let Some(id) = session.id().filter(|_| !is_quiet(parts)) {
            state.sessions.touch(&id, &who.key).await;
        }
        let account = Account::new(who.mail_host.as_deref(), &who.store_id).for_client(who.client);
        Ok(Self {
            mail: state.backends.session(&who.key, &account),
            spool: state.spool.session(&who.key),
            session,
            look: look(&parts.headers),
            now: now(&parts.headers),
            who,
        })
    }
}

impl OptionalFromRequestParts<AppState> for Signed {
    type Rejection = ScreenError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, ScreenError> {
        match <Self as FromRequestParts<AppState>>::from_request_parts(parts, state).await {
            Ok(signed) => Ok(Some(signed)),
            Err(ScreenError::SignedOut { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Which part of a page is wanted: htmx names the element that it will fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// The whole document.
    Page,
    /// What is inside `#main`.
    Main,
    /// `#list`.
    List,
    /// What is inside `#reader`.
    Pane,
}

impl Want {
    /// Reads the htmx headers.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if text("hx-request") != "true" || text("hx-request-type") == "full" {
            return Self::Page;
        }
        match text("hx-target") {
            "main#main" => Self::Main,
            "section#list" => Self::List,
            "section#reader" => Self::Pane,
            _ => Self::Page,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Want {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Name of the cookie that keeps the look.
pub const LOOK_COOKIE: &str = "heliograph-look";
/// Name of the cookie in which the page's script says the time zone.
pub const ZONE_COOKIE: &str = "heliograph-zone";

/// How pages are to look.
pub fn look(headers: &HeaderMap) -> Look {
    let value = cookie(headers, LOOK_COOKIE).unwrap_or_default();
    let (theme, density) = value.split_once('.').unwrap_or_default();
    Look {
        theme: ["light", "dark"].into_iter().find(|known| *known == theme).unwrap_or("auto"),
        density: if density == "compact" { "compact" } else { "comfortable" },
    }
}

fn now(headers: &HeaderMap) -> Now {
    Now::at_offset(cookie(headers, ZONE_COOKIE).and_then(|value| value.parse().ok()))
}
