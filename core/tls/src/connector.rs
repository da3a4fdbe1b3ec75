//! The client side: TLS to back-end IMAP servers and to the MTA, with the site's own trust (Guide §5.4, `local.service.proxy.imapssl`).
//!
//! Trust is what the CA file says and nothing else: no list of public authorities is built in, since a back end is
//! the site's own. A certificate in the file is trusted as an issuer, and also as a server's own certificate, whether or
//! not it is marked as an authority (`openssl req -x509` marks every self-signed one). Names, dates and signatures
//! are checked, but on the way to an MTA and to an LDAP server where a setting says that encryption alone is wanted.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::signatures::checks_signatures;
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
        if options.check == ServerCheck::Unchecked {
            return Self::with_verifier(
                Arc::new(Unchecked { algorithms: provider().signature_verification_algorithms }),
                options,
            );
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
        Self::with_verifier(
            Arc::new(SiteTrust { inner, trusted, algorithms: provider().signature_verification_algorithms }),
            options,
        )
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

    /// Encrypts without knowing to whom: for opportunistic TLS to an MTA, where the alternative is plain text (RFC 7435).
    pub fn opportunistic() -> Result<Connector, TlsError> {
        Self::new(&ConnectorOptions { check: ServerCheck::Unchecked, ..ConnectorOptions::default() })
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
    algorithms: WebPkiSupportedAlgorithms,
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

    checks_signatures!();
}

/// Takes every certificate; signatures of the handshake are checked all the same.
#[derive(Debug)]
struct Unchecked {
    algorithms: WebPkiSupportedAlgorithms,
}

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

    checks_signatures!();
}
