//! LMTP delivery: the daemon in this process, on a real socket, over a real store.

mod addresses;
mod chunking;
mod data;
mod dialogue;
mod drain;
pub mod fixture;
mod headers;
mod recipients;
mod size;
