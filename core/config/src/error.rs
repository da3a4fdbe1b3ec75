//! What can be wrong with a setting or with the file that holds them.

use std::path::PathBuf;

/// Why one name or value is refused. The text is for the administrator who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No row of the key table has this name.
    #[error("unknown option '{name}'{}", hint(.closest))]
    UnknownName {
        /// The name as typed.
        name: String,
        /// A known name that looks alike.
        closest: Option<String>,
    },
    /// The option has no values per language.
    #[error("{name} has one value for all languages: leave out ';lang-…'")]
    NoLanguages {
        /// The option's name.
        name: String,
    },
    /// The value does not fit the key's type or bounds.
    #[error("{name}: '{}' is refused: {reason}", shortened(.value))]
    BadValue {
        /// The option's name.
        name: String,
        /// The value as typed; empty for secrets.
        value: String,
        /// What would be accepted.
        reason: String,
    },
}

/// What is long is told by its beginning.
fn shortened(value: &str) -> String {
    let mut letters = value.chars();
    let begin: String = letters.by_ref().take(100).collect();
    if letters.next().is_some() { format!("{begin}…") } else { begin }
}

fn hint(closest: &Option<String>) -> String {
    closest.as_ref().map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

/// Why a site's settings cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read or written.
    #[error("{}: {cause}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A line of the file is not `name = value`, or its option is refused.
    #[error("{}:{line}: {reason}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
        /// Why it is refused.
        reason: String,
    },
    /// An option or value is refused; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
}
