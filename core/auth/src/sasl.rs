//! SASL messages: PLAIN (RFC 4616) and LOGIN (as clients speak it), decoded and size-limited.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{AuthError, AuthErrorKind};

/// Longest authorization identity, authentication identity or password, in bytes.
pub const MAX_FIELD: usize = 1024;

/// Longest base64 line that can hold a PLAIN message.
pub const MAX_ENCODED: usize = (3 * MAX_FIELD + 2).div_ceil(3) * 4;

/// What a PLAIN or LOGIN exchange says.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whom to act for; `None` if empty.
    pub authorization: Option<String>,
    /// Login name as typed.
    pub login: String,
    /// Password as typed.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The password must not reach a log by way of a struct that holds this one.
        out.debug_struct("Credentials")
            .field("authorization", &self.authorization)
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

/// Decodes one base64 line of an exchange. `=` alone is the empty initial response (RFC 4959 §3).
pub fn decode_line(line: &[u8]) -> Result<Vec<u8>, AuthError> {
    if line == b"=" {
        return Ok(Vec::new());
    }
    if line.len() > MAX_ENCODED {
        return Err(malformed("message too long"));
    }
    STANDARD.decode(line).map_err(|_| malformed("not base64"))
}

/// Reads a decoded PLAIN message: `[authzid] NUL authcid NUL passwd` (RFC 4616 §2).
pub fn plain(message: &[u8]) -> Result<Credentials, AuthError> {
    let mut fields = message.split(|byte| *byte == 0);
    let (Some(authorization), Some(login), Some(password), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(malformed("PLAIN message without its three fields"));
    };
    let read = || {
        let authorization = Some(field(authorization)?).filter(|identity| !identity.is_empty());
        let credentials = Credentials { authorization, login: field(login)?, password: field(password)? };
        if credentials.login.is_empty() || credentials.password.is_empty() {
            return Err(malformed("PLAIN message with an empty name or password"));
        }
        Ok(credentials)
    };
    read().map_err(|error| error.claimed(login))
}

/// The questions of LOGIN, base64: `Username:` and `Password:`.
pub const LOGIN_CHALLENGES: [&str; 2] = ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"];

/// Reads the two decoded answers of LOGIN.
pub fn login(name: &[u8], password: &[u8]) -> Result<Credentials, AuthError> {
    let read = || {
        let credentials = Credentials { authorization: None, login: field(name)?, password: field(password)? };
        if credentials.login.is_empty() || credentials.password.is_empty() {
            return Err(malformed("LOGIN exchange with an empty name or password"));
        }
        Ok(credentials)
    };
    read().map_err(|error| error.claimed(name))
}

fn field(bytes: &[u8]) -> Result<String, AuthError> {
    if bytes.len() > MAX_FIELD {
        return Err(malformed("field too long"));
    }
    if bytes.contains(&0) {
        return Err(malformed("NUL inside a field"));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| malformed("not UTF-8"))
}

fn malformed(reason: &str) -> AuthError {
    AuthError::new(AuthErrorKind::Malformed, reason)
}
