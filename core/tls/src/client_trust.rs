//! Who may sign in with a certificate: trusted authorities and revocation lists (Guide §5.2.3; reference §3.2; RFC 5280).
//!
//! In the handshake a certificate is asked for, never demanded, and only the proof of its key is checked: a person whose certificate
//! has expired goes on with a password instead of meeting a broken connection. The same for a certificate that the library cannot
//! make anything of ([`unusable`]): nobody can check the proof of its key, so it proves nothing, for ever. Whether any other
//! certificate is worth anything is decided here, each time it is used, against the authorities and lists of that moment.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};
use x509_parser::public_key::PublicKey;

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
    /// Nobody can check with it that the client has its key: the handshake went on as if none had been shown.
    #[error("certificate cannot be used: {0}")]
    Unusable(String),
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

/// The certificate that a client has shown. It has the key of it, unless the certificate is [`unusable`].
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    chain: Arc<[CertificateDer<'static>]>,
    unusable: Option<Untrusted>,
    trust: Arc<dyn CurrentTrust>,
}

impl ClientCertificate {
    pub(crate) fn new(chain: &[CertificateDer<'static>], trust: Arc<dyn CurrentTrust>) -> Option<ClientCertificate> {
        let unusable = unusable(chain.first()?);
        Some(ClientCertificate { chain: chain.into(), unusable, trust })
    }

    /// Whom it says that this is, if it is trusted now. A signature or two are checked: some 0.1 ms.
    pub fn verify(&self) -> Result<Certificate, Untrusted> {
        // Before anything else: the handshake has not checked the key of such a certificate.
        if let Some(reason) = &self.unusable {
            return Err(reason.clone());
        }
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

/// Sizes of RSA keys that the library checks signatures of, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Why no signature can be checked with the key of a certificate; `None` if one can. Depends on the certificate alone, so that the
/// handshake and whoever asks later say the same.
fn unusable(own: &CertificateDer<'_>) -> Option<Untrusted> {
    let read = X509Certificate::from_der(own).ok().map(|(_, certificate)| certificate);
    if let Err(error) = ParsedCertificate::try_from(own) {
        return Some(Untrusted::Unusable(match read {
            Some(old) if old.version != X509Version::V3 => {
                format!("it is of X.509 version {}, not 3", old.version.0.saturating_add(1))
            }
            _ => error.to_string(),
        }));
    }
    let Some(Ok(PublicKey::RSA(key))) = read.as_ref().map(|read| read.public_key().parsed()) else { return None };
    let zeros = key.modulus.iter().take_while(|byte| **byte == 0).count();
    let digits = &key.modulus[zeros..];
    let bits = digits.len() * 8 - digits.first().map_or(0, |first| first.leading_zeros() as usize);
    (!RSA_BITS.contains(&bits)).then(|| {
        let (least, most) = (RSA_BITS.start(), RSA_BITS.end());
        Untrusted::Unusable(format!("its RSA key has {bits} bits, {least} to {most} are needed"))
    })
}

/// Asks for a certificate and checks that the client has its key where that can be checked, no more: see the module.
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
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if unusable(cert).is_some() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if unusable(cert).is_some() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
