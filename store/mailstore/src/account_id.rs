//! The name of an account: a directory uid, or uid@domain outside the default domain.

use std::fmt;
use std::sync::Arc;

use crate::error::{Result, StoreError};

/// The longest account name in bytes.
const LONGEST: usize = 200;

/// An account's name, checked; `alice` or `alice@hosted.example`. Cheap to clone. Compared byte for byte:
/// the directory decides how a login name is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// Checks a name: 1 to 200 bytes, no control character, no `/`.
    pub fn new(name: &str) -> Result<Self> {
        if name.is_empty() || name.len() > LONGEST {
            return Err(StoreError::Invalid(format!("an account name has 1 to {LONGEST} bytes")));
        }
        if name.chars().any(|c| c.is_control() || c == '/') {
            return Err(StoreError::Invalid("an account name has no control character and no '/'".into()));
        }
        Ok(Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
