//! Guide §5.2: how people sign in.

use directory::{DirectoryFile, NewDomain};
use suite::{Site, SiteOptions, Terminal, site::password};

use crate::tls::authority::{Authority, Person};
use crate::tls::peer::{curl, s_client, with_certificate};

#[test]
fn plus_is_a_separator_once_the_guides_command_made_it_one() {
    let mut site = Site::new();
    assert!(!site.imap().attempt(&format!("LOGIN alice+example.test {}", password())).is_ok(), "@ alone at first");
    site.stop();
    Terminal::at(&site).types("configutil -o service.loginseparator -v \"@+\"").success();
    site.run();
    for name in ["alice+example.test", "alice@example.test", "alice"] {
        site.imap().login(name, password());
    }
}

#[test]
fn passwords_may_be_sent_in_clear_unless_a_cipher_strength_is_set() {
    // §5.2.2: zero asks for no encryption, another value for a session with a key of at least that length.
    let mut site = Site::new();
    let terminal = Terminal::at(&site);
    for service in ["imap", "pop", "http"] {
        assert_eq!(terminal.value(&format!("service.{service}.plaintextmincipher")), "0");
    }
    site.imap_as("alice");
    site.stop();
    terminal.types("configutil -o service.imap.plaintextmincipher -v 128").success();
    site.run();
    let refused = site.imap().attempt(&format!("LOGIN alice {}", password()));
    assert!(refused.status.starts_with("NO [PRIVACYREQUIRED]"), "{}", refused.status);
    let lines = format!("a1 LOGIN alice {}\na2 LOGOUT\n", password());
    let said = s_client(&site, "imap", &["-quiet", "-starttls", "imap"], &lines).stdout;
    assert!(said.contains("a1 OK"), "{said}");
    site.stop();
    // More than any cipher has: nobody signs in with a password.
    terminal.types("configutil -o service.imap.plaintextmincipher -v 512").success();
    site.run();
    let said = s_client(&site, "imaps", &["-quiet"], &lines).stdout;
    assert!(said.contains("a1 NO [PRIVACYREQUIRED]"), "{said}");
}

#[test]
fn whoever_shows_a_certificate_is_authenticated_and_whoever_does_not_sends_a_password() {
    // §5.2.3: both are supported; the certificate is used if there is one.
    let authority = Authority::new("Site CA");
    let own = authority.person(&Person { name: "Alice", mail: &["alice@example.test"], ..Person::default() });
    let mut site = Site::make(SiteOptions::default());
    Terminal::at(&site).types(&format!("configutil -o service.tls.cafile -v {}", authority.file().display())).success();
    site.run();
    let said = with_certificate(&site, "imaps", &own, &[], "a1 SELECT INBOX\na2 LOGOUT\n");
    assert!(said.starts_with("* PREAUTH") && said.contains("a1 OK"), "{said}");
    let lines = format!("a1 LOGIN alice {}\na2 LOGOUT\n", password());
    let said = s_client(&site, "imaps", &["-quiet"], &lines).stdout;
    assert!(said.starts_with("* OK") && said.contains("a1 OK"), "{said}");
    site.imap_as("alice");
    // HTTP as well; POP knows passwords only.
    let url = format!("https://{}/", site.listener("https"));
    let jar = authority.path("jar");
    let (certificate, key) = (own.certificate.to_str().unwrap(), own.key.to_str().unwrap());
    let page = curl(&["-k", "-L", "-c", jar.to_str().unwrap(), "--cert", certificate, "--key", key, &url]).success();
    assert!(page.stdout.contains("Inbox") && !page.stdout.contains("name=\"password\""), "{}", page.stdout);
    let page = curl(&["-k", "-L", &url]).success();
    assert!(page.stdout.contains("name=\"password\""), "{}", page.stdout);
    let said = with_certificate(&site, "pops", &own, &[], "STAT\nQUIT\n");
    assert!(said.contains("-ERR"), "{said}");
}

#[test]
fn disallowed_passwords_leave_certificates() {
    // §5.2.2: "Users are then required to use certificate-based login".
    let authority = Authority::new("Site CA");
    let own = authority.person(&Person { name: "Alice", mail: &["alice@example.test"], ..Person::default() });
    let site = Site::start(
        SiteOptions::default()
            .set("service.tls.cafile", authority.file().display())
            .set("service.imap.plaintextmincipher", "-1"),
    );
    let lines = format!("a1 LOGIN alice {}\na2 LOGOUT\n", password());
    let said = s_client(&site, "imaps", &["-quiet"], &lines).stdout;
    assert!(said.contains("LOGINDISABLED") && said.contains("a1 NO"), "{said}");
    let said = with_certificate(&site, "imaps", &own, &[], "a1 SELECT INBOX\na2 LOGOUT\n");
    assert!(said.starts_with("* PREAUTH") && said.contains("a1 OK"), "{said}");
}

/// A site with the hosted domain hosted.example beside its own, not running; further users are added to both.
fn two_domains(users: &[&str]) -> Site {
    let site = Site::make(SiteOptions::default());
    let file = DirectoryFile::new(site.root().join("config/directory.ldif"), site.domain());
    file.add_domain(&NewDomain { name: "hosted.example".to_owned(), aliases: Vec::new() }).unwrap();
    for user in users {
        site.add_user(user);
    }
    site
}

fn is_let_in(site: &Site, name: &str) -> bool {
    site.imap().attempt(&format!("LOGIN \"{name}\" {}", password())).is_ok()
}

#[test]
fn users_of_the_default_domain_sign_in_without_it_others_do_not() {
    let mut site = two_domains(&["carol@hosted.example"]);
    site.run();
    assert!(is_let_in(&site, "alice") && is_let_in(&site, "alice@example.test"));
    assert!(is_let_in(&site, "carol@hosted.example"));
    assert!(!is_let_in(&site, "carol"));
}

#[test]
fn with_searchfordomain_0_a_user_id_that_is_unique_in_the_whole_tree_is_enough() {
    let mut site = two_domains(&["carol@hosted.example", "bob@hosted.example"]);
    Terminal::at(&site).types("configutil -o sasl.default.ldap.searchfordomain -v 0").success();
    site.run();
    assert!(is_let_in(&site, "carol") && is_let_in(&site, "alice"));
    assert!(!is_let_in(&site, "bob"), "not unique: without the domain it will not work");
    assert!(is_let_in(&site, "bob@example.test") && is_let_in(&site, "bob@hosted.example"));
    // The webmail signs in for people by their store ids, whatever they typed.
    site.http_as("carol").get_following("/mail/INBOX");
    site.http_as("bob@example.test").get_following("/mail/INBOX");
}

#[test]
fn people_sign_in_by_telephone_number_once_the_search_filter_says_so() {
    let mut site = two_domains(&["dora telephoneNumber=+14085551212", "emil employeeNumber=4711"]);
    Terminal::at(&site)
        .types("configutil -o sasl.default.ldap.searchfilter -v \"(|(telephoneNumber=%U)(employeeNumber=%U))\"")
        .success();
    site.run();
    assert!(is_let_in(&site, "+14085551212") && is_let_in(&site, "+1 408 555-1212") && is_let_in(&site, "4711"));
    assert!(!is_let_in(&site, "dora") && !is_let_in(&site, "*") && !is_let_in(&site, "4*"));
    assert!(site.http_as("4711").get_following("/mail/INBOX").text().contains("emil"));
}
