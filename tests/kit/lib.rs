//! The test kit: the real program, real peers, a real browser and the clients that talk to them.
//!
//! Everything here is for tests, so a failure is a panic at the caller's line with what a person needs to
//! see; nothing returns an error that a test could forget to look at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

pub mod browser;
pub mod corpus;
pub mod dovecot;
pub mod http;
pub mod imap;
pub mod lmtp;
pub mod part;
pub mod postfix;
pub mod process;
pub mod site;
pub mod slapd;
pub mod terminal;
pub mod transcript;
pub mod trap;
pub mod tree;
pub mod wait;

pub use browser::{Browser, BrowserOptions};
pub use dovecot::Dovecot;
pub use http::HttpClient;
pub use imap::ImapClient;
pub use lmtp::LmtpClient;
pub use part::Part;
pub use postfix::Postfix;
pub use process::free_port;
pub use site::{Site, SiteOptions, password};
pub use slapd::Slapd;
pub use terminal::Terminal;
pub use trap::Trap;
pub use wait::{DEADLINE, wait_for};
