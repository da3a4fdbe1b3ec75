//! Preparing names and passwords before they are compared: SASLprep (RFC 4013), the same that passwords are set with.

use std::borrow::Cow;

use crate::{AuthError, AuthErrorKind};

/// The prepared form of a name or password; see [`directory::prepared`].
pub fn prepared(text: &str) -> Result<Cow<'_, str>, AuthError> {
    directory::prepared(text)
        .map_err(|_| AuthError::new(AuthErrorKind::Malformed, "a character that SASLprep prohibits"))
}
