//! CAPA and LANG (RFC 2449 §5, §6; RFC 6856 §3).

use std::time::Duration;

use super::fixture::{Options, Pop};

fn implementation() -> String {
    format!("IMPLEMENTATION Heliograph-Messaging-Server-{}", daemon::Product::VERSION)
}

#[test]
fn everything_announced_is_the_same_in_both_states() {
    let pop = Pop::new();
    let mut client = pop.connect();
    let before = client.list("CAPA");
    let implementation = implementation();
    assert_eq!(
        before,
        [
            "TOP",
            "UIDL",
            "RESP-CODES",
            "AUTH-RESP-CODE",
            "PIPELINING",
            "USER",
            "SASL PLAIN SCRAM-SHA-256",
            "STLS",
            "EXPIRE NEVER",
            "UTF8 USER",
            "LANG",
            &implementation
        ]
    );
    client.sign_in("alice");
    assert_eq!(client.list("capa"), before);
}

#[test]
fn settings_and_the_connection_decide_what_is_announced() {
    let options =
        Options { login_delay: Duration::from_secs(900), expire_days: Some(30), with_tls: false, ..Options::default() };
    let pop = Pop::with(options.clone());
    let lines = pop.connect().list("CAPA");
    for line in ["LOGIN-DELAY 900", "EXPIRE 30", "USER", "SASL PLAIN SCRAM-SHA-256"] {
        assert!(lines.iter().any(|found| found == line), "{line}: {lines:?}");
    }
    assert!(!lines.iter().any(|line| line == "STLS"), "{lines:?}");
    for least in [-1, 128] {
        let pop = Pop::with(Options { plaintext_min_cipher: least, ..options.clone() });
        let lines = pop.connect().list("CAPA");
        assert!(!lines.iter().any(|line| line == "USER" || line.contains("PLAIN")), "{lines:?}");
    }
}

#[test]
fn languages_are_listed_and_chosen() {
    let pop = Pop::new();
    let mut client = pop.connect();
    assert_eq!(client.list("LANG"), ["en English"]);
    assert_eq!(client.ok("LANG en"), "en Language changed");
    assert_eq!(client.ok("LANG EN-gb"), "en Language changed");
    assert_eq!(client.ok("LANG *"), "en Language changed");
    assert_eq!(client.err("LANG mul"), "Language is not supported");
    assert_eq!(client.err("LANG -"), "Language is not supported");
    client.sign_in("alice");
    assert_eq!(client.list("LANG"), ["en English"]);
}
