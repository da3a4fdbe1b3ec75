//! Who may sign in with a certificate: trusted authorities and revocation lists (Guide §5.2.3; reference §3.2; RFC 5280).
//!
//! In the handshake a certificate is asked for, never demanded, and only the proof of its key is checked: a person whose certificate
//! has expired goes on with a password instead of meeting a broken connection. Whether the certificate is worth anything is decided
//! here, each time it is used, against the authorities and lists of that moment.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, RootCertStore};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::signatures::checks_signatures;
use crate::{Certificate, TlsError, pem, provider};

/// What client certificates are checked against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTrustFiles {
    /// PEM files of the authorities; none = no client is asked for a certificate.
    pub authorities: Vec<PathBuf>,
    /// Revocation lists, PEM or DER. With any, the issuer of every certificate must have published one that is still current.
    pub revocation_lists: Vec<PathBuf>,
}

/// Why a client's certificate counts for nothing. The words are for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Untrusted {
    /// No trusted authority has issued it.
    #[error("unknown issuer")]
    UnknownIssuer,
    /// Its time is over.
    #[error("certificate has expired")]
    Expired,
    /// Its time has not come.
    #[error("certificate is not valid yet")]
    NotYetValid,
    /// A revocation list has it, or has one of its issuers.
    #[error("certificate is revoked")]
    Revoked,
    /// There are revocation lists, but none of its issuer.
    #[error("no revocation list of the certificate's issuer")]
    NoRevocationList,
    /// Its issuer's revocation list is past its next update.
    #[error("the revocation list of the certificate's issuer is out of date")]
    OldRevocationList,
    /// Made for another purpose than to identify a client.
    #[error("certificate is not for client authentication")]
    WrongPurpose,
    /// Anything else that the library finds.
    #[error("certificate is refused: {0}")]
    Other(String),
    /// No authority is trusted (any more).
    #[error("no certificate authority is trusted")]
    NotAsked,
}

/// Authorities and lists, ready for checks.
#[derive(Debug)]
pub(crate) struct ClientTrust {
    /// Everything that is revoked anywhere in the chain.
    chain: Arc<dyn ClientCertVerifier>,
    /// Whether there is a current list for the certificate itself; `None` without lists.
    listed: Option<Arc<dyn ClientCertVerifier>>,
}

impl ClientTrust {
    /// Reads the files; `None` when no authority is configured.
    pub(crate) fn read(files: &ClientTrustFiles) -> Result<Option<ClientTrust>, TlsError> {
        let mut roots = RootCertStore::empty();
        for file in &files.authorities {
            for certificate in pem::certificates(file)? {
                roots.add(certificate).map_err(|source| TlsError::rejected(file.display(), source))?;
            }
        }
        if roots.is_empty() {
            return Ok(None);
        }
        let mut lists = Vec::new();
        for file in &files.revocation_lists {
            lists.extend(pem::revocation_lists(file)?);
        }
        let with_lists = !lists.is_empty();
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).with_crls(lists);
        let faulty = |error: rustls::server::VerifierBuilderError| {
            let files = if with_lists { &files.revocation_lists } else { &files.authorities };
            TlsError::pem(files.first().map_or("".as_ref(), PathBuf::as_path), error.to_string())
        };
        let listed = with_lists
            .then(|| builder.clone().only_check_end_entity_revocation().enforce_revocation_expiration().build())
            .transpose()
            .map_err(faulty)?;
        Ok(Some(ClientTrust { chain: builder.allow_unknown_revocation_status().build().map_err(faulty)?, listed }))
    }

    /// What rustls asks during handshakes.
    pub(crate) fn asking(&self) -> Arc<dyn ClientCertVerifier> {
        let algorithms = provider().signature_verification_algorithms;
        Arc::new(Asking { names: self.chain.root_hint_subjects().to_vec(), algorithms })
    }

    fn verify(&self, chain: &[CertificateDer<'_>]) -> Result<(), Untrusted> {
        let Some((own, issuers)) = chain.split_first() else { return Err(Untrusted::Other("empty".to_owned())) };
        let now = UnixTime::now();
        self.chain.verify_client_cert(own, issuers, now).map_err(untrusted)?;
        if let Some(listed) = &self.listed {
            listed.verify_client_cert(own, issuers, now).map_err(untrusted)?;
        }
        Ok(())
    }
}

fn untrusted(error: rustls::Error) -> Untrusted {
    use CertificateError as C;
    let rustls::Error::InvalidCertificate(reason) = error else { return Untrusted::Other(error.to_string()) };
    match reason {
        C::UnknownIssuer => Untrusted::UnknownIssuer,
        C::Expired | C::ExpiredContext { .. } => Untrusted::Expired,
        C::NotValidYet | C::NotValidYetContext { .. } => Untrusted::NotYetValid,
        C::Revoked => Untrusted::Revoked,
        C::UnknownRevocationStatus => Untrusted::NoRevocationList,
        C::ExpiredRevocationList | C::ExpiredRevocationListContext { .. } => Untrusted::OldRevocationList,
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => Untrusted::WrongPurpose,
        other => Untrusted::Other(rustls::Error::InvalidCertificate(other).to_string()),
    }
}

/// Where the trust of the moment is found: an acceptor's state, which a reload replaces.
pub(crate) trait CurrentTrust: std::fmt::Debug + Send + Sync {
    fn with_trust(&self, check: &mut dyn FnMut(&ClientTrust));
}

/// The certificate that a client has shown and whose key it has.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    chain: Arc<[CertificateDer<'static>]>,
    trust: Arc<dyn CurrentTrust>,
}

impl ClientCertificate {
    pub(crate) fn new(chain: &[CertificateDer<'static>], trust: Arc<dyn CurrentTrust>) -> Option<ClientCertificate> {
        (!chain.is_empty()).then(|| ClientCertificate { chain: chain.into(), trust })
    }

    /// Whom it says that this is, if it is trusted now. A signature or two are checked: some 0.1 ms.
    pub fn verify(&self) -> Result<Certificate, Untrusted> {
        let mut result = Err(Untrusted::NotAsked);
        self.trust.with_trust(&mut |trust| result = trust.verify(&self.chain));
        result?;
        Certificate::read(self.chain.first().map_or(&[], |own| own.as_ref()))
            .ok_or_else(|| Untrusted::Other("cannot be read".to_owned()))
    }

    /// Its subject as text, trusted or not, for the log.
    pub fn subject(&self) -> String {
        let read = self.chain.first().and_then(|own| Certificate::read(own));
        read.map_or_else(String::new, |certificate| certificate.subject.to_string())
    }
}

/// Asks for a certificate and checks that the client has its key, no more: see the module.
#[derive(Debug)]
struct Asking {
    names: Vec<rustls::DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Asking {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[rustls::DistinguishedName] {
        &self.names
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        ParsedCertificate::try_from(end_entity)?;
        Ok(ClientCertVerified::assertion())
    }

    checks_signatures!();
}
