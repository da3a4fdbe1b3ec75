//! The gateway below its screens: back-end calls, spool, composing and submission.

mod append;
mod cancelled;
mod changes;
mod compose;
pub mod fixture;
mod injection;
pub mod local_delivery;
mod mailboxes;
mod own_store;
mod pages;
mod parts;
mod quick;

mod searches;
mod sign_in;
mod smtp;
mod spooled;
mod tap;
mod watching;
