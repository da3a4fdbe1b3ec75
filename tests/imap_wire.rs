//! The IMAP grammar: what is read, what is refused, and what is written.

mod append;
mod command;
mod envelope;
mod fetch;
mod frame;
mod hostile;
mod list;
mod mutated;
mod numbers;
mod print;
mod search;
mod sort;
