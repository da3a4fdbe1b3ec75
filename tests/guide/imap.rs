//! Guide §5.6: configuring the IMAP service.

use suite::{Site, Terminal, site::password};

#[test]
fn every_command_line_of_the_section_is_obeyed() {
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for name in ["service.imap.enable", "service.imap.enablesslport"] {
        terminal.types_each(&format!("configutil -o {name} -v [ yes | no ]"), |choice| {
            assert_eq!(terminal.value(name), choice);
        });
    }
    for (line, placeholder, value) in [
        ("configutil -o service.imap.port -v number", "number", "1143"),
        ("configutil -o service.imap.sslport -v number", "number", "1993"),
        ("configutil -o service.imap.plaintextmincipher -v value", "value", "128"),
        ("configutil -o service.imap.maxsessions -v number", "number", "5000"),
        ("configutil -o service.imap.idletimeout -v number", "number", "45"),
        ("configutil -o service.imap.maxthreads -v number", "number", "300"),
        ("configutil -o service.imap.numprocesses -v number", "number", "4"),
        ("configutil -o service.imap.banner -v banner", "banner", "%h IMAP service"),
    ] {
        let said = terminal.types_with(line, placeholder, value).success();
        assert_eq!(said.stdout, "OK SET\n", "{line}");
        let name = line.split(' ').nth(2).unwrap();
        assert_eq!(terminal.value(name), value, "{line}");
    }
}

#[test]
fn a_minimum_cipher_strength_forces_users_to_encrypt() {
    let mut site = Site::new();
    site.imap_as("alice");
    site.stop();
    Terminal::at(&site).types_with("configutil -o service.imap.plaintextmincipher -v value", "value", "128").success();
    site.run();
    let mut imap = site.imap();
    assert!(imap.greeting().contains("LOGINDISABLED") && imap.greeting().contains("STARTTLS"), "{}", imap.greeting());
    let refused = imap.attempt(&format!("LOGIN alice {}", password()));
    assert!(refused.status.starts_with("NO [PRIVACYREQUIRED]"), "{}", refused.status);
}

#[test]
fn a_disabled_service_is_not_served() {
    let mut site = super::quiet_site();
    let terminal = Terminal::at(&site);
    terminal.types("configutil -o service.imap.enable -v no\nconfigutil -o service.imap.enablesslport -v no").success();
    site.run();
    assert!(!site.has_listener("imap") && !site.has_listener("imaps"));
}
