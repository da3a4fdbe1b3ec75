//! OpenSSL's client: TLS from the first byte and by STARTTLS.

use std::process::Command;

use suite::{
    Site,
    process::{Output, find_program, run},
    site::password,
};

fn s_client(site: &Site, listener: &str, arguments: &[&str], lines: &str) -> Output {
    let mut command = Command::new(find_program("openssl"));
    command.args(["s_client", "-quiet", "-crlf", "-connect"]).arg(site.listener(listener).to_string());
    command.args(arguments);
    run(&mut command, lines.as_bytes())
}

fn conversation() -> String {
    format!("a1 LOGIN alice {}\na2 SELECT INBOX\na3 LOGOUT\n", password())
}

#[test]
fn starttls() {
    let site = Site::new();
    let output = s_client(&site, "imap", &["-starttls", "imap", "-ign_eof"], &conversation());
    for answer in ["a1 OK", "a2 OK", "* BYE", "a3 OK"] {
        assert!(output.stdout.contains(answer), "{answer}: {}\n{}", output.stdout, output.stderr);
    }
}

#[test]
fn tls_from_the_first_byte() {
    let site = Site::new();
    let output = s_client(&site, "imaps", &["-ign_eof", "-tls1_3"], &conversation());
    for answer in ["* OK", "a1 OK", "a2 OK", "* BYE", "a3 OK"] {
        assert!(output.stdout.contains(answer), "{answer}: {}\n{}", output.stdout, output.stderr);
    }
    let output = s_client(&site, "imaps", &["-ign_eof", "-tls1_2"], &conversation());
    assert!(output.stdout.contains("a3 OK"), "TLS 1.2: {}\n{}", output.stdout, output.stderr);
    let output = s_client(&site, "imaps", &["-ign_eof", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], &conversation());
    assert!(!output.stdout.contains("a1 OK"), "TLS 1.1 is refused: {}", output.stdout);
}

#[test]
fn starttls_is_offered_once() {
    let site = Site::new();
    let mut imap = site.imap();
    let offered = imap.command("CAPABILITY");
    assert!(offered.untagged[0].text().contains("STARTTLS"), "{offered:?}");
    let output = s_client(&site, "imap", &["-starttls", "imap", "-ign_eof"], "a1 CAPABILITY\na2 STARTTLS\na3 LOGOUT\n");
    let capabilities = output.stdout.lines().find(|line| line.starts_with("* CAPABILITY")).unwrap_or_default();
    assert!(!capabilities.is_empty() && !capabilities.contains("STARTTLS"), "{}", output.stdout);
    assert!(output.stdout.contains("a2 BAD"), "{}", output.stdout);
}

/// What was sent behind STARTTLS before the handshake must not be obeyed after it (RFC 3501 §6.2.1).
#[test]
fn commands_sent_before_the_handshake_are_dropped() {
    let site = Site::new();
    let mut imap = site.imap();
    imap.send(b"a1 STARTTLS\r\na2 NOOP\r\n");
    let first = imap.response().text();
    assert!(first.starts_with("a1 OK") || first.starts_with("a1 BAD"), "{first}");
    if first.starts_with("a1 OK") {
        // The plain text that follows is no handshake: the connection ends, and a2 is never answered.
        let next = imap.try_response();
        assert!(!next.as_ref().is_ok_and(|response| response.text().starts_with("a2")), "{next:?}");
    }
}
