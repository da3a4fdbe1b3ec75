//! The client side: TLS to back-end IMAP servers and to the MTA, with the site's own trust (Guide §5.4, `local.service.proxy.imapssl`).
//!
//! Trust is what the CA file says and nothing else: no list of public authorities is built in, since a back end is
//! the site's own. A certificate in the file is trusted as an issuer, and also as a server's own certificate, whether or
//! not it is marked as an authority (`openssl req -x509` marks every self-signed one). Names, dates and signatures
//! are checked; only LDAP can be told to encrypt without knowing to whom.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{ClientStream, TlsError, pem, provider};

/// Whether a server must prove who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerCheck {
    /// Name, dates and signatures are checked against the trusted certificates.
    #[default]
    Checked,
    /// Anybody's certificate will do: the connection is encrypted, nobody knows to whom (`local.ldapcheckcert = no`).
    Unchecked,
}

/// What a [`Connector`] is made from.
#[derive(Clone, Debug, Default)]
pub struct ConnectorOptions {
    /// Whether certificates are checked.
    pub check: ServerCheck,
    /// PEM files with trusted certificates: authorities or servers' own. At least one is needed for a handshake to succeed.
    pub ca_files: Vec<PathBuf>,
    /// Application protocols offered.
    pub alpn: Vec<Vec<u8>>,
}

/// Does client-side handshakes.
#[derive(Clone, Debug)]
pub struct Connector {
    config: Arc<ClientConfig>,
}

impl Connector {
    /// Reads the trust files.
    pub fn new(options: &ConnectorOptions) -> Result<Connector, TlsError> {
        if options.check == ServerCheck::Unchecked {
            return Self::with_verifier(Arc::new(Unchecked(provider())), options);
        }
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
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| TlsError::Generate(error.to_string()))?;
        Self::with_verifier(Arc::new(SiteTrust { inner, trusted }), options)
    }

    fn with_verifier(verifier: Arc<dyn ServerCertVerifier>, options: &ConnectorOptions) -> Result<Connector, TlsError> {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|source| TlsError::rejected("protocol versions", source))?
            .dangerous() // Either equal to webpki or asked for by name: see `SiteTrust` and `Unchecked`.
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = options.alpn.clone();
        Ok(Connector { config: Arc::new(config) })
    }

    /// The configuration itself, for a library that does its handshakes alone.
    pub fn client_config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
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

/// Takes every certificate; signatures of the handshake are checked all the same.
#[derive(Debug)]
struct Unchecked(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
