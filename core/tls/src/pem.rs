//! Reading certificates and private keys from PEM files (RFC 7468).

use std::path::Path;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

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

/// All revocation lists of a file: PEM, or a single one in DER as authorities publish them.
pub(crate) fn revocation_lists(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let bytes = std::fs::read(path).map_err(|source| TlsError::io(path, source))?;
    if bytes.first() == Some(&DER_SEQUENCE) {
        return Ok(vec![bytes.into()]);
    }
    let lists = CertificateRevocationListDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsError::pem(path, format!("damaged PEM: {error}")))?;
    if lists.is_empty() {
        return Err(TlsError::pem(path, "no X509 CRL block in it"));
    }
    Ok(lists)
}

/// First byte of every DER structure that is read here; PEM is text.
const DER_SEQUENCE: u8 = 0x30;
