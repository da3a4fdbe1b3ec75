//! GNU SASL signs in by SCRAM, under TLS bound to its channel (RFC 5802, RFC 7677, RFC 9266).

use std::process::Command;

use suite::{
    Site,
    process::{Output, find_program, run},
    site::password,
};

fn gsasl(site: &Site, mechanism: &str, tls: &[&str], password: &str) -> Output {
    let imap = site.listener("imap");
    let mut command = Command::new(find_program("gsasl"));
    command.args(["--imap", "--verbose", "--mechanism", mechanism, "--hostname=localhost", "--realm=localhost"]);
    command.args(tls).args(["--authentication-id=alice", "--password", password]);
    command.arg(format!("--connect={}:{}", imap.ip(), imap.port()));
    run(&mut command, b"")
}

#[test]
fn scram_with_and_without_channel_binding() {
    let site = Site::new();
    // No file of authorities: the site's certificate is its own.
    let tls = ["--starttls", "--x509-ca-file="];
    for (mechanism, tls) in [("SCRAM-SHA-256", ["--no-starttls", "--no-cb"]), ("SCRAM-SHA-256-PLUS", tls)] {
        let output = gsasl(&site, mechanism, &tls, password()).success();
        let told = output.stdout + &output.stderr;
        assert!(told.contains("server trusted"), "{mechanism}: {told}");
        let refused = gsasl(&site, mechanism, &tls, "wrong");
        assert!(!refused.status.success(), "{mechanism}: {}", refused.stdout);
    }
}

#[test]
fn capabilities_are_parted_by_one_space() {
    let site = Site::new();
    let reply = site.imap_as("alice").command("CAPABILITY");
    let line = reply.untagged[0].text();
    assert!(line.starts_with("* CAPABILITY ") && !line.contains("  "), "{line}");
}
