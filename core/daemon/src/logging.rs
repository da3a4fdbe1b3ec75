//! Where log lines go: standard error, at the levels of `logfile.*.loglevel`.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging to standard error. Called once; a second call changes nothing.
pub fn start_logging(log: &config::Log) {
    let mut filter = level(&log.default).to_owned();
    for (part, words) in &log.parts {
        filter.push_str(&format!(",{part}={}", level(words)));
    }
    // TLS libraries and HTTP internals have their own idea of what is worth a line.
    filter.push_str(",rustls=error,hyper=error,h2=error,html5ever=error,selectors=error");
    let _ = fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}

/// The old server's word for a level, as `tracing` calls it.
fn level(word: &str) -> &'static str {
    match word {
        "Nolog" => "off",
        "Critical" | "Error" => "error",
        "Warning" => "warn",
        "Debug" => "debug",
        // Notice: what an administrator wants to see of a healthy server.
        _ => "info",
    }
}
