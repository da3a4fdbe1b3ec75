//! The few things that are read from the environment.

use std::path::PathBuf;

/// The site folder from `HELIOGRAPH_ROOT`; empty counts as not set.
pub fn root() -> Option<PathBuf> {
    std::env::var_os("HELIOGRAPH_ROOT").filter(|value| !value.is_empty()).map(PathBuf::from)
}
