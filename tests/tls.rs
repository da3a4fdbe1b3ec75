//! TLS on all sides: our services to OpenSSL and curl, the way to back ends and to the MTA, and who is trusted.

pub mod authority;
mod backend;
mod cert_tool;
mod certificates;
mod client_certificate;
mod handshake;
mod injection;
mod mta;
pub mod peer;
mod strength;
mod versions;
mod webmail;
