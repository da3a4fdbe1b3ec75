//! The webmail daemon: turns browser actions into IMAP calls and SMTP submissions.
//!
//! `router` is the table of contents; a screen is one module of `screens` with its template, and goes to
//! mail through `backends` and `submission` alone.

pub mod assets;
pub mod drafts;
mod error;
pub mod forwarded;
mod live;
pub mod middleware;
mod request;
mod respond;
mod router;
pub mod screens;
mod service;
pub mod session;
mod state;
mod timer;
mod tokens;
pub mod views;

pub use service::{HttpDeps, Service, SessionsIn, session_bytes};
pub use session::ABSOLUTE as LONGEST_SESSION;
