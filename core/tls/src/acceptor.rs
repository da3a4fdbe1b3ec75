//! The server side: certificates by server name, reloadable while sessions run (Guide §5.4, SSL ports and STARTTLS).

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::client_trust::{ClientTrust, CurrentTrust};
use crate::{ClientCertificate, ClientTrustFiles, ServerStream, TlsError, pem, provider};

/// Sessions that clients may resume, over all services of the process.
const RESUMABLE: usize = 8192;

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

impl CertificateFiles {
    /// Whether both can be read and belong together.
    pub fn check(&self) -> Result<(), TlsError> {
        read_key(self, &provider()).map(|_| ())
    }
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
    /// Who may sign in with a certificate.
    pub clients: ClientTrustFiles,
}

/// Does server-side handshakes. Clones share the certificates, so one [`Acceptor::reload`] reaches all of them.
#[derive(Clone, Debug)]
pub struct Acceptor {
    shared: Arc<Shared>,
    alpn: Arc<[Vec<u8>]>,
    asks: bool,
}

/// What all clones have in common.
#[derive(Debug)]
struct Shared {
    loaded: RwLock<Arc<Loaded>>,
}

/// The application protocols that a configuration was made for, whether it asks for certificates, and the configuration.
type Made = (Arc<[Vec<u8>]>, bool, Arc<ServerConfig>);

/// One state of the files. Replaced as a whole, so that neither a certificate nor a resumed session outlives a reload.
#[derive(Debug)]
struct Loaded {
    options: AcceptorOptions,
    keys: Arc<ByServerName>,
    trust: Option<ClientTrust>,
    /// A configuration for each list of application protocols, without and with asking for a certificate.
    configs: Mutex<Vec<Made>>,
    sessions: [Arc<ServerSessionMemoryCache>; 2],
}

impl Acceptor {
    /// Reads the files.
    pub fn new(options: AcceptorOptions) -> Result<Acceptor, TlsError> {
        let alpn = options.alpn.clone().into();
        let loaded = RwLock::new(Arc::new(Loaded::read(options)?));
        Ok(Acceptor { shared: Arc::new(Shared { loaded }), alpn, asks: true })
    }

    /// Reads the files again; new sessions use them and old ones cannot be resumed. If they are faulty, the old ones stay in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let options = self.shared.loaded().options.clone();
        self.replace(options)
    }

    /// The same with other files or another oldest version; [`AcceptorOptions::alpn`] plays no part here.
    pub fn replace(&self, options: AcceptorOptions) -> Result<(), TlsError> {
        let fresh = Arc::new(Loaded::read(options)?);
        *self.shared.loaded.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The same certificates (and the same reload) with other application protocols.
    pub fn with_alpn(&self, protocols: &[&[u8]]) -> Acceptor {
        Acceptor { alpn: protocols.iter().map(|protocol| protocol.to_vec()).collect(), ..self.clone() }
    }

    /// The same for a service that has no use for clients' certificates: none is asked for.
    pub fn without_client_certificates(&self) -> Acceptor {
        Acceptor { asks: false, ..self.clone() }
    }

    /// Whether clients are asked for a certificate at the moment.
    pub fn asks_for_certificates(&self) -> bool {
        self.asks && self.shared.loaded().trust.is_some()
    }

    /// Whether one of the certificates is valid for `host`, a DNS name or an IP address.
    pub fn serves(&self, host: &str) -> bool {
        let Ok(name) = ServerName::try_from(host) else { return false };
        self.shared.loaded().keys.keys.iter().any(|key| fits(key, &name))
    }

    /// The handshake. Put a time limit around it.
    pub async fn accept<S>(&self, stream: S) -> std::io::Result<ServerStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = self.shared.loaded().config(&self.alpn, self.asks).map_err(std::io::Error::other)?;
        tokio_rustls::TlsAcceptor::from(config).accept(stream).await
    }

    /// The certificate that the client has shown, if it has.
    pub fn client_certificate<S>(&self, stream: &ServerStream<S>) -> Option<ClientCertificate> {
        let chain = stream.get_ref().1.peer_certificates()?;
        ClientCertificate::new(chain, Arc::<Shared>::clone(&self.shared) as Arc<dyn CurrentTrust>)
    }
}

impl Shared {
    fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl CurrentTrust for Shared {
    fn with_trust(&self, check: &mut dyn FnMut(&ClientTrust)) {
        if let Some(trust) = &self.loaded().trust {
            check(trust);
        }
    }
}

impl Loaded {
    fn read(options: AcceptorOptions) -> Result<Loaded, TlsError> {
        let keys = Arc::new(ByServerName { keys: read_keys(&options)? });
        let trust = ClientTrust::read(&options.clients)?;
        let sessions = [(); 2].map(|()| ServerSessionMemoryCache::new(RESUMABLE));
        let loaded = Loaded { options, keys, trust, configs: Mutex::default(), sessions };
        // What the library refuses is to be said now, not to the first client.
        loaded.build(&[], true)?;
        Ok(loaded)
    }

    fn config(&self, alpn: &Arc<[Vec<u8>]>, asks: bool) -> Result<Arc<ServerConfig>, TlsError> {
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = configs.iter().find(|(protocols, with, _)| protocols == alpn && *with == asks);
        if let Some((_, _, config)) = known {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.build(alpn, asks)?);
        configs.push((Arc::clone(alpn), asks, Arc::clone(&config)));
        Ok(config)
    }

    fn build(&self, alpn: &[Vec<u8>], asks: bool) -> Result<ServerConfig, TlsError> {
        let versions: &[&rustls::SupportedProtocolVersion] = match self.options.minimum {
            TlsVersion::Tls12 => &[&rustls::version::TLS13, &rustls::version::TLS12],
            TlsVersion::Tls13 => &[&rustls::version::TLS13],
        };
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .map_err(|source| TlsError::rejected("protocol versions", source))?;
        let builder = match self.trust.as_ref().filter(|_| asks) {
            Some(trust) => builder.with_client_cert_verifier(trust.asking()),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::<ByServerName>::clone(&self.keys));
        config.alpn_protocols = alpn.to_vec();
        config.session_storage = Arc::<ServerSessionMemoryCache>::clone(&self.sessions[usize::from(asks)]);
        Ok(config)
    }
}

fn read_keys(options: &AcceptorOptions) -> Result<Vec<Arc<CertifiedKey>>, TlsError> {
    let provider = provider();
    let keys = options.certificates.iter().map(|files| read_key(files, &provider).map(Arc::new));
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(TlsError::NoCertificate) } else { Ok(keys) }
}

fn read_key(files: &CertificateFiles, provider: &rustls::crypto::CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let chain = pem::certificates(&files.certificate)?;
    let key = pem::private_key(&files.key)?;
    // Also checks that key and certificate belong together.
    CertifiedKey::from_der(chain, key, provider).map_err(|source| match source {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::Mismatch { certificate: files.certificate.clone(), key: files.key.clone() }
        }
        source => TlsError::rejected(files.certificate.display(), source),
    })
}

/// Picks the first certificate that is valid for the asked name, else the first of all.
#[derive(Debug)]
struct ByServerName {
    keys: Vec<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for ByServerName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let by_name = asked.filter(|_| self.keys.len() > 1);
        let by_name = by_name.and_then(|name| self.keys.iter().find(|key| fits(key, &name)));
        by_name.or_else(|| self.keys.first()).cloned()
    }
}

/// Whether a certificate is valid for a name.
fn fits(key: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let Ok(certificate) = key.end_entity_cert() else { return false };
    let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return false };
    rustls::client::verify_server_name(&parsed, name).is_ok()
}
