//! OpenSSL's client and curl against a site, and what tests of TLS do to one.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use suite::Site;
use suite::process::{Output, find_program, run};
use suite::wait_for;

use super::authority::Issued;

/// `openssl s_client` with `lines` on its standard input; it ends when the server hangs up.
pub fn s_client(site: &Site, listener: &str, arguments: &[&str], lines: &str) -> Output {
    let mut command = Command::new(find_program("openssl"));
    command.args(["s_client", "-crlf", "-ign_eof", "-connect"]).arg(site.listener(listener).to_string());
    command.args(arguments);
    run(&mut command, lines.as_bytes())
}

/// The same, with a certificate and without OpenSSL's own words.
pub fn with_certificate(site: &Site, listener: &str, own: &Issued, arguments: &[&str], lines: &str) -> String {
    let mut all = vec!["-quiet", "-cert", own.certificate.to_str().unwrap(), "-key", own.key.to_str().unwrap()];
    all.extend_from_slice(arguments);
    s_client(site, listener, &all, lines).stdout
}

/// Shows a certificate on the IMAP TLS port, signs with the key of another file, and asks to be signed in with it: the first two words
/// of the greeting and the answer. `None` when the server hangs up instead.
pub fn stolen(site: &Site, certificate: &Path, key: &Path) -> Option<(String, String)> {
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
    let mut config = ClientConfig::clone(&tls::Connector::opportunistic().unwrap().client_config());
    config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key)));
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(site.listener("imaps")).unwrap();
    let mut stream = BufReader::new(StreamOwned::new(session, stream));
    let mut line = || -> Option<String> {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0).map(|_| line)
    };
    let greeting = line()?.split(' ').take(2).collect::<Vec<_>>().join(" ");
    stream.get_mut().write_all(b"a1 AUTHENTICATE EXTERNAL =\r\n").unwrap();
    let mut answer = String::new();
    stream.read_line(&mut answer).unwrap();
    Some((greeting, answer))
}

/// Whether a handshake with these arguments succeeds; the session is ended at once.
pub fn shakes_hands(site: &Site, listener: &str, arguments: &[&str]) -> bool {
    let goodbye = match listener {
        "pop" | "pops" => "QUIT\n",
        "https" => "GET /login HTTP/1.0\n\n",
        _ => "a LOGOUT\n",
    };
    let output = s_client(site, listener, arguments, goodbye);
    // A handshake that failed has no cipher.
    output.stdout.contains("Cipher is ") && !output.stdout.contains("Cipher is (NONE)")
}

/// curl, with redirects followed only where `arguments` say so.
pub fn curl(arguments: &[&str]) -> Output {
    let mut command = Command::new(find_program("curl"));
    command.args(["-sS", "--max-time", "60"]).args(arguments);
    run(&mut command, b"")
}

/// SIGHUP, and waits until the log has `words` once more than before.
#[track_caller]
pub fn refresh(site: &Site, words: &str) {
    let count = |log: String| log.matches(words).count();
    let before = count(site.log());
    kill(Pid::from_raw(site.pid().cast_signed()), Signal::SIGHUP).unwrap();
    wait_for(words, || (count(site.log()) > before).then_some(()));
}

/// Sets a setting of a running site and refreshes.
#[track_caller]
pub fn set(site: &Site, name: &str, value: &str) {
    site.tool(&["configutil", "-o", name, "-v", value], "").success();
    refresh(site, "refresh: settings read again");
}
