//! Housekeeping of the message store: expiry by rules, purging what was expunged, removing leftovers. Blocking.
//!
//! Start at [`Rules::parse`] and [`expire`]; [`purge`] is the other half.

mod expire;
mod purge;
mod rules;

pub use expire::{Expired, expire};
pub use purge::{PurgeOptions, Purged, purge};
pub use rules::{Action, Rule, Rules, RulesError};
