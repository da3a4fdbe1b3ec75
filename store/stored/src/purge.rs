//! Letting go of what was expunged and whose grace is over.

use mailstore::{Account, Result};

/// What a purge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Messages whose contents are gone for good.
    pub messages: u64,
}

/// Purges an account of messages that were expunged at or before `due`, in seconds since 1970.
pub fn purge(account: &Account, due: i64) -> Result<Purged> {
    Ok(Purged { messages: account.purge_removed(due)? })
}
