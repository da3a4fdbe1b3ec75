//! Quota: how much an account may hold and how much it holds.

use crate::error::{Result, StoreError};

/// Limits of an account; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuotaLimits {
    /// Bytes of all messages together (RFC822.SIZE, a copy counts again).
    pub bytes: Option<u64>,
    /// Number of messages.
    pub messages: Option<u64>,
    /// While there is any room, what is added may pass the limits once.
    pub overdraft: bool,
}

/// Limits and use of an account. Use is exact: it is kept in the same commits as the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota {
    /// The limits in force.
    pub limits: QuotaLimits,
    /// Bytes of all messages.
    pub bytes_used: u64,
    /// Number of messages.
    pub messages_used: u64,
}

impl Quota {
    /// Whether more is held than the limits say.
    pub fn is_over(&self) -> bool {
        self.limits.bytes.is_some_and(|limit| self.bytes_used > limit)
            || self.limits.messages.is_some_and(|limit| self.messages_used > limit)
    }

    /// Whether nothing more could be added: a limit is reached or passed.
    pub fn is_full(&self) -> bool {
        self.limits.bytes.is_some_and(|limit| self.bytes_used >= limit)
            || self.limits.messages.is_some_and(|limit| self.messages_used >= limit)
    }

    /// Refuses what would pass a limit. Adding nothing is never refused, also when the account is over its limit.
    pub fn admit(&self, bytes: u64, messages: u64) -> Result<()> {
        let overdraft = self.limits.overdraft;
        let check = |resource, used: u64, needed: u64, limit: Option<u64>| match limit {
            Some(limit) if overdraft && used < limit => Ok(()),
            Some(limit) if needed > 0 && used.saturating_add(needed) > limit => {
                Err(StoreError::OverQuota { resource, used, needed, limit })
            }
            _ => Ok(()),
        };
        check("bytes", self.bytes_used, bytes, self.limits.bytes)?;
        check("messages", self.messages_used, messages, self.limits.messages)
    }
}
