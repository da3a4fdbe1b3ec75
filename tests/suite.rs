//! The suite: one test binary against the real program, real peers and a real browser. One `mod` line an area.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![allow(missing_docs)]

mod access;
mod architecture;
mod auth;
mod browser;
mod config;
mod crash;
mod deploy;
mod directory;
mod ens;
mod gateway;
mod guide;
mod imap;
mod imap_wire;
mod imapd;
mod kit_itself;
mod lmtp;
mod logs;
mod message;
mod peers;
mod pop;
mod processes;
mod rfcs;
mod safe_html;
mod search;
mod store;
mod stored;
mod tls;
mod tools;
