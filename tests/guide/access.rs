//! Guide §5.1.1, §5.4 and §23.7: who may use which service, from where.

use suite::{Site, SiteOptions, Terminal};

#[test]
fn services_are_enabled_for_single_users_by_their_directory_entry() {
    // §5.1.1: "You can also enable or disable services at the user level by setting the LDAP attribute mailAllowedServiceAccess."
    let site = Site::start(SiteOptions::default().users(&["alice mailAllowedServiceAccess=-pop:*", "bob"]));
    for (user, admitted) in [("alice", false), ("bob", true)] {
        let mut pop = suite::ImapClient::connect(site.listener("pop"));
        pop.send(format!("USER {user}\r\nPASS {}\r\n", suite::site::password()).as_bytes());
        assert!(pop.response().text().starts_with("+OK"));
        assert_eq!(pop.response().text().starts_with("+OK"), admitted, "{user}");
        site.imap_as(user);
    }
}

#[test]
fn filters_are_set_with_configutil_and_shown_as_they_were_typed() {
    // §23.7.
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for service in ["imap", "pop", "http"] {
        for (option, filter) in [
            ("domainnotallowed", "ALL: ALL"),
            ("domainallowed", "ALL: LOCAL @netgroup1"),
            ("domainallowed", "ALL:. siroe.com EXCEPT externalserver.siroe.com"),
            ("domainnotallowed", "ALL EXCEPT pop: contractor.siroe1.com,. siroe.com"),
            ("domainnotallowed", "ALL: DNSSPOOFER"),
        ] {
            terminal.types(&format!("configutil -o service.{service}.{option} -v \"{filter}\"")).success();
            assert_eq!(terminal.value(&format!("service.{service}.{option}")).trim_matches('"'), filter);
        }
        let refused = terminal.types(&format!("configutil -o service.{service}.domainallowed -v \"ALL LOCAL\""));
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.stderr.contains("there is no ':'"), "{}", refused.stderr);
    }
}
