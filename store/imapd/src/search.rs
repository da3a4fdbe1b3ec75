//! The SEARCH engine: a condition is tried on what is in memory first, then on the gists of the texts, then on what the store keeps
//! about a message, and on the message's octets only where none of these decides (RFC 3501 §6.4.4).

pub(crate) mod fuzzy;
pub(crate) mod job;
pub(crate) mod program;
