//! Handshakes over a pipe: what is trusted, what is refused, what a reload changes.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tls::{
    Acceptor, AcceptorOptions, CertificateFiles, Connector, ConnectorOptions, SelfSigned, SessionInfo, TlsVersion,
    self_signed,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

struct Certificates {
    folder: TempDir,
}

impl Certificates {
    fn new() -> Certificates {
        Certificates { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn make(&self, name: &str, hosts: &[&str]) -> CertificateFiles {
        let files =
            CertificateFiles { certificate: self.path(&format!("{name}.crt")), key: self.path(&format!("{name}.key")) };
        let names = hosts.iter().map(|host| (*host).to_owned()).collect();
        self_signed(&SelfSigned { names, days: 30 }).unwrap().write(&files.certificate, &files.key).unwrap();
        files
    }
}

fn acceptor(certificates: &[&CertificateFiles]) -> Acceptor {
    Acceptor::new(AcceptorOptions {
        certificates: certificates.iter().map(|&files| files.clone()).collect(),
        ..AcceptorOptions::default()
    })
    .unwrap()
}

fn connector(ca: &Path) -> Connector {
    Connector::new(&ConnectorOptions { ca_files: vec![ca.to_owned()], alpn: vec![], ..ConnectorOptions::default() })
        .unwrap()
}

async fn handshake(acceptor: &Acceptor, connector: &Connector, host: &str) -> std::io::Result<SessionInfo> {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let server = async {
        let mut stream = acceptor.accept(far).await?;
        let info = SessionInfo::of(&stream);
        stream.write_all(b"hello").await?;
        stream.shutdown().await?;
        Ok::<_, std::io::Error>(info)
    };
    let client = async {
        let mut stream = connector.connect(host, near).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        assert_eq!(text, "hello");
        Ok::<_, std::io::Error>(())
    };
    let (info, client) = tokio::join!(server, client);
    client?;
    info
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_by_name_and_address() {
    let certificates = Certificates::new();
    let files = certificates.make("site", &["mail.example.test", "127.0.0.1", "::1"]);
    let (acceptor, connector) = (acceptor(&[&files]), connector(&files.certificate));
    for host in ["mail.example.test", "127.0.0.1", "::1"] {
        let info = handshake(&acceptor, &connector, host).await.unwrap();
        assert_eq!(info.version, "TLSv1.3");
        assert!(info.key_bits >= 128 && info.cipher.starts_with("TLS13_"), "{info:?}");
    }
    assert!(handshake(&acceptor, &connector, "other.example.test").await.is_err());
    assert!(handshake(&acceptor, &connector, "not a name").await.is_err());
    assert_eq!(std::fs::metadata(&files.key).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_strangers_certificate_is_refused() {
    let certificates = Certificates::new();
    let (own, stranger) = (certificates.make("own", &["localhost"]), certificates.make("stranger", &["localhost"]));
    assert!(handshake(&acceptor(&[&stranger]), &connector(&own.certificate), "localhost").await.is_err());
}

#[tokio::test]
async fn a_certificate_marked_as_authority_is_trusted_as_itself_when_it_is_in_the_file() {
    let certificates = Certificates::new();
    // What `openssl req -x509` makes by default.
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let files = CertificateFiles { certificate: certificates.path("ca.crt"), key: certificates.path("ca.key") };
    std::fs::write(&files.certificate, certificate.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    let trusting = connector(&files.certificate);
    assert!(handshake(&acceptor(&[&files]), &trusting, "localhost").await.is_ok());
    assert!(handshake(&acceptor(&[&files]), &trusting, "elsewhere.test").await.is_err(), "its name still counts");
    let other = certificates.make("other", &["localhost"]);
    assert!(handshake(&acceptor(&[&files]), &connector(&other.certificate), "localhost").await.is_err());
}

#[tokio::test]
async fn an_expired_certificate_is_refused_even_if_it_is_in_the_file() {
    let certificates = Certificates::new();
    for authority in [false, true] {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        if authority {
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        }
        let key = rcgen::KeyPair::generate().unwrap();
        let files = CertificateFiles { certificate: certificates.path("old.crt"), key: certificates.path("old.key") };
        std::fs::write(&files.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        assert!(
            handshake(&acceptor(&[&files]), &connector(&files.certificate), "localhost").await.is_err(),
            "authority: {authority}"
        );
    }
}

#[tokio::test]
async fn the_certificate_follows_the_asked_name() {
    let certificates = Certificates::new();
    let (one, two) = (certificates.make("one", &["one.test"]), certificates.make("two", &["two.test"]));
    let acceptor = acceptor(&[&one, &two]);
    assert!(handshake(&acceptor, &connector(&one.certificate), "one.test").await.is_ok());
    assert!(handshake(&acceptor, &connector(&two.certificate), "two.test").await.is_ok());
    assert!(handshake(&acceptor, &connector(&two.certificate), "one.test").await.is_err());
}

#[tokio::test]
async fn a_reload_reaches_every_clone_and_a_faulty_one_changes_nothing() {
    let certificates = Certificates::new();
    let files = certificates.make("site", &["localhost"]);
    let acceptor = acceptor(&[&files]);
    let web = acceptor.with_alpn(&[b"h2", b"http/1.1"]);
    // A connector remembers sessions and would resume one without looking at the certificate: a new one each time.
    let old_certificate = certificates.path("old.crt");
    std::fs::copy(&files.certificate, &old_certificate).unwrap();
    let fresh = certificates.make("fresh", &["localhost"]);
    std::fs::copy(&fresh.certificate, &files.certificate).unwrap();
    assert!(acceptor.reload().is_err(), "certificate and key don't belong together");
    assert!(handshake(&acceptor, &connector(&old_certificate), "localhost").await.is_ok());
    std::fs::copy(&fresh.key, &files.key).unwrap();
    acceptor.reload().unwrap();
    for acceptor in [&acceptor, &web] {
        assert!(handshake(acceptor, &connector(&fresh.certificate), "localhost").await.is_ok());
        assert!(handshake(acceptor, &connector(&old_certificate), "localhost").await.is_err());
    }
}

#[tokio::test]
async fn alpn_is_agreed_where_it_is_offered() {
    let certificates = Certificates::new();
    let files = certificates.make("site", &["localhost"]);
    let web = acceptor(&[&files]).with_alpn(&[b"h2", b"http/1.1"]);
    let options = ConnectorOptions {
        ca_files: vec![files.certificate.clone()],
        alpn: vec![b"http/1.1".to_vec()],
        ..ConnectorOptions::default()
    };
    let info = handshake(&web, &Connector::new(&options).unwrap(), "localhost").await.unwrap();
    assert_eq!(info.alpn.as_deref(), Some(b"http/1.1".as_slice()));
    let strict =
        AcceptorOptions { certificates: vec![files], minimum: TlsVersion::Tls13, ..AcceptorOptions::default() };
    assert!(handshake(&Acceptor::new(strict).unwrap(), &Connector::new(&options).unwrap(), "localhost").await.is_ok());
}

#[test]
fn missing_and_damaged_files_are_named() {
    let certificates = Certificates::new();
    let files = certificates.make("site", &["localhost"]);
    let garbage = certificates.path("garbage.pem");
    std::fs::write(&garbage, "not PEM").unwrap();
    let open = |certificate: &Path, key: &Path| {
        let files = CertificateFiles { certificate: certificate.to_owned(), key: key.to_owned() };
        Acceptor::new(AcceptorOptions { certificates: vec![files], ..AcceptorOptions::default() })
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    assert!(open(&garbage, &files.key).contains("garbage.pem"));
    assert!(open(&files.certificate, &garbage).contains("garbage.pem"));
    assert!(open(&certificates.path("none.crt"), &files.key).contains("none.crt"));
    assert!(Acceptor::new(AcceptorOptions::default()).is_err());
    assert!(Connector::new(&ConnectorOptions::default()).is_err(), "trusting nobody is a mistake in the settings");
    let again = self_signed(&SelfSigned::default()).unwrap().write(&files.certificate, &files.key);
    assert!(again.is_err(), "existing files are not overwritten");
}
