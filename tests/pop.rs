//! POP: the daemon in this process on a real socket over a real store, and the program with clients that other people wrote.

mod capability;
pub mod client;
mod content;
mod dialogue;
mod ending;
mod fixture;
mod limits;
mod maildrop;
mod peers;
mod relay;
mod sign_in;
mod tls;
mod unique_ids;
mod utf8;
