//! SCRAM verifiers in the directory (RFC 5802 §3, RFC 5803): what is kept instead of a password for challenge mechanisms.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a server needs to check a SCRAM exchange, and which tells nobody the password.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramVerifier {
    /// `SCRAM-SHA-256` and the like, upper case, without `-PLUS`.
    pub mechanism: String,
    /// Iteration count, at least 1.
    pub iterations: u32,
    /// Salt.
    pub salt: Vec<u8>,
    /// StoredKey.
    pub stored_key: Vec<u8>,
    /// ServerKey.
    pub server_key: Vec<u8>,
}

impl std::fmt::Debug for ScramVerifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The keys must not reach a log by way of a struct that holds this one.
        out.debug_struct("ScramVerifier").field("mechanism", &self.mechanism).finish_non_exhaustive()
    }
}

impl ScramVerifier {
    /// Reads `SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>` (authPassword, RFC 5803 §2), or
    /// `{SCRAM-SHA-256}4096,<salt>,<StoredKey>,<ServerKey>` (userPassword as other servers keep it). All parts but the count
    /// are base64. `None` if it is anything else.
    pub fn parse(value: &str) -> Option<ScramVerifier> {
        let value = value.trim();
        let (mechanism, [iterations, salt, stored_key, server_key]) = match value.strip_prefix('{') {
            Some(rest) => {
                let (mechanism, rest) = rest.split_once('}')?;
                let mut parts = rest.split(',');
                (
                    mechanism,
                    [parts.next()?, parts.next()?, parts.next()?, parts.next().filter(|_| parts.next().is_none())?],
                )
            }
            None => {
                let mut parts = value.split('$').map(str::trim);
                let (mechanism, info, keys) = (parts.next()?, parts.next()?, parts.next()?);
                let ((iterations, salt), (stored, server)) = (info.split_once(':')?, keys.split_once(':')?);
                (mechanism, [iterations, salt, stored, server])
            }
        };
        let mechanism = mechanism.trim().to_ascii_uppercase();
        let verifier = ScramVerifier {
            iterations: iterations.trim().parse().ok().filter(|count| *count > 0)?,
            salt: STANDARD.decode(salt).ok()?,
            stored_key: STANDARD.decode(stored_key).ok()?,
            server_key: STANDARD.decode(server_key).ok()?,
            mechanism,
        };
        let named = verifier.mechanism.starts_with("SCRAM-");
        (named && !verifier.salt.is_empty() && verifier.stored_key.len() == verifier.server_key.len())
            .then_some(verifier)
    }

    /// The authPassword form.
    pub fn to_auth_password(&self) -> String {
        format!(
            "{}${}:{}${}:{}",
            self.mechanism,
            self.iterations,
            STANDARD.encode(&self.salt),
            STANDARD.encode(&self.stored_key),
            STANDARD.encode(&self.server_key)
        )
    }
}

/// Attributes that may hold verifiers.
pub(crate) const ATTRIBUTES: [&str; 2] = ["authPassword", "userPassword"];

/// The verifiers of an entry, in the order of its values.
pub(crate) fn verifiers(entry: &crate::Entry) -> Vec<ScramVerifier> {
    ATTRIBUTES.iter().flat_map(|name| entry.values(name)).filter_map(ScramVerifier::parse).collect()
}
