//! Quota attributes: `mailQuota` and `mailMsgQuota` values (reference schema, §6).

use std::fmt;

use crate::User;

/// What a quota attribute says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuotaLimit {
    /// Attribute absent or `-2`: the site's default counts.
    #[default]
    SiteDefault,
    /// `-1`: no limit.
    Unlimited,
    /// A limit in bytes, or in messages for `mailMsgQuota`; 0 allows nothing.
    Limit(u64),
}

/// A quota value that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("quota must be -2, -1 or a whole number with K, M or G behind it")]
pub struct QuotaSyntax;

impl QuotaLimit {
    /// Reads `n`, `nK`, `nM`, `nG` (powers of 1024), `-1` or `-2`.
    pub fn parse(value: &str) -> Result<QuotaLimit, QuotaSyntax> {
        let value = value.trim();
        match value {
            "-1" => return Ok(QuotaLimit::Unlimited),
            "-2" | "" => return Ok(QuotaLimit::SiteDefault),
            _ => {}
        }
        let (digits, shift) = match value.as_bytes().last().map(u8::to_ascii_uppercase) {
            Some(b'K') => (&value[..value.len() - 1], 10),
            Some(b'M') => (&value[..value.len() - 1], 20),
            Some(b'G') => (&value[..value.len() - 1], 30),
            _ => (value, 0),
        };
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(QuotaSyntax);
        }
        let number: u64 = digits.parse().map_err(|_| QuotaSyntax)?;
        number.checked_mul(1 << shift).map(QuotaLimit::Limit).ok_or(QuotaSyntax)
    }

    /// The limit that counts, given the site's default (`None` = unlimited). `None` is unlimited.
    pub fn or_default(self, site_default: Option<u64>) -> Option<u64> {
        match self {
            QuotaLimit::SiteDefault => site_default,
            QuotaLimit::Unlimited => None,
            QuotaLimit::Limit(limit) => Some(limit),
        }
    }
}

impl fmt::Display for QuotaLimit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuotaLimit::SiteDefault => out.write_str("-2"),
            QuotaLimit::Unlimited => out.write_str("-1"),
            QuotaLimit::Limit(limit) => limit.fmt(out),
        }
    }
}

/// The site's quotas: what counts for users whose entry says nothing, and whether limits count at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaPolicy {
    /// `store.defaultmailboxquota` in bytes; `None` is no limit.
    pub default_bytes: Option<u64>,
    /// `store.defaultmessagequota`; `None` is no limit.
    pub default_messages: Option<u64>,
    /// `store.quotaenforcement`.
    pub enforce: bool,
    /// `local.store.quotaoverdraft`: a delivery may take an account over its quota once.
    pub overdraft: bool,
}

impl QuotaPolicy {
    /// Bytes and messages that `user` may hold; `None` is no limit.
    pub fn limits(&self, user: &User) -> (Option<u64>, Option<u64>) {
        if !self.enforce {
            return (None, None);
        }
        (user.quota_bytes.or_default(self.default_bytes), user.quota_messages.or_default(self.default_messages))
    }
}
