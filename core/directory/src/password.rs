//! Password hashes: Argon2id in the PHC string form behind the scheme prefix `{ARGON2}` (RFC 9106, RFC 3112 §2).

use std::borrow::Cow;

use argon2::password_hash::{self, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};

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
    let salted = salt.as_salt();
    let outcome = compute(password, &params, salted, (Algorithm::Argon2id, Version::V0x13), Params::DEFAULT_OUTPUT_LEN)
        .and_then(|output| {
            Ok(PasswordHash {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::V0x13.into()),
                params: ParamsString::try_from(&params)?,
                salt: Some(salted),
                hash: Some(output),
            })
        });
    let hash = outcome.map_err(|error| failed(error.to_string()))?;
    Ok(format!("{SCHEME}{hash}"))
}

/// Room for a hash is asked for in pieces larger than 32 MiB, of which only what is used is touched: such a piece the system's allocator
/// takes from the system and gives back at once. Of smaller ones it would keep one or two for each thread that has ever hashed.
const PIECE: usize = 33 << 20;

/// The hash of a password, of `length` octets.
fn compute(
    password: &str,
    params: &Params,
    salt: Salt<'_>,
    (algorithm, version): (Algorithm, Version),
    length: usize,
) -> password_hash::Result<Output> {
    let mut octets = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut octets)?;
    let count = params.block_count();
    let mut room = Vec::with_capacity(count.max(PIECE / Block::SIZE));
    room.resize(count, Block::new());
    let hasher = Argon2::new(algorithm, version, params.clone());
    Output::init_with(length, |output| {
        Ok(hasher.hash_password_into_with_memory(password.as_bytes(), salt, output, &mut room[..])?)
    })
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
    fits_hash(&hash, password).unwrap_or(false)
}

fn fits_hash(hash: &PasswordHash<'_>, password: &str) -> password_hash::Result<bool> {
    let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(hash.algorithm)?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let params = Params::try_from(hash)?;
    // Outputs are compared in constant time.
    Ok(compute(password, &params, salt, (algorithm, version), expected.len())? == expected)
}

fn phc(stored: &str) -> Option<&str> {
    let scheme = stored.get(..SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| &stored[SCHEME.len()..])
}
