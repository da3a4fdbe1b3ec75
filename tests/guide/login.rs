//! Guide §5.2: how people sign in.

use directory::{DirectoryFile, NewDomain};
use suite::{Site, SiteOptions, Terminal, site::password};

#[test]
fn plus_is_a_separator_once_the_guides_command_made_it_one() {
    let mut site = Site::new();
    site.stop();
    Terminal::at(&site).types("configutil -o service.loginseparator -v \"@+\"").success();
    site.run();
    for name in ["alice+example.test", "alice@example.test", "alice"] {
        site.imap().login(name, password());
    }
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
    assert!(is_let_in(&site, "carol@hosted.example") && is_let_in(&site, "carol+hosted.example"));
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
    // + is a digit's neighbour here, not a separator.
    Terminal::at(&site).types("configutil -o service.loginseparator -v \"@\"").success();
    site.run();
    assert!(is_let_in(&site, "+14085551212") && is_let_in(&site, "+1 408 555-1212") && is_let_in(&site, "4711"));
    assert!(!is_let_in(&site, "dora") && !is_let_in(&site, "*") && !is_let_in(&site, "4*"));
    assert!(site.http_as("4711").get_following("/mail/INBOX").text().contains("emil"));
}
