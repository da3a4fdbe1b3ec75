//! Logs: their lines, their files, syslog, and what must never be in them.

mod files;
mod fixture;
mod lines;
mod secrets;
mod syslog;
