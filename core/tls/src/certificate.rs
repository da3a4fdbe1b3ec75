//! What a certificate says: names, issuer, dates, key, fingerprint (RFC 5280).

use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::{DistinguishedName, TlsError, pem};

/// The facts of a certificate that people and mappings ask for.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Whom it is for.
    pub subject: DistinguishedName,
    /// Who has signed it.
    pub issuer: DistinguishedName,
    /// Serial number, hex digits with colons.
    pub serial: String,
    /// First moment of its validity.
    pub not_before: SystemTime,
    /// Last moment of its validity.
    pub not_after: SystemTime,
    /// DNS names it is valid for.
    pub dns_names: Vec<String>,
    /// Addresses it is valid for.
    pub addresses: Vec<IpAddr>,
    /// Mail addresses: of the alternative names, then of the subject; none twice.
    pub emails: Vec<String>,
    /// Kind and size of the key: `EC 256`, `RSA 2048`.
    pub key: String,
    /// Whether it may sign others.
    pub is_authority: bool,
    /// Whether subject and issuer are the same.
    pub is_self_issued: bool,
    /// SHA-256 of the whole, hex digits with colons.
    pub fingerprint: String,
    /// The certificate itself.
    pub der: Vec<u8>,
}

impl Certificate {
    /// Reads a DER certificate; `None` if it is damaged.
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let (mut dns_names, mut addresses, mut emails) = (Vec::new(), Vec::new(), Vec::new());
        let alternatives = certificate.subject_alternative_name().ok().flatten();
        for name in alternatives.iter().flat_map(|extension| &extension.value.general_names) {
            match name {
                GeneralName::DNSName(name) => dns_names.push((*name).to_owned()),
                GeneralName::RFC822Name(mail) => emails.push((*mail).to_owned()),
                GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
                _ => {}
            }
        }
        let subject = DistinguishedName::of(certificate.subject());
        let issuer = DistinguishedName::of(certificate.issuer());
        for mail in subject.values("E").chain(subject.values("mail")) {
            if !emails.iter().any(|known: &String| known.eq_ignore_ascii_case(mail)) {
                emails.push(mail.to_owned());
            }
        }
        let key = match certificate.public_key().parsed() {
            Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
            Ok(PublicKey::EC(point)) => format!("EC {}", point.key_size()),
            _ if certificate.public_key().algorithm.algorithm.to_id_string() == "1.3.101.112" => "Ed25519".to_owned(),
            _ => certificate.public_key().algorithm.algorithm.to_id_string(),
        };
        Some(Certificate {
            is_self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            subject,
            issuer,
            serial: colons(certificate.raw_serial()),
            not_before: moment(certificate.validity().not_before.timestamp()),
            not_after: moment(certificate.validity().not_after.timestamp()),
            dns_names,
            addresses,
            emails,
            key,
            is_authority: certificate.is_ca(),
            fingerprint: colons(&Sha256::digest(der)),
            der: der.to_vec(),
        })
    }

    /// Reads every certificate of a PEM file.
    pub fn read_file(path: &Path) -> Result<Vec<Certificate>, TlsError> {
        pem::certificates(path)?
            .iter()
            .map(|der| Certificate::read(der).ok_or_else(|| TlsError::pem(path, "a certificate in it is damaged")))
            .collect()
    }

    /// How long it is still valid at `now`; zero once it is over.
    pub fn remaining(&self, now: SystemTime) -> Duration {
        self.not_after.duration_since(now).unwrap_or_default()
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(v4));
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

fn moment(seconds: i64) -> SystemTime {
    match u64::try_from(seconds) {
        Ok(after) => SystemTime::UNIX_EPOCH + Duration::from_secs(after),
        Err(_) => SystemTime::UNIX_EPOCH - Duration::from_secs(seconds.unsigned_abs()),
    }
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}
