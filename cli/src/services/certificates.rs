//! Certificates of the running services: opened at the start, read again by `refresh`, watched for their end (Guide §5.1.3, §5.2.3).

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use auth::CertificateMap;
use config::{MinVersion, Settings, Tls};
use tls::{Acceptor, AcceptorOptions, Certificate, CertificateFiles, ClientTrustFiles, TlsVersion};

use super::OpenSite;

/// An administrator is told so long before a certificate ends.
pub const WARNING: Duration = Duration::from_secs(30 * 86_400);

/// The acceptor, when there are certificates. Files that nobody has named may be missing: whether a port needs them is checked
/// where it is bound.
pub fn open(files: &Tls) -> anyhow::Result<Option<Acceptor>> {
    let missing = |path: &Path| !path.exists();
    if !files.named && files.cert_files.iter().chain(&files.key_files).all(|path| missing(path)) {
        if !files.ca_files.is_empty() {
            bail!(
                "service.tls.cafile asks for sign-in by certificate, but the server has none: set service.tls.certfile and service.tls.keyfile"
            );
        }
        return Ok(None);
    }
    let acceptor = Acceptor::new(options(files)?).context("service.tls")?;
    tell_ends(files);
    Ok(Some(acceptor))
}

/// certmap.conf; without it certificates are mapped by mail address.
pub fn map(files: &Tls) -> anyhow::Result<CertificateMap> {
    if !files.certmap_named && !files.certmap_file.exists() {
        return Ok(CertificateMap::default());
    }
    CertificateMap::read(&files.certmap_file).context("service.tls.certmapfile")
}

/// Takes changed files and settings. What is faulty leaves everything as it was, and the log says so.
pub fn refresh(site: &OpenSite, settings: &Settings) {
    let files = Tls::read(settings);
    match &site.acceptor {
        Some(acceptor) => match options(&files).and_then(|options| Ok(acceptor.replace(options)?)) {
            Ok(()) => {
                tracing::info!("refresh: certificates read again");
                tell_ends(&files);
            }
            Err(error) => tracing::error!("refresh: certificates kept as they were: {error:#}"),
        },
        None if files.cert_files.iter().any(|file| file.exists()) => {
            tracing::warn!("refresh: there was no certificate at the start; TLS begins with a restart");
        }
        None => {}
    }
    match map(&files) {
        Ok(map) => site.authenticator.set_certificate_map(map),
        Err(error) => tracing::error!("refresh: certmap.conf kept as it was: {error:#}"),
    }
}

fn options(files: &Tls) -> anyhow::Result<AcceptorOptions> {
    let (certificates, keys) = (&files.cert_files, &files.key_files);
    if certificates.len() != keys.len() {
        bail!(
            "service.tls.certfile names {} files and service.tls.keyfile {}: each certificate needs its key, in the same order",
            certificates.len(),
            keys.len()
        );
    }
    let pairs = certificates.iter().zip(keys);
    Ok(AcceptorOptions {
        certificates: pairs
            .map(|(certificate, key)| CertificateFiles { certificate: certificate.clone(), key: key.clone() })
            .collect(),
        minimum: match files.min_version {
            MinVersion::Tls12 => TlsVersion::Tls12,
            MinVersion::Tls13 => TlsVersion::Tls13,
        },
        clients: ClientTrustFiles { authorities: files.ca_files.clone(), revocation_lists: files.crl_files.clone() },
        ..AcceptorOptions::default()
    })
}

/// Says which certificates are over or soon will be.
fn tell_ends(files: &Tls) {
    let now = SystemTime::now();
    for file in &files.cert_files {
        // Unreadable ones have been refused before.
        let Some(certificate) = Certificate::read_file(file).ok().and_then(|chain| chain.into_iter().next()) else {
            continue;
        };
        let left = certificate.remaining(now);
        let (subject, file) = (certificate.subject.to_string(), file.display());
        if left.is_zero() {
            tracing::error!(%file, subject, "the certificate has expired");
        } else if left < WARNING {
            tracing::warn!(%file, subject, "the certificate expires in {} days", left.as_secs() / 86_400);
        }
    }
}
