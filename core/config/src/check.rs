//! `heliograph config check`: settings that contradict each other, with what to type.
//!
//! Each single value was checked when it was set; here is what only shows when they are seen together.

mod access;
mod idle;
mod listen;
mod passwords;
mod webmail;

use crate::{keys, settings::Settings};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A service would not start, or nobody could use it.
    Error,
    /// It works, but hardly as it was meant.
    Warning,
}

/// One contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The options that it is about.
    pub options: Vec<String>,
    /// What is wrong, one sentence.
    pub problem: String,
    /// What to do, usually a command line.
    pub advice: String,
}

impl Finding {
    pub(crate) fn error(options: &[&str], problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Severity::Error, options, problem, advice)
    }

    pub(crate) fn warning(options: &[&str], problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Severity::Warning, options, problem, advice)
    }

    fn new(severity: Severity, options: &[&str], problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            severity,
            options: options.iter().map(|name| (*name).to_owned()).collect(),
            problem: problem.into(),
            advice: advice.into(),
        }
    }
}

/// Everything that contradicts, the worst first.
pub fn contradictions(settings: &Settings) -> Vec<Finding> {
    let mut found = Vec::new();
    access::check(settings, &mut found);
    listen::check(settings, &mut found);
    passwords::check(settings, &mut found);
    webmail::check(settings, &mut found);
    idle::check(settings, &mut found);
    labels(settings, &mut found);
    for entry in settings.entries().iter().filter(|entry| entry.overridden) {
        if let Some(warning) = entry.warning() {
            found.push(Finding::warning(
                &[&entry.name],
                warning,
                format!("configutil -o {} -d", shell_word(&entry.name)),
            ));
        }
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

/// A host in an option's name is not checked by the option's type.
fn labels(settings: &Settings, found: &mut Vec<Finding>) {
    for entry in settings.entries() {
        let Ok(named) = keys::resolve(&entry.name) else { continue };
        if named.key.per_host && !named.label.is_empty() && !crate::value::is_host(&named.label) {
            found.push(Finding::error(
                &[&entry.name],
                format!("'{}' in {} is no host name", named.label, entry.name),
                format!("configutil -o {} -d", shell_word(&entry.name)),
            ));
        }
    }
}

/// Quoted where a shell would take `;` or `*` for itself.
fn shell_word(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if plain { name.to_owned() } else { format!("'{name}'") }
}

/// `configutil -o NAME -v VALUE`.
fn set(name: &str, value: &str) -> String {
    format!("configutil -o {name} -v {value}")
}

/// The value of an option that another part of the table may or may not have; `None` when it has not, or nothing is set.
fn known(settings: &Settings, name: &str) -> Option<String> {
    match settings.find(name) {
        Ok(entry) => Some(entry.value).filter(|value| !value.is_empty()),
        Err(_) => None,
    }
}
