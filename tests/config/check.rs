//! `heliograph config check`: contradictions are found, and what to type is said.

use std::sync::OnceLock;

use config::{
    Settings,
    check::{Severity, contradictions},
};
use serde_json::Value;
use suite::{Site, SiteOptions};

fn site() -> Site {
    Site::make(SiteOptions::default().users::<&str>(&[]))
}

/// What is said when these settings are made on a fresh site.
fn found(changes: &[(&str, &str)]) -> Vec<(Severity, String, String)> {
    static FRESH: OnceLock<Site> = OnceLock::new();
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("config")).unwrap();
    for file in std::fs::read_dir(FRESH.get_or_init(site).root().join("config")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), root.path().join("config").join(file.file_name())).unwrap();
    }
    let mut settings = Settings::load(root.path()).unwrap();
    settings.set(changes).unwrap();
    contradictions(&settings).into_iter().map(|one| (one.severity, one.problem, one.advice)).collect()
}

#[track_caller]
fn finds(changes: &[(&str, &str)], severity: Severity, problem: &str, advice: &str) {
    let found = found(changes);
    assert!(
        found.iter().any(|(s, p, a)| *s == severity && p.contains(problem) && a.contains(advice)),
        "{changes:?}: {found:#?}"
    );
}

#[test]
fn a_fresh_site_agrees_with_itself() {
    let site = site();
    let output = site.tool(&["config", "check"], "").success();
    assert_eq!(output.stdout, "the settings agree with each other\n");
}

#[test]
fn a_port_that_stands_twice_is_named_with_both_options() {
    finds(
        &[("service.pop.port", "143")],
        Severity::Error,
        "service.imap.port and service.pop.port are both 143",
        "configutil -o service.pop.port -v PORT",
    );
    finds(&[("service.http.sslport", "993")], Severity::Error, "are both 993", "service.http.sslport");
    // The same port on another address is no trouble.
    assert_eq!(
        found(&[
            ("service.listenaddr", "192.0.2.1"),
            ("service.lmtp.listenaddr", "127.0.0.1"),
            ("service.lmtp.port", "143")
        ]),
        []
    );
    // Nor is that of a service that is off.
    assert_eq!(
        found(&[("service.pop.enable", "no"), ("service.pop.enablesslport", "no"), ("service.pop.port", "143")]),
        []
    );
}

#[test]
fn a_tls_port_needs_a_certificate_and_the_master_switch() {
    finds(&[("service.tls.certfile", "config/none.pem")], Severity::Error, "none.pem is missing", "cert self-signed");
    finds(
        &[("service.imap.sslusessl", "no")],
        Severity::Warning,
        "nobody listens on the TLS port",
        "configutil -o service.imap.sslusessl -v yes",
    );
}

#[test]
fn sign_in_that_nobody_can_pass_is_found() {
    for service in ["imap", "http"] {
        let option = format!("service.{service}.plaintextmincipher");
        finds(&[(&option, "-1")], Severity::Error, "nobody can sign in", "service.tls.cafile");
        let switch = format!("service.{service}.sslusessl");
        finds(&[(&option, "128"), (&switch, "no")], Severity::Error, "nobody can sign in", &switch);
    }
    finds(&[("service.pop.plaintextmincipher", "-1")], Severity::Error, "POP knows no other", "128");
    finds(
        &[("service.http.plaintextmincipher", "128"), ("service.http.enablesslport", "no")],
        Severity::Error,
        "there is no HTTPS port",
        "service.http.enablesslport -v yes",
    );
    finds(
        &[("service.imap.plaintextmincipher", "128"), ("service.tls.keyfile", "config/none.pem")],
        Severity::Error,
        "there is no certificate",
        "cert self-signed",
    );
}

#[test]
fn the_webmails_way_to_its_back_ends_is_checked() {
    finds(
        &[("local.service.proxy.admin", ""), ("local.service.proxy.adminpass", "")],
        Severity::Error,
        "Mail server unavailable",
        "configutil -o local.service.proxy.admin -v USER",
    );
    finds(
        // A front end has no store of its own, and users' mailHost attributes lead elsewhere.
        &[("service.imap.enable", "no")],
        Severity::Warning,
        "IMAP is not enabled",
        "configutil -o service.imap.enable -v yes",
    );
    finds(
        &[("local.service.proxy.imapssl", "yes"), ("service.http.sslusessl", "no")],
        Severity::Error,
        "needs service.http.sslusessl",
        "service.http.sslusessl -v yes",
    );
    finds(&[("local.service.proxy.imapssl", "yes")], Severity::Warning, "the port without TLS", "imapport -v 993");
    finds(
        &[("local.service.proxy.imapport.-bad-", "1143")],
        Severity::Error,
        "'-bad-'",
        "configutil -o local.service.proxy.imapport.-bad- -d",
    );
    finds(&[("store.admins", "somebody")], Severity::Warning, "no store administrator", "'somebody proxyadmin'");
    // A front end with credentials for its back ends alone needs no IMAP of its own.
    assert_eq!(
        found(&[
            ("service.imap.enable", "no"),
            ("service.imap.enablesslport", "no"),
            ("local.service.proxy.admin", ""),
            ("local.service.proxy.adminpass", ""),
            ("local.service.proxy.admin.store1.example.com", "boss"),
            ("local.service.proxy.adminpass.store1.example.com", "secret"),
        ]),
        []
    );
}

#[test]
fn sizes_and_times_that_defeat_each_other_are_found() {
    finds(&[("service.http.maxmessagesize", "1M")], Severity::Warning, "1048576", "maxpostsize -v 1048576");
    finds(&[("service.imap.maxmessagesize", "1000")], Severity::Warning, "Sent folder", "maxmessagesize -v 5242880");
    finds(&[("service.http.sessiontimeout", "60")], Severity::Warning, "resourcetimeout", "resourcetimeout -v 60");
}

#[test]
fn an_option_without_effect_is_named_with_its_reason() {
    finds(
        &[("local.imap.sslnicknames", "Server-Cert")],
        Severity::Warning,
        "certificates are PEM files",
        "configutil -o local.imap.sslnicknames -d",
    );
}

#[test]
fn the_command_reads_damaged_files_and_looks_at_folders() {
    let site = site();
    let file = Settings::path_in(site.root());
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{good}service.imap.port = many\nnonsense\n")).unwrap();
    let output = site.tool(&["config", "check", "--json"], "");
    assert_eq!(output.status.code(), Some(1));
    let list: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2, "{list}");
    assert!(list[0]["problem"].as_str().unwrap().contains("port is a number"), "{list}");
    std::fs::write(&file, format!("{good}service.http.spooldir = config/msg.conf\n")).unwrap();
    let output = site.tool(&["config", "check"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.contains("msg.conf is not a folder"), "{}", output.stdout);
    // The old tool's flag does the same.
    assert_eq!(site.tool(&["configutil", "-V"], "").stdout, output.stdout);
}

#[test]
fn warnings_alone_do_not_fail_and_others_may_not_read_passwords() {
    use std::os::unix::fs::PermissionsExt;
    let site = site();
    let file = Settings::path_in(site.root());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = site.tool(&["config", "check"], "").success();
    assert!(output.stdout.contains("chmod 600"), "{}", output.stdout);
    assert!(output.stdout.ends_with("0 errors, 1 warning\n"), "{}", output.stdout);
}

#[test]
fn filters_for_other_services_and_a_proxy_header_from_loopback_are_named() {
    finds(
        &[("service.imap.domainallowed", "pop: ALL")],
        Severity::Warning,
        "'pop: ALL' in service.imap.domainallowed names other services",
        "service.imap.domainallowed",
    );
    finds(
        &[("service.imap.proxyprotocol", "127.0.0.0/8")],
        Severity::Warning,
        "the webmail and msprobe connect from there",
        "127.0.0.1",
    );
    let quiet =
        found(&[("service.imap.domainallowed", "imaps: ALL$ALL: LOCAL"), ("service.imap.proxyprotocol", "192.0.2.1")]);
    assert!(quiet.is_empty(), "{quiet:?}");
}

#[test]
fn missing_authorities_and_revocation_lists_are_named() {
    for option in ["service.tls.cafile", "service.tls.crlfile"] {
        finds(&[(option, "config/no-such.pem")], Severity::Error, "no-such.pem, which is missing", option);
    }
}

#[test]
fn files_that_cannot_be_used_are_found_before_a_start_fails() {
    let site = site();
    std::fs::write(site.root().join("config/certmap.conf"), "this is no map\n").unwrap();
    std::fs::write(site.root().join("config/key.pem"), "this is no key\n").unwrap();
    let output = site.tool(&["config", "check"], "");
    assert_eq!(output.status.code(), Some(1), "{}", output.stdout);
    assert!(output.stdout.contains("certmap.conf") && output.stdout.contains("key.pem"), "{}", output.stdout);
}

#[test]
fn a_service_that_is_off_but_for_its_tls_port_is_told() {
    finds(
        &[("service.pop.enable", "no"), ("service.pop.enablesslport", "yes")],
        Severity::Warning,
        "service.pop.enable is no, but service.pop.enablesslport is yes: the service runs on its TLS port 995 alone",
        "configutil -o service.pop.enablesslport -v no",
    );
    let off = found(&[("service.pop.enable", "no"), ("service.pop.enablesslport", "no")]);
    assert!(!off.iter().any(|(_, problem, _)| problem.contains("service.pop.enable is no")), "{off:#?}");
}
