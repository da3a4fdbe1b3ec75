//! The IMAP daemon under many clients at once: what each one is told must hold together.

mod random_commands;
