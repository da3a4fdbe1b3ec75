//! Makes the self-signed certificate of a new site (`init`, `cert self-signed`).

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};

use crate::TlsError;

/// What the certificate says.
#[derive(Clone, Debug)]
pub struct SelfSigned {
    /// DNS names and IP addresses that it is valid for; the first becomes the common name.
    pub names: Vec<String>,
    /// Days that it is valid, from an hour ago.
    pub days: u32,
}

impl Default for SelfSigned {
    fn default() -> Self {
        SelfSigned { names: vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()], days: 825 }
    }
}

/// A certificate and its key, as PEM text.
#[derive(Clone)]
pub struct SelfSignedPem {
    /// The certificate.
    pub certificate: String,
    /// The private key (PKCS #8, ECDSA P-256).
    pub key: String,
}

/// Makes a new key and a certificate for it.
pub fn self_signed(wanted: &SelfSigned) -> Result<SelfSignedPem, TlsError> {
    let failed = |error: rcgen::Error| TlsError::Generate(error.to_string());
    let mut params = CertificateParams::new(wanted.names.clone()).map_err(failed)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, wanted.names.first().map_or("localhost", String::as_str));
    params.distinguished_name = subject;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = SystemTime::now();
    // An hour back: clocks of clients differ.
    params.not_before = (now - std::time::Duration::from_secs(3600)).into();
    params.not_after = (now + std::time::Duration::from_secs(86_400 * u64::from(wanted.days))).into();
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(SelfSignedPem { certificate: certificate.pem(), key: key.serialize_pem() })
}

impl SelfSignedPem {
    /// Writes both files, synced, the key readable by its owner only. Files that are there already are an error.
    pub fn write(&self, certificate: &Path, key: &Path) -> Result<(), TlsError> {
        write_new(key, &self.key, 0o600)?;
        write_new(certificate, &self.certificate, 0o644)
    }
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|source| TlsError::io(path, source))
}
