//! Who is found by what they type, and who administrates whom: the same in the LDIF file and in slapd.

use directory::{Condition, Directory, DirectoryError, DirectoryRules, EntrySearch, LoginName, Reach};

use super::fixture::{Fixture, Kind, both_kinds};

fn rules(filter: &str) -> DirectoryRules {
    DirectoryRules::new("example.test").with_search_filter(filter).unwrap()
}

async fn login(directory: &dyn Directory, typed: &str, domain: Option<&str>) -> Option<String> {
    let user = typed.split('@').next().unwrap();
    let name = LoginName { typed: typed.to_owned(), ..LoginName::new(user, domain) };
    directory.find_login(&name).await.unwrap().map(|user| user.store_id.clone())
}

const DOMAIN: Option<&str> = Some("example.test");

both_kinds! {
    async fn people_sign_in_by_what_the_search_filter_says(kind) {
        let fixture = Fixture::new();
        fixture.add("alice", &[("telephoneNumber", "+1 408 555-1212")]);
        fixture.add("bob", &[("telephoneNumber", "+1 408 555-1313")]);
        fixture.add("carol@hosted.example", &[("telephoneNumber", "+1 408 555-1212")]);
        let directory = fixture.open_by(kind, rules("(telephoneNumber=%U)"));
        assert_eq!(login(&*directory, "+14085551212", DOMAIN).await.as_deref(), Some("alice"));
        assert_eq!(login(&*directory, "+1 408-555 1313", DOMAIN).await.as_deref(), Some("bob"));
        assert_eq!(login(&*directory, "alice", DOMAIN).await, None);
        assert_eq!(
            login(&*directory, "+14085551212", Some("hosted.example")).await.as_deref(),
            Some("carol@hosted.example")
        );
        let several = directory.find_login(&LoginName::new("+14085551212", None)).await;
        assert!(matches!(several, Err(DirectoryError::Ambiguous(_))), "{several:?}");
        for evil in ["*", "+1*", "x)(uid=*", "\\2a"] {
            assert_eq!(login(&*directory, evil, DOMAIN).await, None, "{evil}");
        }
        // Programs go on naming people by their user ids.
        assert_eq!(directory.find_uid("ALICE", DOMAIN).await.unwrap().unwrap().store_id, "alice");
        assert!(directory.find_uid("carol", DOMAIN).await.unwrap().is_none());
        assert_eq!(directory.find_uid("carol", None).await.unwrap().unwrap().store_id, "carol@hosted.example");
    }

    async fn a_domains_own_filter_counts_in_it_alone(kind) {
        let fixture = Fixture::new();
        fixture.add("alice", &[]);
        fixture.add("carol_hosted.example@hosted.example", &[("employeeNumber", "7")]);
        fixture.extend("o=hosted.example", "inetDomainSearchFilter: (|(uid=%U_%V)(&(employeeNumber=%U)(!(uid=%o))))\n");
        let directory = fixture.open_as(kind);
        let hosted = Some("HOSTED.example");
        let carol = Some("carol_hosted.example@hosted.example");
        assert_eq!(login(&*directory, "carol", hosted).await.as_deref(), carol);
        assert_eq!(login(&*directory, "7", hosted).await.as_deref(), carol);
        assert_eq!(login(&*directory, "carol_hosted.example", hosted).await, None);
        assert_eq!(login(&*directory, "alice", DOMAIN).await.as_deref(), Some("alice"));
        assert_eq!(login(&*directory, "7", DOMAIN).await, None);
    }

    async fn compound_ids_are_found_by_their_first_part(kind) {
        let fixture = Fixture::new();
        fixture.add("dave-hosted.example@hosted.example", &[]);
        fixture.extend("o=hosted.example", "domainUidSeparator: -\n");
        let directory = fixture.open_as(kind);
        let dave = Some("dave-hosted.example@hosted.example");
        assert_eq!(login(&*directory, "dave", Some("hosted.example")).await.as_deref(), dave);
    }

    async fn domains_of_a_dc_tree_are_found_by_every_name(kind) {
        let fixture = Fixture::new();
        fixture.append(DC_TREE);
        let rules = DirectoryRules { dc_root: Some("o=internet".to_owned()), ..DirectoryRules::new("example.test") };
        let directory = fixture.open_by(kind, rules);
        for name in ["siroe.test", "SIROE.test", "mail.siroe.test", "old.test"] {
            let domain = directory.find_domain(name).await.unwrap().unwrap();
            assert_eq!((domain.name.as_str(), domain.base_dn.as_str()), ("siroe.test", "o=siroe,o=isp"), "{name}");
            assert_eq!(login(&*directory, "eve", Some(name)).await.as_deref(), Some("eve@siroe.test"), "{name}");
        }
        assert!(directory.find_domain("internet").await.unwrap().is_none());
        assert!(directory.find_domain("nowhere.test").await.unwrap().is_none());
        assert!(directory.find_address("eve@old.test").await.unwrap().is_some(), "the same under the canonical name");
        assert!(directory.find_address("eva@old.test").await.unwrap().is_none());
        let eve = directory.find_address("e.v.e@mail.siroe.test").await.unwrap().unwrap();
        assert_eq!((eve.store_id.as_str(), eve.status.as_str()), ("eve@siroe.test", "hold"));
        let mut names: Vec<String> =
            directory.domains().await.unwrap().iter().map(|domain| domain.name.clone()).collect();
        names.sort();
        assert_eq!(names, ["example.test", "hosted.example", "siroe.test"]);
    }

    async fn groups_make_administrators(kind) {
        let fixture = Fixture::new();
        for uid in ["alice", "bob", "carol@hosted.example", "dave@hosted.example"] {
            fixture.add(uid, &[]);
        }
        fixture.append(GROUPS);
        let directory = fixture.open_as(kind);
        let user = async |uid: &str, domain| directory.find_uid(uid, Some(domain)).await.unwrap().unwrap();
        let (alice, carol) = (user("alice", "example.test").await, user("carol", "hosted.example").await);
        let dave = user("dave", "hosted.example").await;
        let group = "cn=Service Administrators, o=example.test";
        assert!(directory.is_member(group, &alice).await.unwrap());
        assert!(!directory.is_member(group, &carol).await.unwrap());
        assert!(!directory.is_member("cn=nothing,o=example.test", &alice).await.unwrap());
        assert_eq!(directory.administered_domains(&carol).await.unwrap(), ["hosted.example"]);
        assert_eq!(directory.administered_domains(&dave).await.unwrap(), Vec::<String>::new());
        assert_eq!(directory.administered_domains(&alice).await.unwrap(), Vec::<String>::new());
    }

    async fn passwords_and_verifiers_are_checked_the_same(kind) {
        let fixture = Fixture::new();
        let verifier = "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVkLWtleS1vZi10aGlydHktdHdvLWJ5dGVz:c2VydmVyLWtleS1vZi10aGlydHktdHdvLWJ5dGVz";
        fixture.add("alice", &[("authPassword", verifier)]);
        fixture.add("bob", &[]);
        let directory = fixture.open_as(kind);
        let alice = directory.find_uid("alice", DOMAIN).await.unwrap().unwrap();
        let bob = directory.find_uid("bob", DOMAIN).await.unwrap().unwrap();
        assert!(directory.verify(Some(&alice), "secret").await.unwrap());
        for wrong in ["", "Secret", "secret "] {
            assert!(!directory.verify(Some(&alice), wrong).await.unwrap(), "{wrong:?}");
        }
        assert!(!directory.verify(None, "secret").await.unwrap());
        let found = directory.scram_verifiers(&alice).await.unwrap();
        assert_eq!((found.len(), found[0].iterations, found[0].salt.as_slice()), (1, 4096, b"saltsalt".as_slice()));
        assert_eq!(found[0].to_auth_password(), verifier);
        // Whoever gets a password gets a verifier with it.
        let own = directory.scram_verifiers(&bob).await.unwrap();
        assert!(own.len() == 1 && own[0].salt != found[0].salt, "{own:?}");
    }

    async fn entries_are_found_by_any_attribute_with_their_certificates(kind) {
        let fixture = Fixture::new();
        fixture.add("alice", &[("employeeNumber", "12*")]);
        fixture.add("bob", &[("employeeNumber", "123")]);
        let certificate = [0x30, 0x03, 0x02, 0x01, 0xff];
        let dn = "uid=alice,ou=People,o=example.test";
        let directory = {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(certificate);
            // slapd takes no octets for a certificate that are none: the LDIF kind alone holds this one.
            if kind == Kind::Ldif {
                fixture.extend(dn, &format!("userCertificate;binary:: {text}\n"));
            }
            fixture.open_as(kind)
        };
        let found = async |attribute: &str, value: &str, base, reach| {
            let conditions =
                [Condition { attribute: attribute.to_owned(), any_of: vec![value.to_owned(), "nothing".to_owned()] }];
            let search = EntrySearch { base, reach, conditions: &conditions, limit: 5 };
            directory.find_entries(&search).await.unwrap()
        };
        let numbered = found("employeeNumber", "12*", None, Reach::Subtree).await;
        assert_eq!(numbered.iter().map(|entry| entry.user.uid.as_str()).collect::<Vec<_>>(), ["alice"]);
        assert_eq!(numbered[0].certificates.len(), usize::from(kind == Kind::Ldif));
        assert_eq!(found("uid", "alice", Some(dn), Reach::Entry).await.len(), 1);
        assert_eq!(found("uid", "alice", Some("o=hosted.example"), Reach::Subtree).await.len(), 0);
        assert_eq!(found("uid", "alice", Some("o=missing"), Reach::Subtree).await.len(), 0);
    }
}

const DC_TREE: &str = "\
dn: o=isp
objectClass: top
objectClass: organization
o: isp

dn: o=siroe,o=isp
objectClass: top
objectClass: organization
o: siroe

dn: uid=eve,o=siroe,o=isp
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: inetOrgPerson
objectClass: inetMailUser
uid: eve
cn: Eve
sn: Eve
mail: eve@siroe.test
mailAlternateAddress: e.v.e@siroe.test

dn: o=internet
objectClass: top
objectClass: organization
o: internet

dn: dc=test,o=internet
objectClass: top
objectClass: domain
dc: test

dn: dc=siroe,dc=test,o=internet
objectClass: top
objectClass: domain
objectClass: inetDomain
objectClass: mailDomain
objectClass: inetDomainAuthInfo
dc: siroe
inetDomainBaseDN: o=siroe,o=isp
inetDomainStatus: active
mailDomainStatus: hold

dn: dc=mail,dc=siroe,dc=test,o=internet
objectClass: top
objectClass: domain
objectClass: inetDomain
objectClass: inetDomainAuthInfo
dc: mail
inetDomainBaseDN: o=siroe,o=isp
inetCanonicalDomainName: siroe.test

dn: dc=old,dc=test,o=internet
objectClass: top
objectClass: alias
objectClass: inetDomainAlias
dc: old
aliasedObjectName: dc=siroe,dc=test,o=internet
";

const GROUPS: &str = "\
dn: cn=Service Administrators,o=example.test
objectClass: top
objectClass: groupOfUniqueNames
cn: Service Administrators
uniqueMember: uid=Alice, ou=People, o=example.test

dn: cn=Domain Administrators,o=hosted.example
objectClass: top
objectClass: groupOfUniqueNames
objectClass: inetMailAdministrator
cn: Domain Administrators
mailAdminRole: storeAdmin
uniqueMember: uid=carol,ou=People,o=hosted.example

dn: cn=Others,o=hosted.example
objectClass: top
objectClass: groupOfUniqueNames
objectClass: inetMailAdministrator
cn: Others
mailAdminRole: readers
uniqueMember: uid=dave,ou=People,o=hosted.example
";
