//! The IMAP daemon: RFC 3501 and its extensions over the message store.
//!
//! [`Service::serve`] is one session. `session.rs` reads commands and keeps the state; `table.rs` says which command may
//! run when; `command/<group>.rs` does the work; `view.rs` is what the session believes the mailbox holds, which moves only at sync points.

mod columns;
mod command;
mod compression;
mod context;
mod fetch;
mod intake;
mod language;
mod link;
mod measured;
mod notify;
mod origin;
mod part;
mod progress;
mod reply;
mod search;
mod selected;
mod service;
mod session;
mod sharing;
mod sort;
mod sync;
mod table;
mod thread;
mod unbinary;
mod view;

pub use service::{ImapDeps, Service};
