//! The client side: TLS to back-end IMAP servers and to the MTA, with the site's own trust (Guide §5.4, `local.service.proxy.imapssl`).
//!
//! Trust is what the CA file says and nothing else: no list of public authorities is built in, since a back end is
//! the site's own. A certificate in the file is trusted as an issuer, and also as a server's own certificate, whether or
//! not it is marked as an authority (`openssl req -x509` marks every self-signed one). Names, dates and signatures
//! are always checked; the one exception is [`Connector::opportunistic`], for the way to an MTA.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{ClientStream, TlsError, pem, provider};

/// What a [`Connector`] is made from.
#[derive(Clone, Debug, Default)]
pub struct ConnectorOptions {
    /// PEM files with trusted certificates: authorities or servers' own. At least one is needed for a handshake to succeed.
    pub ca_files: Vec<PathBuf>,
    /// Application protocols offered.
    pub alpn: Vec<Vec<u8>>,
}

/// Whether a failed handshake failed because this side does not trust the server's certificate.
pub fn is_refused_certificate(error: &std::io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(cause, Some(rustls::Error::InvalidCertificate(_)))
}

/// Does client-side handshakes.
#[derive(Clone, Debug)]
pub struct Connector {
    config: Arc<ClientConfig>,
}

impl Connector {
    /// Reads the trust files.
    pub fn new(options: &ConnectorOptions) -> Result<Connector, TlsError> {
        let mut trusted = Vec::new();
        for file in &options.ca_files {
            trusted.extend(pem::certificates(file)?);
        }
        if trusted.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let mut roots = RootCertStore::empty();
        for certificate in &trusted {
            roots.add(certificate.clone()).map_err(|source| TlsError::rejected("trusted certificate", source))?;
        }
        let provider = provider();
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| TlsError::Generate(error.to_string()))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|source| TlsError::rejected("protocol versions", source))?
            .dangerous() // Only stricter or equal to webpki: see `SiteTrust`.
            .with_custom_certificate_verifier(Arc::new(SiteTrust { inner, trusted }))
            .with_no_client_auth();
        config.alpn_protocols = options.alpn.clone();
        Ok(Connector { config: Arc::new(config) })
    }

    /// Encrypts without knowing to whom: for opportunistic TLS to an MTA, where the alternative is plain text (RFC 7435).
    pub fn opportunistic() -> Result<Connector, TlsError> {
        let provider = provider();
        let algorithms = provider.signature_verification_algorithms;
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|source| TlsError::rejected("protocol versions", source))?
            .dangerous() // Says so in its name; the other constructor is for everything that must know its peer.
            .with_custom_certificate_verifier(Arc::new(Anybody { algorithms }))
            .with_no_client_auth();
        Ok(Connector { config: Arc::new(config) })
    }

    /// The handshake. `host` is a DNS name or an IP address, which the certificate must be valid for.
    pub async fn connect<S>(&self, host: &str, stream: S) -> std::io::Result<ClientStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                "not a host name that a certificate could be valid for",
            )
        })?;
        tokio_rustls::TlsConnector::from(Arc::clone(&self.config)).connect(name, stream).await
    }
}

/// Any certificate will do, as long as the server has its key.
#[derive(Debug)]
struct Anybody {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// webpki's checks, and in addition the very certificates of the trust file even if they are marked as authorities.
#[derive(Debug)]
struct SiteTrust {
    inner: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for SiteTrust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let refused = match self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Ok(verified) => return Ok(verified),
            Err(refused) => refused,
        };
        // webpki looks at the dates before it looks at the CA mark, so an expired certificate never gets here with `Other`.
        let ca_mark = matches!(&refused, rustls::Error::InvalidCertificate(CertificateError::Other(_)));
        if ca_mark && self.trusted.iter().any(|own| own.as_ref() == end_entity.as_ref()) {
            rustls::client::verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        Err(refused)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
