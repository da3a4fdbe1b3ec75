//! Guide §5.1: enabling services, ports, banners.

use suite::{Site, SiteOptions, Terminal};

use crate::tls::peer::s_client;

#[test]
fn a_service_that_is_disabled_is_not_served_and_stays_disabled_over_restarts() {
    // §5.1.1: the Enable setting persists.
    let mut site = Site::make(SiteOptions::default().users::<&str>(&[]));
    let terminal = Terminal::at(&site);
    terminal.types("configutil -o service.pop.enable -v no\nconfigutil -o service.pop.enablesslport -v no").success();
    for _ in 0..2 {
        site.run();
        assert!(!site.has_listener("pop") && !site.has_listener("pops"));
        assert!(site.has_listener("imap") && site.has_listener("http"));
        site.stop();
    }
}

#[test]
fn the_default_ports_are_those_of_the_protocols() {
    // §5.1.2, §5.1.3.
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for (service, port, ssl_port) in [("pop", "110", "995"), ("imap", "143", "993"), ("http", "80", "443")] {
        assert_eq!(terminal.value(&format!("service.{service}.port")), port);
        assert_eq!(terminal.value(&format!("service.{service}.sslport")), ssl_port);
    }
}

#[test]
fn port_numbers_are_any_number_from_1_to_65535() {
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for service in ["pop", "imap", "http"] {
        for port in ["1", "65535"] {
            terminal.types(&format!("configutil -o service.{service}.port -v {port}")).success();
            assert_eq!(terminal.value(&format!("service.{service}.port")), port);
        }
        for port in ["0", "65536", "-1", "imap"] {
            let refused = terminal.types(&format!("configutil -o service.{service}.port -v {port}"));
            assert_eq!(refused.status.code(), Some(1), "{port}");
            assert!(refused.stderr.contains("1 to 65535"), "{}", refused.stderr);
        }
        assert_eq!(terminal.value(&format!("service.{service}.port")), "65535");
    }
}

#[test]
fn the_banner_of_imap_and_pop_can_be_replaced() {
    // §5.1.4.
    let mut site = super::quiet_site();
    let terminal = Terminal::at(&site);
    terminal.types("configutil -o service.imap.banner -v 'Welcome to %h, speaking %p'").success();
    site.run();
    let greeting = site.imap().greeting().to_owned();
    assert!(greeting.contains("Welcome to localhost, speaking IMAP4"), "{greeting}");
}

#[test]
fn encrypted_communication_is_on_for_imap_pop_and_http_each_on_a_port_of_its_own() {
    // §5.1.3, §5.1.3.1 to §5.1.3.3. The lines of §5.5 are typed as they stand there; the others are of the same form.
    let mut site = Site::make(SiteOptions::default());
    let terminal = Terminal::at(&site);
    for service in ["imap", "pop", "http"] {
        terminal.types(&format!("configutil -o service.{service}.enablesslport -v no")).success();
    }
    site.run();
    for listener in ["imaps", "pops", "https"] {
        assert!(!site.has_listener(listener), "{listener}");
    }
    site.stop();
    terminal.types("configutil -o service.pop.enablesslport -v 1\nconfigutil -o service.pop.sslport -v 995").success();
    terminal.types("configutil -o service.imap.enablesslport -v yes").success();
    terminal.types("configutil -o service.http.enablesslport -v yes").success();
    site.run();
    for (listener, goodbye) in [("imaps", "a LOGOUT\n"), ("pops", "QUIT\n"), ("https", "GET /login HTTP/1.0\n\n")] {
        let said = s_client(&site, listener, &[], goodbye).stdout;
        assert!(said.contains("Cipher is ") && !said.contains("Cipher is (NONE)"), "{listener}: {said}");
    }
}

#[test]
fn imap_and_pop_change_to_ssl_on_their_own_port_once_there_is_a_certificate() {
    // §5.1.3.1: "as long as your Messaging Server has an installed SSL certificate"; §5.1.3.2: STLS.
    let site = Site::new();
    for (listener, protocol, goodbye, answer) in
        [("imap", "imap", "a LOGOUT\n", "a OK"), ("pop", "pop3", "QUIT\n", "+OK Goodbye")]
    {
        let said = s_client(&site, listener, &["-starttls", protocol], goodbye).stdout;
        assert!(said.contains(answer) && said.contains("BEGIN CERTIFICATE"), "{listener}: {said}");
    }
    let mut site = Site::make(SiteOptions::default().users::<&str>(&[]));
    for service in ["imap", "pop", "http"] {
        Terminal::at(&site).types(&format!("configutil -o service.{service}.enablesslport -v no")).success();
    }
    for file in ["cert.pem", "key.pem"] {
        std::fs::remove_file(site.root().join("config").join(file)).unwrap();
    }
    site.run();
    assert!(!site.imap().greeting().contains("STARTTLS"), "nothing is offered that cannot be done");
}
