//! SCRAM verifiers in the directory (RFC 5802 §3, RFC 5803): what is kept instead of a password for challenge mechanisms.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::{DirectoryError, prepared};

/// Rounds of new verifiers: more than RFC 7677 §4 wants, few enough for a telephone.
pub const SCRAM_ITERATIONS: u32 = 10_000;

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
    /// A new SCRAM-SHA-256 verifier of a password, with a salt of its own. Takes milliseconds: not for async code.
    pub fn derive(password: &str) -> Result<ScramVerifier, DirectoryError> {
        let password = prepared(password).map_err(|error| DirectoryError::Invalid(error.to_string()))?;
        let salt = rand::random::<[u8; 16]>();
        // Hi() of RFC 5802 §2.2.
        let mut round = hmac(password.as_bytes(), &[salt.as_slice(), &[0, 0, 0, 1]].concat());
        let mut salted = round;
        for _ in 1..SCRAM_ITERATIONS {
            round = hmac(password.as_bytes(), &round);
            salted.iter_mut().zip(round).for_each(|(sum, octet)| *sum ^= octet);
        }
        Ok(ScramVerifier {
            mechanism: "SCRAM-SHA-256".to_owned(),
            iterations: SCRAM_ITERATIONS,
            salt: salt.to_vec(),
            stored_key: Sha256::digest(hmac(&salted, b"Client Key")).to_vec(),
            server_key: hmac(&salted, b"Server Key").to_vec(),
        })
    }

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

/// HMAC-SHA-256, the keyed hash of the mechanism (RFC 5802 §2.2, RFC 7677).
pub fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(text);
            mac.finalize().into_bytes().into()
        }
        // HMAC takes keys of any length.
        Err(_) => [0; 32],
    }
}

/// Attributes that may hold verifiers.
pub(crate) const ATTRIBUTES: [&str; 2] = ["authPassword", "userPassword"];

/// The verifiers of an entry, in the order of its values.
pub(crate) fn verifiers(entry: &crate::Entry) -> Vec<ScramVerifier> {
    ATTRIBUTES.iter().flat_map(|name| entry.values(name)).filter_map(ScramVerifier::parse).collect()
}
