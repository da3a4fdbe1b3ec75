//! Reading certificates and private keys from PEM files (RFC 7468).

use std::path::Path;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::TlsError;

/// All certificates of a file, in order; at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = std::fs::read(path).map_err(|source| TlsError::io(path, source))?;
    let certificates = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsError::pem(path, format!("damaged PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(TlsError::pem(path, "no CERTIFICATE block in it"));
    }
    Ok(certificates)
}

/// The first private key of a file: PKCS #8, PKCS #1 or SEC 1, not encrypted.
pub(crate) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = std::fs::read(path).map_err(|source| TlsError::io(path, source))?;
    PrivateKeyDer::from_pem_slice(&text)
        .map_err(|error| TlsError::pem(path, format!("no usable private key block: {error}")))
}
