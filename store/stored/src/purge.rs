//! Letting go of what was expunged and whose grace is over, and of what else nobody needs any more.

use std::time::Duration;

use mailstore::{Account, Result};

/// Content files that no message names are removed after so long. Until then `reconstruct` can still make messages of them, which
/// is what somebody wants who has put an old database back.
const ORPHAN_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgeOptions {
    /// Messages that were expunged at or before this time, in seconds since 1970.
    pub due: i64,
    /// Expunges that are remembered for each mailbox.
    pub expunged_log: u64,
}

/// What a purge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Messages whose contents are gone for good.
    pub messages: u64,
    /// Content files that no message named.
    pub orphans: u64,
    /// Entries of the log of expunged messages.
    pub log_entries: u64,
}

/// Purges an account, and brings what searches go by up to date.
pub fn purge(account: &Account, options: PurgeOptions) -> Result<Purged> {
    let purged = Purged {
        messages: account.purge_removed(options.due)?,
        orphans: account.remove_orphans(ORPHAN_AGE)?,
        log_entries: account.prune_expunged(options.expunged_log)?,
    };
    // Behind the rest: it takes longest where there is much new mail.
    account.catch_up_gists()?;
    Ok(purged)
}
