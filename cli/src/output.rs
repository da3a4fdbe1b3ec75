//! What the program prints: results on standard output, trouble on standard error.

use std::io::Write;

/// One line on standard output. A reader that went away (`| head`) ends the program quietly, as it does elsewhere.
pub fn line(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// One line on standard error, for words beside the result. Nothing can be done when even that is closed.
pub fn note(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// The whole chain of an error, on one line.
pub fn failure(error: &anyhow::Error) {
    note(format_args!("heliograph: {error:#}"));
}

/// A number of things in words: `1 line`, `2 lines`.
pub fn count(number: impl std::fmt::Display + PartialEq + From<u8>, thing: &str) -> String {
    let many = if number == 1.into() { "" } else { "s" };
    format!("{number} {thing}{many}")
}
