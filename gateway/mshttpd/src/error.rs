//! What goes wrong in a screen: a status, a sentence with what to do next, and for outages one line in the log.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::views::reader::Trouble;
use crate::views::size;

/// An answer that is a page saying what went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// Nothing there.
    #[error("not found")]
    NotFound,
    /// The request makes no sense.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// The form's token is missing or stale.
    #[error("the form's token is missing or wrong")]
    Csrf {
        /// A token that works now, for a page whose session was renewed.
        fresh: Option<String>,
    },
    /// More bytes than allowed.
    #[error("too large")]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
        /// Bytes sent, as encoded in the message.
        size: u64,
    },
    /// Nobody is signed in.
    #[error("not signed in")]
    SignedOut {
        /// Where to go on after the sign-in.
        next: String,
        /// Whether something was being sent.
        post: bool,
    },
    /// The back end.
    #[error(transparent)]
    Backend(#[from] backends::Error),
    /// The spool.
    #[error(transparent)]
    Spool(#[from] spool::SpoolError),
    /// A template or the session store.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<askama::Error> for ScreenError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<tower_sessions::session::Error> for ScreenError {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

/// What the page says; made into one by `middleware::error_page`.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// The words.
    pub trouble: Trouble,
    /// Where a sign-in is to lead back to.
    pub sign_in: Option<String>,
    /// A CSRF token that works now.
    pub fresh_token: Option<String>,
}

fn inbox() -> Option<(String, String)> {
    Some(("Go to the Inbox".to_owned(), "/mail/INBOX".to_owned()))
}

fn trouble(title: &str, text: &str, next: Option<(String, String)>) -> Trouble {
    Trouble { title: title.to_owned(), text: text.to_owned(), next }
}

/// The words for a status that came without any (axum's own refusals).
pub fn plain(status: StatusCode) -> Trouble {
    match status {
        StatusCode::NOT_FOUND => {
            trouble("There is nothing here", "The address may be mistyped, or what was here has been moved.", inbox())
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            trouble("That cannot be done here", "Go back and use the buttons of the page.", inbox())
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            trouble("That is too much at once", "Send less, or in several steps.", inbox())
        }
        status if status.is_client_error() => {
            trouble("The request could not be understood", "Go back, reload the page and try again.", inbox())
        }
        _ => trouble(
            "Something went wrong",
            "Try again in a moment. If it goes on, tell your administrator: the server's log says more.",
            inbox(),
        ),
    }
}

impl ScreenError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Csrf { .. } => StatusCode::FORBIDDEN,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SignedOut { .. } => StatusCode::UNAUTHORIZED,
            Self::Backend(error) => match error {
                error if error.is_outage() => StatusCode::SERVICE_UNAVAILABLE,
                backends::Error::NoSuchMailbox(_)
                | backends::Error::NoSuchMessage { .. }
                | backends::Error::NoSuchPart(_) => StatusCode::NOT_FOUND,
                backends::Error::Gone { .. } | backends::Error::AlreadyExists(_) => StatusCode::CONFLICT,
                backends::Error::NoPermission(_) => StatusCode::FORBIDDEN,
                backends::Error::OverQuota(_) => StatusCode::INSUFFICIENT_STORAGE,
                backends::Error::Invalid(_) => StatusCode::BAD_REQUEST,
                _ => StatusCode::BAD_GATEWAY,
            },
            Self::Spool(spool::SpoolError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Spool(spool::SpoolError::NoSuchFile) => StatusCode::NOT_FOUND,
            Self::Spool(spool::SpoolError::SessionFull { .. }) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Spool(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn trouble(&self) -> Trouble {
        match self {
            Self::BadRequest(what) => trouble("The request could not be understood", what, inbox()),
            Self::Csrf { .. } => {
                trouble("This page was out of date", "Nothing was changed. Reload the page and try again.", inbox())
            }
            Self::TooLarge { limit, size } => trouble("That is too large", &too_large(*limit, *size), None),
            Self::SignedOut { next, .. } => trouble(
                "You are not signed in",
                "You were signed out, or the session was idle for too long.",
                Some(("Sign in".to_owned(), format!("/login?next={}", crate::views::url::encoded(next)))),
            ),
            Self::Backend(error) if error.is_outage() => trouble(
                "No mail right now",
                error.user_text(),
                Some(("Try again".to_owned(), "/mail/INBOX".to_owned())),
            ),
            Self::Backend(error) => trouble("That did not work", error.user_text(), inbox()),
            Self::Spool(spool::SpoolError::TooLarge { limit, size }) => {
                trouble("That is too large", &too_large(*limit, *size), None)
            }
            Self::Spool(spool::SpoolError::SessionFull { limit }) => trouble(
                "No room for more attachments",
                &format!(
                    "Files waiting to be sent may take {}. Send or discard another message first.",
                    size::short(*limit)
                ),
                None,
            ),
            other => plain(other.status()),
        }
    }

    fn log(&self) {
        match self {
            Self::Backend(error) if error.is_outage() => tracing::error!(%error, "mail server unavailable"),
            Self::Internal(_) | Self::Spool(spool::SpoolError::Io(_)) => {
                tracing::error!(error = %self, "request failed")
            }
            Self::Backend(error) => tracing::info!(%error, "the back end refused"),
            _ => {}
        }
    }
}

/// The sentence about a message over the limit.
pub fn too_large(limit: u64, size: u64) -> String {
    let (whole, most) = spool::apart(size, limit, size::short);
    format!(
        "The message would be {whole} with this, encoded for sending. The limit is {most}, which takes about {} of attachments.",
        size::short(limit / 78 * 57)
    )
}

impl IntoResponse for ScreenError {
    fn into_response(self) -> Response {
        self.log();
        let page = ErrorPage {
            trouble: self.trouble(),
            sign_in: match &self {
                Self::SignedOut { next, .. } => Some(next.clone()),
                _ => None,
            },
            fresh_token: match &self {
                Self::Csrf { fresh } => fresh.clone(),
                _ => None,
            },
        };
        let mut answer = self.status().into_response();
        answer.extensions_mut().insert(page);
        answer
    }
}
