//! The FETCH engine: what is asked, and how it is rendered in pieces that never hold more than a window of a message.

pub(crate) mod binary;
pub(crate) mod job;
pub(crate) mod message;
pub(crate) mod plan;
