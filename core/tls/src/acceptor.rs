//! The server side: certificates by server name, reloadable while sessions run (Guide §5.4, SSL ports and STARTTLS).

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{ServerStream, TlsError, pem, provider};

/// Oldest protocol version that is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 and 1.3.
    #[default]
    Tls12,
    /// TLS 1.3 only.
    Tls13,
}

/// One certificate chain with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// PEM file: the server's certificate first, then its issuers.
    pub certificate: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// What an [`Acceptor`] is made from.
#[derive(Clone, Debug, Default)]
pub struct AcceptorOptions {
    /// Certificates; the first is used when no other fits the asked name.
    pub certificates: Vec<CertificateFiles>,
    /// Oldest version.
    pub minimum: TlsVersion,
    /// Application protocols offered, best first (`h2`, `http/1.1`); empty for mail.
    pub alpn: Vec<Vec<u8>>,
}

/// Does server-side handshakes. Clones share the certificates, so one [`Acceptor::reload`] reaches all of them.
#[derive(Clone, Debug)]
pub struct Acceptor {
    options: Arc<AcceptorOptions>,
    certificates: Arc<ByServerName>,
    config: Arc<ServerConfig>,
}

impl Acceptor {
    /// Reads the files.
    pub fn new(options: AcceptorOptions) -> Result<Acceptor, TlsError> {
        let certificates = Arc::new(ByServerName { keys: RwLock::new(read_keys(&options)?) });
        let config = Arc::new(server_config(&options, &certificates)?);
        Ok(Acceptor { options: Arc::new(options), certificates, config })
    }

    /// Reads the files again; new sessions use them. If they are faulty, the old ones stay in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = read_keys(&self.options)?;
        *self.certificates.keys.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The same certificates (and the same reload) with other application protocols.
    pub fn with_alpn(&self, protocols: &[&[u8]]) -> Acceptor {
        let mut config = ServerConfig::clone(&self.config);
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Acceptor { config: Arc::new(config), ..self.clone() }
    }

    /// The handshake. Put a time limit around it.
    pub async fn accept<S>(&self, stream: S) -> std::io::Result<ServerStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        tokio_rustls::TlsAcceptor::from(Arc::clone(&self.config)).accept(stream).await
    }
}

fn read_keys(options: &AcceptorOptions) -> Result<Vec<Arc<CertifiedKey>>, TlsError> {
    let provider = provider();
    let mut keys = Vec::with_capacity(options.certificates.len());
    for files in &options.certificates {
        let chain = pem::certificates(&files.certificate)?;
        let key = pem::private_key(&files.key)?;
        // Also checks that key and certificate belong together.
        let key = CertifiedKey::from_der(chain, key, &provider)
            .map_err(|source| TlsError::rejected(files.certificate.display(), source))?;
        keys.push(Arc::new(key));
    }
    if keys.is_empty() { Err(TlsError::NoCertificate) } else { Ok(keys) }
}

fn server_config(options: &AcceptorOptions, certificates: &Arc<ByServerName>) -> Result<ServerConfig, TlsError> {
    let versions: &[&rustls::SupportedProtocolVersion] = match options.minimum {
        TlsVersion::Tls12 => &[&rustls::version::TLS13, &rustls::version::TLS12],
        TlsVersion::Tls13 => &[&rustls::version::TLS13],
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .map_err(|source| TlsError::rejected("protocol versions", source))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::<ByServerName>::clone(certificates));
    config.alpn_protocols = options.alpn.clone();
    Ok(config)
}

/// Picks the first certificate that is valid for the asked name, else the first of all.
#[derive(Debug)]
struct ByServerName {
    keys: RwLock<Vec<Arc<CertifiedKey>>>,
}

impl ResolvesServerCert for ByServerName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let fits = |key: &&Arc<CertifiedKey>| -> bool {
            let Some(name) = hello.server_name().and_then(|name| ServerName::try_from(name).ok()) else { return false };
            let Ok(certificate) = key.end_entity_cert() else { return false };
            let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return false };
            rustls::client::verify_server_name(&parsed, &name).is_ok()
        };
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let by_name = if keys.len() > 1 { keys.iter().find(fits) } else { None };
        by_name.or_else(|| keys.first()).cloned()
    }
}
