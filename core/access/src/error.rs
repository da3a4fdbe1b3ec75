//! Why a value is not understood, in words for the administrator who typed it.

/// A value that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(String);

impl ParseError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The same, about one of several filters.
    pub(crate) fn within(self, filter: &str) -> Self {
        Self(format!("in '{filter}': {}", self.0))
    }
}
