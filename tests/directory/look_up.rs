//! Finding users by login name and address, domains by any of their names.

use directory::{AccountStatus, AddressSearch, Directory, DirectoryError, LoginName, QuotaLimit};

use super::fixture::{Fixture, Kind, both_kinds};

fn name(user: &str, domain: Option<&str>) -> LoginName {
    LoginName::new(user, domain)
}

async fn login(directory: &dyn Directory, user: &str, domain: Option<&str>) -> Option<String> {
    directory.find_login(&name(user, domain)).await.unwrap().map(|user| user.store_id.clone())
}

async fn address(directory: &dyn Directory, address: &str) -> Option<String> {
    directory.find_address(address).await.unwrap().map(|user| user.store_id.clone())
}

both_kinds! {
    async fn login_names_know_no_case_and_all_names_of_a_domain(kind) {
        let fixture = Fixture::new();
        fixture.add("alice", &[]);
        fixture.add("alice@hosted.example", &[]);
        fixture.add("carol@hosted.example", &[]);
        let directory = fixture.open_as(kind);
        assert_eq!(login(&*directory, "ALICE", Some("Example.TEST")).await.as_deref(), Some("alice"));
        assert_eq!(login(&*directory, "alice", Some("mail.example.test")).await.as_deref(), Some("alice"));
        assert_eq!(login(&*directory, "alice", Some("hosted.example")).await.as_deref(), Some("alice@hosted.example"));
        assert_eq!(login(&*directory, "carol", Some("example.test")).await, None);
        assert_eq!(login(&*directory, "carol", None).await.as_deref(), Some("carol@hosted.example"));
        assert_eq!(login(&*directory, "alice@example.test", Some("example.test")).await, None);
        let several = directory.find_login(&name("alice", None)).await;
        assert!(matches!(several, Err(DirectoryError::Ambiguous(_))), "{several:?}");
    }

    async fn every_kind_of_address_finds_its_user(kind) {
        let fixture = Fixture::new();
        fixture.add(
            "alice",
            &[
                ("mail", "Alice.Smith@example.test"),
                ("mailAlternateAddress", "al@example.test"),
                ("mailAlternateAddress", "jürgen@example.test"),
                ("mailEquivalentAddress", "alice@old.test"),
            ],
        );
        fixture.add("catcher", &[("mailAlternateAddress", "@hosted.example")]);
        let directory = fixture.open_as(kind);
        for own in
            ["alice.smith@example.test", "AL@EXAMPLE.TEST", "JÜRGEN@example.test", "alice@old.test", "al@mail.example.test"]
        {
            assert_eq!(address(&*directory, own).await.as_deref(), Some("alice"), "{own}");
        }
        assert_eq!(
            address(&*directory, "alice@example.test").await,
            None,
            "the uid is no address where mail says otherwise"
        );
        assert_eq!(address(&*directory, "@hosted.example").await.as_deref(), Some("catcher"));
        assert_eq!(address(&*directory, "nobody@hosted.example").await, None);
        assert_eq!(address(&*directory, "no-domain").await, None);
        assert!(directory.is_local_domain("MAIL.example.test").await.unwrap());
        assert!(!directory.is_local_domain("old.test").await.unwrap());
    }

    async fn a_user_carries_what_the_entry_and_its_domain_say(kind) {
        let fixture = Fixture::new();
        fixture.add(
            "alice",
            &[
                ("cn", "Alice Smith"),
                ("givenName", "Alice"),
                ("mailHost", "store1.example.test"),
                ("mailQuota", "10M"),
                ("mailMsgQuota", "-1"),
                ("mailMessageStore", "second"),
                ("mailAllowedServiceAccess", "+imap:*$-pop:*"),
                ("description", "kept"),
            ],
        );
        // By hand, as an administrator would: the domain's own attributes.
        let text = fixture.text().replacen(
            "mailDomainStatus: active\n",
            "mailDomainStatus: active\npreferredLanguage: fr\nmailDomainAllowedServiceAccess: +imap:*\n",
            1,
        );
        std::fs::write(&fixture.path, text).unwrap();
        let user = fixture.open_as(kind).find_login(&name("alice", Some("example.test"))).await.unwrap().unwrap();
        assert_eq!((user.name.as_str(), user.given_name.as_deref()), ("Alice Smith", Some("Alice")));
        assert_eq!(user.mail, "alice@example.test");
        assert_eq!(user.mail_host.as_deref(), Some("store1.example.test"));
        assert_eq!((user.quota_bytes, user.quota_messages), (QuotaLimit::Limit(10 << 20), QuotaLimit::Unlimited));
        assert_eq!(user.partition.as_deref(), Some("second"));
        assert_eq!(user.preferred_language.as_deref(), Some("fr"));
        assert_eq!(user.allowed_services, ["+imap:*$-pop:*"]);
        assert_eq!(user.domain_allowed_services, ["+imap:*"]);
        assert!(fixture.file().entry("alice").unwrap().first("description").is_some());
    }

    async fn the_domain_status_counts_before_the_users(kind) {
        let fixture = Fixture::new();
        fixture.add("alice", &[("mailUserStatus", "hold")]);
        fixture.add("bob", &[]);
        let text = fixture.text();
        assert_eq!(fixture.open_as(kind).find_address("alice@example.test").await.unwrap().unwrap().status, AccountStatus::Hold);
        std::fs::write(&fixture.path, text.replacen("inetDomainStatus: active", "inetDomainStatus: deleted", 1)).unwrap();
        let directory = fixture.open_as(kind);
        for address in ["alice@example.test", "bob@example.test"] {
            assert_eq!(directory.find_address(address).await.unwrap().unwrap().status, AccountStatus::Deleted);
        }
    }

    async fn two_users_with_one_address_are_ambiguous_not_guessed(kind) {
        let fixture = Fixture::new();
        fixture.add("alice", &[]);
        fixture.add("bob", &[]);
        let text = fixture.text().replace("mail: bob@example.test", "mail: ALICE@example.test");
        std::fs::write(&fixture.path, text).unwrap();
        let found = fixture.open_as(kind).find_address("alice@example.test").await;
        assert!(matches!(found, Err(DirectoryError::Ambiguous(_))), "{found:?}");
    }

    async fn address_completion_looks_at_names_and_addresses(kind) {
        let fixture = Fixture::new();
        fixture.add("alice", &[("cn", "Alice Smith")]);
        fixture.add("bob", &[("cn", "Bob Anne-Smithers"), ("mailAlternateAddress", "rob@example.test")]);
        fixture.add("smith@hosted.example", &[("cn", "Zed")]);
        fixture.add("gone", &[("cn", "Smith Gone"), ("mailUserStatus", "deleted")]);
        let directory = fixture.open_as(kind);
        let found = async |text: &str, domain: Option<&str>, limit| -> Vec<String> {
            let search = AddressSearch { text, domain, limit };
            directory.search(&search).await.unwrap().into_iter().map(|entry| entry.mail).collect()
        };
        let mut smiths = found("SMITH", None, 10).await;
        smiths.sort();
        assert_eq!(smiths, ["alice@example.test", "bob@example.test", "smith@hosted.example"]);
        assert_eq!(found("smith", Some("mail.example.test"), 10).await.len(), 2);
        assert_eq!(found("smith", None, 1).await.len(), 1);
        assert_eq!(found("alice sm", None, 10).await, ["alice@example.test"]);
        assert_eq!(found("rob@", None, 10).await, ["bob@example.test"]);
        assert!(found("mith", None, 10).await.is_empty());
        assert!(found(" ", None, 10).await.is_empty());
    }
}
