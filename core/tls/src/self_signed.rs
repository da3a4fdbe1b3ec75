//! Makes the self-signed certificate of a new site (`init`, `cert self-signed`) and requests for others' (`cert request`).

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
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

    /// As [`SelfSignedPem::write`], in place of what is there: both are written whole beside it first.
    pub fn replace(&self, certificate: &Path, key: &Path) -> Result<(), TlsError> {
        let new = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".new.{}", std::process::id()));
            PathBuf::from(name)
        };
        let (new_certificate, new_key) = (new(certificate), new(key));
        let moved = write_new(&new_key, &self.key, 0o600)
            .and_then(|()| write_new(&new_certificate, &self.certificate, 0o644))
            .and_then(|()| std::fs::rename(&new_key, key).map_err(|source| TlsError::io(key, source)))
            .and_then(|()| {
                std::fs::rename(&new_certificate, certificate).map_err(|source| TlsError::io(certificate, source))
            });
        if moved.is_err() {
            for left in [&new_certificate, &new_key] {
                // What is not there need not go.
                let _ = std::fs::remove_file(left);
            }
        }
        moved
    }
}

/// What a request for a certificate says.
#[derive(Clone, Debug, Default)]
pub struct CertificateRequest {
    /// DNS names and IP addresses; the first becomes the common name.
    pub names: Vec<String>,
    /// `O` of the subject.
    pub organization: Option<String>,
    /// `C` of the subject, two letters.
    pub country: Option<String>,
}

/// A request (PKCS #10, RFC 2986) as PEM text, signed with the key of the file `key`; if there is no such file, a new key is made there.
pub fn request(wanted: &CertificateRequest, key: &Path) -> Result<String, TlsError> {
    let failed = |error: rcgen::Error| TlsError::Generate(error.to_string());
    let pair = match std::fs::read_to_string(key) {
        Ok(text) => KeyPair::from_pem(&text).map_err(|error| TlsError::pem(key, error.to_string()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let pair = KeyPair::generate().map_err(failed)?;
            write_new(key, &pair.serialize_pem(), 0o600)?;
            pair
        }
        Err(source) => return Err(TlsError::io(key, source)),
    };
    let mut params = CertificateParams::new(wanted.names.clone()).map_err(failed)?;
    let mut subject = DistinguishedName::new();
    if let Some(country) = &wanted.country {
        subject.push(DnType::CountryName, country.as_str());
    }
    if let Some(organization) = &wanted.organization {
        subject.push(DnType::OrganizationName, organization.as_str());
    }
    subject.push(DnType::CommonName, wanted.names.first().map_or("localhost", String::as_str));
    params.distinguished_name = subject;
    params.serialize_request(&pair).and_then(|request| request.pem()).map_err(failed)
}

/// Writes a file that everybody may read, synced; one that is there is an error.
pub fn write_public(path: &Path, text: &str) -> Result<(), TlsError> {
    write_new(path, text, 0o644)
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|source| TlsError::io(path, source))
}
