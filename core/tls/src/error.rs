//! What can be wrong with certificates, keys and trust files: for the log and for administrators.

use std::path::{Path, PathBuf};

/// A certificate, key or trust file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A PEM file without what is needed from it.
    #[error("{path}: {reason}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is missing or damaged.
        reason: String,
    },
    /// Key and certificate don't belong together, or the library refuses them.
    #[error("{context}: {source}")]
    Rejected {
        /// The file or the step.
        context: String,
        /// Why.
        source: rustls::Error,
    },
    /// The key is another certificate's.
    #[error("{certificate}: its key is not the one in {key}")]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// An acceptor needs a certificate.
    #[error("no certificate is configured")]
    NoCertificate,
    /// A certificate could not be made.
    #[error("making a certificate: {0}")]
    Generate(String),
}

impl TlsError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> TlsError {
        TlsError::Io { path: path.to_owned(), source }
    }

    pub(crate) fn pem(path: &Path, reason: impl Into<String>) -> TlsError {
        TlsError::Pem { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn rejected(context: impl ToString, source: rustls::Error) -> TlsError {
        TlsError::Rejected { context: context.to_string(), source }
    }
}
