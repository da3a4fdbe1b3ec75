//! `heliograph cert`: self-signed certificates, requests, and what is in use.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;
use suite::process::{Output, find_program, run};
use suite::{Site, SiteOptions};

fn site() -> Site {
    Site::make(SiteOptions::default().users::<&str>(&[]))
}

fn openssl(arguments: &[&str], input: &str) -> Output {
    run(Command::new(find_program("openssl")).args(arguments), input.as_bytes())
}

#[test]
fn a_self_signed_certificate_holds_its_names_and_dates_and_replaces_only_when_told_to() {
    let site = site();
    let config = site.root().join("config");
    let certificate = config.join("cert.pem");
    let words = ["cert", "self-signed", "mail.example.test", "imap.example.test", "192.0.2.1", "--days", "365"];
    let refused = site.tool(&words, "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("is there already; --force replaces it"), "{}", refused.stderr);
    site.tool(&[&words[..], &["--force"]].concat(), "").success();
    let text = openssl(&["x509", "-noout", "-text", "-in", certificate.to_str().unwrap()], "").success().stdout;
    for part in [
        "CN = mail.example.test",
        "DNS:mail.example.test",
        "DNS:imap.example.test",
        "IP Address:192.0.2.1",
        "TLS Web Server Authentication",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    // 364 days from now it holds, 366 it does not.
    for (days, valid) in [(364, true), (366, false)] {
        let seconds = (days * 86_400).to_string();
        let check = openssl(&["x509", "-noout", "-checkend", &seconds, "-in", certificate.to_str().unwrap()], "");
        assert_eq!(check.status.success(), valid, "{days}");
    }
    let mode = std::fs::metadata(config.join("key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let left: Vec<_> = std::fs::read_dir(&config).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".new")), "{left:?}");
    // Elsewhere, without a site's settings.
    let other = [config.join("other.pem"), config.join("other.key")];
    let [file, key] = other.each_ref().map(|path| path.to_str().unwrap());
    site.tool(&["cert", "self-signed", "other.test", "--cert", file, "--key", key], "").success();
    assert!(site.tool(&["cert", "self-signed", "--days", "0"], "").status.code() == Some(2));
}

#[test]
fn a_request_is_one_that_authorities_read() {
    let site = site();
    let words =
        ["cert", "request", "mail.example.test", "192.0.2.1", "--organization", "Example Ltd", "--country", "se"];
    let request = site.tool(&words, "").success();
    assert!(request.stderr.contains("request-key.pem (made)"), "{}", request.stderr);
    let text = openssl(&["req", "-noout", "-text", "-verify"], &request.stdout).success();
    let text = format!("{}{}", text.stdout, text.stderr);
    for part in [
        "C = SE, O = Example Ltd, CN = mail.example.test",
        "DNS:mail.example.test",
        "IP Address:192.0.2.1",
        "verify OK",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    // The next request is for the same key; one in a file is not written over.
    let public = |csr: &str| openssl(&["req", "-noout", "-pubkey"], csr).success().stdout;
    let file = site.root().join("next.csr");
    let again = [&words[..], &["--out", file.to_str().unwrap()]].concat();
    assert!(site.tool(&again, "").success().stderr.contains("(was there)"));
    assert_eq!(public(&std::fs::read_to_string(&file).unwrap()), public(&request.stdout));
    assert_eq!(site.tool(&again, "").status.code(), Some(1));
    assert_eq!(site.tool(&["cert", "request", "--country", "Sweden"], "").status.code(), Some(2));
}

#[test]
fn show_tells_what_is_in_use_and_what_is_wrong_with_it() {
    let site = site();
    let config = site.root().join("config");
    let shown = site.tool(&["cert", "show"], "").success().stdout;
    for part in [
        "(service.tls.certfile)",
        "subject      CN=localhost",
        "127.0.0.1",
        "issuer       itself",
        "key          EC 256",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let print =
        openssl(&["x509", "-noout", "-fingerprint", "-sha256", "-in", config.join("cert.pem").to_str().unwrap()], "");
    let print = print.success().stdout.trim().rsplit_once('=').unwrap().1.to_owned();
    assert!(shown.contains(&print), "{print} in {shown}");
    site.tool(&["configutil", "-o", "service.tls.cafile", "-v", "config/cert.pem"], "").success();
    site.tool(&["configutil", "-o", "local.service.proxy.cafile", "-v", "config/none.pem"], "").success();
    let output = site.tool(&["cert", "show", "--json"], "");
    assert_eq!(output.status.code(), Some(1), "a file that is not there");
    let rows: Vec<Value> = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(rows[0]["settings"], serde_json::json!(["service.tls.certfile", "service.tls.cafile"]));
    assert_eq!(rows[0]["sha256"], print);
    assert_eq!(rows[0]["self_signed"], true);
    assert_eq!(rows[0]["warning"], Value::Null);
    assert!(rows[0]["days_left"].as_u64().unwrap() > 800);
    assert!(rows[1]["problem"].as_str().unwrap().contains("none.pem"), "{rows:?}");
    // Near its end, over, and with another's key.
    site.tool(&["configutil", "-o", "local.service.proxy.cafile", "-d"], "").success();
    let soon = site.tool(&["cert", "show", "--days", "1000"], "").success().stdout;
    assert!(soon.contains("WARNING      expires in 82"), "{soon}");
    let mut params = rcgen::CertificateParams::new(vec!["old.test".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let old = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    std::fs::write(config.join("cert.pem"), old.pem()).unwrap();
    let output = site.tool(&["cert", "show"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.contains("WARNING      expired"), "{}", output.stdout);
    assert!(output.stdout.contains("its key is not the one in"), "{}", output.stdout);
}
