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
