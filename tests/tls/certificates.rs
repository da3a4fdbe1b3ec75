//! The server's certificates while it runs: by name, read again, faulty.

use std::path::Path;

use suite::{ImapClient, Site, SiteOptions, wait_for};
use tls::{Certificate, SelfSigned, self_signed};

use super::peer::{refresh, s_client, set};

/// Makes a certificate for `host` at these places.
fn make(host: &str, certificate: &Path, key: &Path) {
    let made = self_signed(&SelfSigned { names: vec![host.to_owned(), "127.0.0.1".to_owned()], days: 90 }).unwrap();
    made.replace(certificate, key).unwrap();
}

/// The fingerprint of what a client gets that asks for `host`.
fn shown(site: &Site, arguments: &[&str]) -> Certificate {
    let output = s_client(site, "imaps", arguments, "a LOGOUT\n").stdout;
    let start = output.find("-----BEGIN CERTIFICATE").unwrap_or_else(|| panic!("no certificate: {output}"));
    let end = output.find("-----END CERTIFICATE-----").unwrap() + "-----END CERTIFICATE-----".len();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &output[start..end]).unwrap();
    Certificate::read_file(file.path()).unwrap().remove(0)
}

fn common_name(site: &Site, arguments: &[&str]) -> String {
    shown(site, arguments).subject.values("CN").next().unwrap().to_owned()
}

#[test]
fn the_asked_name_decides_between_several_certificates() {
    let site = Site::make(SiteOptions::default());
    let config = site.root().join("config");
    for host in ["one.test", "two.test"] {
        make(host, &config.join(format!("{host}.pem")), &config.join(format!("{host}.key")));
    }
    let mut site = site;
    site.settings(&[
        ("service.tls.certfile".to_owned(), "config/one.test.pem config/two.test.pem".to_owned()),
        ("service.tls.keyfile".to_owned(), "config/one.test.key config/two.test.key".to_owned()),
    ]);
    site.run();
    assert_eq!(common_name(&site, &["-servername", "one.test"]), "one.test");
    assert_eq!(common_name(&site, &["-servername", "TWO.test"]), "two.test");
    // The first is for everybody else.
    assert_eq!(common_name(&site, &["-servername", "three.test"]), "one.test");
    assert_eq!(common_name(&site, &["-noservername"]), "one.test");
    // Certificates without their keys: nothing changes.
    site.tool(&["configutil", "-o", "service.tls.keyfile", "-v", "config/one.test.key"], "").success();
    refresh(&site, "refresh: certificates kept as they were");
    assert!(site.log().contains("certfile names 2 files and service.tls.keyfile 1"), "{}", site.log());
    assert_eq!(common_name(&site, &["-servername", "two.test"]), "two.test");
}

#[test]
fn a_refresh_changes_the_certificate_and_disturbs_nobody() {
    let site = Site::new();
    let config = site.root().join("config");
    let (certificate, key) = (config.join("cert.pem"), config.join("key.pem"));
    let mut alive: Vec<ImapClient> = (0..20).map(|_| site.imap_as("alice")).collect();
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("session");
    let session = session.to_str().unwrap();
    s_client(&site, "imaps", &["-sess_out", session], "a NOOP\na LOGOUT\n");
    let again = || s_client(&site, "imaps", &["-sess_in", session], "a NOOP\na LOGOUT\n").stdout;
    assert!(again().contains("Reused, TLS"));
    let before = shown(&site, &[]).fingerprint;
    make("renewed.test", &certificate, &key);
    assert_eq!(shown(&site, &[]).fingerprint, before, "nothing changes by itself");
    refresh(&site, "refresh: certificates read again");
    assert_eq!(common_name(&site, &[]), "renewed.test");
    assert!(again().contains("New, TLS"), "a session under the old certificate is not resumed");
    for imap in &mut alive {
        imap.command("NOOP");
    }
    // A faulty pair: the log says which, the last good one stays.
    make("other.test", &certificate, &folder.path().join("elsewhere.key"));
    refresh(&site, "refresh: certificates kept as they were");
    assert!(site.log().contains("cert.pem: its key is not the one in"), "{}", site.log());
    assert_eq!(common_name(&site, &[]), "renewed.test");
    std::fs::remove_file(&certificate).unwrap();
    refresh(&site, "refresh: certificates kept as they were");
    assert_eq!(common_name(&site, &[]), "renewed.test");
    for imap in &mut alive {
        imap.command("SELECT INBOX");
    }
}

#[test]
fn a_start_with_faulty_files_fails_and_names_them() {
    let site = Site::make(SiteOptions::default().users::<&str>(&[]));
    let config = site.root().join("config");
    let (certificate, key) = (config.join("cert.pem"), config.join("key.pem"));
    let fails = |words: &[&str]| {
        let output = site.tool(&["run", "--port", "all=0", "--listen", "127.0.0.1"], "");
        assert_eq!(output.status.code(), Some(1), "{}", output.stderr);
        for word in words {
            assert!(output.stderr.contains(word), "'{word}' in {}", output.stderr);
        }
        assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    };
    let good_key = std::fs::read(&key).unwrap();
    std::fs::write(&key, "not a key").unwrap();
    fails(&["key.pem", "no usable private key block"]);
    make("other.test", &config.join("other.pem"), &config.join("other.key"));
    std::fs::copy(config.join("other.key"), &key).unwrap();
    fails(&["cert.pem: its key is not the one in", "key.pem"]);
    std::fs::remove_file(&key).unwrap();
    fails(&["key.pem", "No such file"]);
    std::fs::write(&key, good_key).unwrap();
    let good_certificate = std::fs::read(&certificate).unwrap();
    std::fs::write(&certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    fails(&["cert.pem"]);
    std::fs::remove_file(&certificate).unwrap();
    std::fs::remove_file(&key).unwrap();
    fails(&["enablesslport is on but there is no certificate", "service.tls.certfile"]);
    std::fs::write(&certificate, good_certificate).unwrap();
    site.tool(&["configutil", "-o", "service.tls.cafile", "-v", "config/none.pem"], "").success();
    fails(&["key.pem"]);
}

#[test]
fn without_sslusessl_there_is_no_tls_at_all() {
    let mut options = SiteOptions::default();
    for service in ["imap", "pop", "http"] {
        options = options.set(&format!("service.{service}.sslusessl"), "no");
    }
    let site = Site::start(options);
    for listener in ["imaps", "pops", "https"] {
        assert!(!site.has_listener(listener), "{listener}");
    }
    let mut imap = site.imap();
    assert!(!imap.greeting().contains("STARTTLS"), "{}", imap.greeting());
    assert!(imap.attempt("STARTTLS").status.starts_with("BAD"));
    assert!(imap.attempt("AUTHENTICATE EXTERNAL =").status.starts_with("NO"));
}

#[test]
fn an_end_that_is_near_is_told_at_the_start_and_after_a_refresh() {
    let mut site = Site::make(SiteOptions::default().users::<&str>(&[]));
    let config = site.root().join("config");
    let soon = self_signed(&SelfSigned { names: vec!["soon.test".to_owned()], days: 10 }).unwrap();
    soon.replace(&config.join("cert.pem"), &config.join("key.pem")).unwrap();
    site.run();
    let told = |site: &Site| site.log().matches("the certificate expires in 9 days").count();
    wait_for("the warning", || (told(&site) == 1).then_some(()));
    set(&site, "service.imap.certpreauth", "yes");
    assert_eq!(told(&site), 2);
}
