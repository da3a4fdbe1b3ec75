//! Logs: their lines, their files, syslog, and what must never be in them.

mod files;
mod fixture;
mod lines;
mod metrics;
mod secrets;
mod syslog;
mod tools;
