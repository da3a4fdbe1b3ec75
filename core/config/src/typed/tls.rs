//! Where the certificate is.

use std::path::PathBuf;

use crate::{keys, settings::Settings};

/// Settings of `tls`.
#[derive(Debug, Clone)]
pub struct Tls {
    /// PEM file of the certificate and its chain.
    pub cert_file: PathBuf,
    /// PEM file of its private key.
    pub key_file: PathBuf,
}

impl Tls {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self { cert_file: settings.path(keys::tls::CERT_FILE), key_file: settings.path(keys::tls::KEY_FILE) }
    }
}
