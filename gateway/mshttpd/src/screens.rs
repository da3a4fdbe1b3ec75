//! One module a screen, named as its template, script and tests.

pub mod actions;
pub mod attachment;
pub mod body;
pub mod compose;
pub mod events;
pub mod home;
pub mod login;
pub mod mailbox;
pub mod message;
pub mod portal;
pub mod settings;
pub mod sharing;
pub mod source;
