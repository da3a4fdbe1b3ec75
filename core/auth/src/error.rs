//! Refused sign-ins: what the client may see and what only the log says (reference §7.6; RFC 5530 codes).

use std::fmt;

/// The kind of refusal. All kinds but [`AuthErrorKind::Failed`], [`AuthErrorKind::Malformed`],
/// [`AuthErrorKind::TooMany`] and [`AuthErrorKind::Unavailable`] are told only to somebody who gave the right password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// Wrong password, unknown user, or anything that must look the same.
    Failed,
    /// The login or SASL message is not well-formed.
    Malformed,
    /// The account is switched off for now.
    Inactive,
    /// The account is on hold.
    Hold,
    /// The account is disabled.
    Disabled,
    /// The account is deleted.
    Deleted,
    /// Signed in, but not allowed to act for the user named as authorization identity.
    NotAuthorized,
    /// Signed in, but the service may not be used, or not from there.
    ServiceDenied,
    /// Too many wrong passwords before this one, which was not looked at.
    TooMany,
    /// The directory does not answer.
    Unavailable,
}

impl AuthErrorKind {
    /// Whether the password was right and the account is switched off.
    pub(crate) fn is_status(self) -> bool {
        matches!(self, Self::Inactive | Self::Hold | Self::Disabled | Self::Deleted)
    }

    /// One sentence for the client, without a name in it.
    pub fn client_text(self) -> &'static str {
        match self {
            AuthErrorKind::Failed => "Authentication failed",
            AuthErrorKind::Malformed => "Invalid authentication message",
            AuthErrorKind::Inactive => "Account is temporarily inactive",
            AuthErrorKind::Hold => "Account is on hold",
            AuthErrorKind::Disabled | AuthErrorKind::Deleted => "Account is disabled",
            AuthErrorKind::NotAuthorized => "Not authorized to act for that user",
            AuthErrorKind::ServiceDenied => "This account may not use this service from here",
            AuthErrorKind::TooMany => "Too many failed sign-ins, try again later",
            AuthErrorKind::Unavailable => "Sign-in is not possible at the moment, try again later",
        }
    }

    /// Response code of RFC 5530, without brackets, for protocols that have them; `None` for a syntax error.
    pub fn response_code(self) -> Option<&'static str> {
        match self {
            AuthErrorKind::Failed => Some("AUTHENTICATIONFAILED"),
            AuthErrorKind::Malformed => None,
            AuthErrorKind::Inactive | AuthErrorKind::Unavailable | AuthErrorKind::TooMany => Some("UNAVAILABLE"),
            AuthErrorKind::ServiceDenied => Some("NOPERM"),
            AuthErrorKind::Hold | AuthErrorKind::Disabled | AuthErrorKind::Deleted => Some("CONTACTADMIN"),
            AuthErrorKind::NotAuthorized => Some("AUTHORIZATIONFAILED"),
        }
    }
}

/// A refused sign-in. What an [`Authenticator`](crate::Authenticator) has refused has been logged already: callers answer with
/// [`AuthErrorKind::client_text`] and say no more. What was found unreadable before is given to
/// [`Authenticator::unreadable`](crate::Authenticator::unreadable).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthError {
    kind: AuthErrorKind,
    reason: String,
    claimed: String,
}

/// Octets of a claimed name that are kept; the log shows fewer.
const CLAIMED: usize = 1024;

impl AuthError {
    /// A refusal with the reason that the log gets.
    pub fn new(kind: AuthErrorKind, reason: impl Into<String>) -> AuthError {
        AuthError { kind, reason: reason.into(), claimed: String::new() }
    }

    /// The same with the login name that the message had, as far as it could be made out.
    #[must_use]
    pub fn claimed(self, name: &[u8]) -> AuthError {
        let name = &name[..name.len().min(CLAIMED)];
        AuthError { claimed: String::from_utf8_lossy(name).into_owned(), ..self }
    }

    /// That login name, for the log only; empty if there was none.
    pub fn claimed_name(&self) -> &str {
        &self.claimed
    }

    /// What the client may know.
    pub fn kind(&self) -> AuthErrorKind {
        self.kind
    }

    /// Why, for the log only.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.kind.client_text())
    }
}

impl std::error::Error for AuthError {}
