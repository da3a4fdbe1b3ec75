//! Password hashes: Argon2id in the PHC string form behind the scheme prefix `{ARGON2}` (RFC 9106, RFC 3112 §2).

use std::borrow::Cow;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::DirectoryError;

const SCHEME: &str = "{ARGON2}";

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB, at least 8.
    pub memory_kib: u32,
    /// Passes over it, at least 1.
    pub passes: u32,
}

impl Default for HashCost {
    /// 19 MiB and two passes: the smallest cost that OWASP recommends.
    fn default() -> Self {
        HashCost { memory_kib: 19_456, passes: 2 }
    }
}

/// A name or password with a character that SASLprep prohibits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a character that is not allowed in names and passwords")]
pub struct ProhibitedCharacter;

/// SASLprep (RFC 4013): the form in which names and passwords are compared and passwords are hashed. Compatibility forms
/// become one, exotic blanks become a blank, invisible characters vanish; control characters are refused.
/// ASCII comes back as it is.
pub fn prepared(text: &str) -> Result<Cow<'_, str>, ProhibitedCharacter> {
    stringprep::saslprep(text).map_err(|_| ProhibitedCharacter)
}

/// Hashes a new password for `userPassword`. Takes tens of milliseconds: not for async code.
pub fn hash_password(password: &str, cost: HashCost) -> Result<String, DirectoryError> {
    let password = prepared(password).map_err(|error| DirectoryError::Invalid(error.to_string()))?;
    refuse_empty(&password)?;
    hash(&password, cost)
}

/// An empty password would sign everybody in at an LDAP server: binds without one are anonymous.
pub(crate) fn refuse_empty(password: &str) -> Result<(), DirectoryError> {
    if password.is_empty() {
        return Err(DirectoryError::Invalid("the password is empty".to_owned()));
    }
    Ok(())
}

fn hash(password: &str, cost: HashCost) -> Result<String, DirectoryError> {
    let failed = |error: String| DirectoryError::Invalid(format!("hashing a password: {error}"));
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|error| failed(error.to_string()))?;
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|error| failed(error.to_string()))?;
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes(), &salt)
        .map_err(|error| failed(error.to_string()))?;
    Ok(format!("{SCHEME}{hash}"))
}

/// Hash of a random text nobody knows, to spend the same time on unknown users.
pub(crate) fn decoy(cost: HashCost) -> Result<String, DirectoryError> {
    hash(&format!("{:032x}", rand::random::<u128>()), cost)
}

/// Whether a stored value can be checked here at all.
pub(crate) fn is_supported(stored: &str) -> bool {
    phc(stored).is_some_and(|phc| PasswordHash::new(phc).is_ok())
}

/// Whether `password` fits the stored value. The parameters are those of the stored value.
pub(crate) fn fits(stored: &str, password: &str) -> bool {
    let Some(hash) = phc(stored).and_then(|phc| PasswordHash::new(phc).ok()) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

fn phc(stored: &str) -> Option<&str> {
    let scheme = stored.get(..SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| &stored[SCHEME.len()..])
}
