//! What can go wrong with the directory, sorted by what a caller can do about it.

use std::path::{Path, PathBuf};

/// A failed look-up or edit. The text is for the log and for administrators, not for mail users.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The directory cannot be reached or read just now; try again later.
    #[error("directory unavailable: {0}")]
    Unavailable(String),
    /// Reading or writing the directory file failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The directory file is damaged.
    #[error("{path}, line {line}: {reason}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The name fits several entries where one is needed.
    #[error("{0} fits more than one entry")]
    Ambiguous(String),
    /// No such entry (edits only; look-ups answer `None`).
    #[error("{0}: no such entry")]
    NotFound(String),
    /// The entry or one of its addresses is there already.
    #[error("{0}: already in the directory")]
    AlreadyExists(String),
    /// The directory does not let this site do it. Nothing is wrong with what was asked.
    #[error("{0}")]
    Forbidden(String),
    /// A value that the schema does not allow.
    #[error("{0}")]
    Invalid(String),
}

impl DirectoryError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> DirectoryError {
        DirectoryError::Io { path: path.to_owned(), source }
    }
}
