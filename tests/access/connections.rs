//! What connections see of filters and limits.

use suite::{Site, SiteOptions, wait_for};

use super::fixture::{connect_from, exchange, line, logged};

const STRANGER: &str = "127.0.0.2";

#[test]
fn a_refused_client_is_told_so_in_the_greetings_place_and_the_log_names_the_filter() {
    let mut options = SiteOptions::default();
    for service in ["imap", "pop", "http", "lmtp"] {
        options = options.set(&format!("service.{service}.domainnotallowed"), "smtp: ALL$ALL: 127.0.0.2");
    }
    let site = Site::start(options);
    for (service, told, greeted) in [
        ("imap", "* BYE Connections from your address are not accepted", "* OK "),
        ("pop", "-ERR [SYS/PERM] Connections from your address are not accepted", "+OK "),
        ("lmtp", "554 5.7.1 Connections from your address are not accepted", "220 "),
    ] {
        let address = site.listener(service);
        assert_eq!(exchange(&connect_from(STRANGER, address), ""), format!("{told}\r\n"), "{service}");
        assert!(line(&connect_from("127.0.0.1", address)).starts_with(greeted), "{service}");
    }
    let request = "GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let refused = exchange(&connect_from(STRANGER, site.listener("http")), request);
    let (head, body) = refused.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{refused}");
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{refused}");
    let served = exchange(&connect_from("127.0.0.1", site.listener("http")), request);
    assert!(served.starts_with("HTTP/1.1 200"), "{served}");
    for service in ["imap", "pop", "http", "lmtp"] {
        let start = format!("connection refused: {service} [127.0.0.2:");
        let line = wait_for("the refusal in the log", || {
            site.log().lines().find(|logged| logged.contains(&start)).map(str::to_owned)
        });
        assert!(line.contains("domainnotallowed filter 2 'ALL: 127.0.0.2'"), "{line}");
    }
}

#[test]
fn a_tls_port_closes_without_a_word() {
    let site = Site::start(
        SiteOptions::default()
            .set("service.imap.enablesslport", "yes")
            .set("service.imap.domainnotallowed", "imaps: 127.0.0.2"),
    );
    assert_eq!(exchange(&connect_from(STRANGER, site.listener("imaps")), ""), "");
    // imaps is the TLS port alone; imap is both.
    assert!(line(&connect_from(STRANGER, site.listener("imap"))).starts_with("* OK "));
    site.configure("service.imap.domainnotallowed", "imap: 127.0.0.2");
    assert_eq!(exchange(&connect_from(STRANGER, site.listener("imaps")), ""), "");
    assert!(line(&connect_from(STRANGER, site.listener("imap"))).starts_with("* BYE "));
}

#[test]
fn a_refresh_changes_the_filters_and_a_faulty_one_is_refused_by_configutil() {
    let site = Site::new();
    let greeting = || line(&connect_from(STRANGER, site.listener("imap")));
    assert!(greeting().starts_with("* OK "));
    site.configure("service.imap.domainallowed", "ALL: 127.0.0.1");
    assert!(greeting().starts_with("* BYE "));
    let refused = site.tool(&["configutil", "-o", "service.imap.domainallowed", "-v", "ALL: 127.0.0.1 EXCEPT"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("nothing stands after EXCEPT"), "{}", refused.stderr);
    site.configure("service.imap.domainnotallowed", "ALL: 10.");
    assert!(greeting().starts_with("* OK "));
}

#[test]
fn an_address_has_as_many_connections_as_connlimits_says_on_all_ports_together() {
    let site = Site::start(
        SiteOptions::default()
            .set("service.pop.enablesslport", "yes")
            .set("service.pop.connlimits", "127.0.0.2|255.255.255.255:2,0.0.0.0|0.0.0.0:50"),
    );
    let first = connect_from(STRANGER, site.listener("pop"));
    let second = connect_from(STRANGER, site.listener("pop"));
    assert!(line(&first).starts_with("+OK ") && line(&second).starts_with("+OK "));
    let crowded = "-ERR [SYS/TEMP] Too many connections from your address, try again later\r\n";
    assert_eq!(exchange(&connect_from(STRANGER, site.listener("pop")), ""), crowded);
    assert_eq!(exchange(&connect_from(STRANGER, site.listener("pops")), ""), "");
    assert!(line(&connect_from("127.0.0.3", site.listener("pop"))).starts_with("+OK "));
    logged(&site, "connlimits 127.0.0.2|255.255.255.255:2");
    drop(first);
    wait_for("room for another connection", || {
        line(&connect_from(STRANGER, site.listener("pop"))).starts_with("+OK ").then_some(())
    });
}

#[test]
fn filters_and_limits_are_the_same_over_ipv6() {
    let mut options = SiteOptions::default()
        .set("service.imap.domainnotallowed", "ALL: [::1]/128")
        .set("service.pop.connlimits", "[::]|0:1");
    options.listen = "::1".to_owned();
    let site = Site::start(options);
    assert_eq!(
        exchange(&connect_from("::1", site.listener("imap")), ""),
        "* BYE Connections from your address are not accepted\r\n"
    );
    let first = connect_from("::1", site.listener("pop"));
    assert!(line(&first).starts_with("+OK "));
    assert!(line(&connect_from("::1", site.listener("pop"))).starts_with("-ERR [SYS/TEMP]"));
    logged(&site, "connection refused: imap [[::1]:");
}
