//! Where certificates are, the server's and those of the authorities that users' certificates come from.

use std::path::PathBuf;

use crate::{keys, settings::Settings};

/// Settings of `tls`.
#[derive(Debug, Clone)]
pub struct Tls {
    /// PEM files of the server's certificates with their chains.
    pub cert_files: Vec<PathBuf>,
    /// PEM files of their private keys, in the same order.
    pub key_files: Vec<PathBuf>,
    /// Whether somebody has named the files; otherwise they may be missing as long as no port needs TLS.
    pub named: bool,
    /// Oldest version that is spoken.
    pub min_version: MinVersion,
    /// PEM files of the authorities whose certificates users may sign in with; empty = nobody is asked for one.
    pub ca_files: Vec<PathBuf>,
    /// Revocation lists of these authorities.
    pub crl_files: Vec<PathBuf>,
    /// How certificates lead to users. The file may be missing unless it was named.
    pub certmap_file: PathBuf,
    /// Whether somebody has named that file.
    pub certmap_named: bool,
}

/// Oldest version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinVersion {
    /// TLS 1.2 and 1.3.
    Tls12,
    /// TLS 1.3 only.
    Tls13,
}

impl Tls {
    /// Reads them.
    pub fn read(settings: &Settings) -> Self {
        Self {
            cert_files: settings.paths(keys::tls::CERT_FILE),
            key_files: settings.paths(keys::tls::KEY_FILE),
            named: settings.is_set(keys::tls::CERT_FILE) || settings.is_set(keys::tls::KEY_FILE),
            min_version: match settings.text(keys::tls::MIN_VERSION).as_str() {
                "1.3" => MinVersion::Tls13,
                _ => MinVersion::Tls12,
            },
            ca_files: settings.paths(keys::tls::CA_FILE),
            crl_files: settings.paths(keys::tls::CRL_FILE),
            certmap_file: settings.path(keys::tls::CERTMAP_FILE),
            certmap_named: settings.is_set(keys::tls::CERTMAP_FILE),
        }
    }
}
