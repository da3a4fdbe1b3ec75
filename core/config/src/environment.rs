//! The few things that are read from the environment.

use std::path::PathBuf;

/// The site folder from `HELIOGRAPH_ROOT`; empty counts as not set.
pub fn root() -> Option<PathBuf> {
    std::env::var_os("HELIOGRAPH_ROOT").filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Whether standard error leads to systemd's journal, which takes levels as `<N>` before a line.
pub fn logs_to_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some_and(|value| !value.is_empty())
}

/// Who may connect to the event broker, from `ENS_ACCESS` (Guide §5.6.1); empty counts as not set.
pub fn ens_access() -> Option<String> {
    std::env::var("ENS_ACCESS").ok().filter(|value| !value.trim().is_empty())
}
