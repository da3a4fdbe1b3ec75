//! One layer a file; `router` puts them in order.

pub mod body_limit;
pub mod csrf;
pub mod encrypted;
pub mod error_page;
pub mod fetch_metadata;
pub mod measured;
pub mod request_log;
pub mod security_headers;
