//! The IMAP daemon under many clients at once, and what it does with what it cannot read.

mod compress;
mod kept;
mod random_commands;
mod refusals;
mod scram;
mod sharing;
mod texts;
