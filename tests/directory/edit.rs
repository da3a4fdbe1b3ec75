//! Changing the directory file: what is allowed, and that it stays whole.

use std::os::unix::fs::PermissionsExt;

use directory::{Change, DirectoryError, NewDomain};

use super::fixture::{Fixture, new_user};

fn replace(attribute: &str, values: &[&str]) -> Change {
    Change::Replace {
        attribute: attribute.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

fn add(attribute: &str, value: &str) -> Change {
    Change::Add { attribute: attribute.to_owned(), value: value.to_owned() }
}

#[test]
fn comments_order_and_unknown_attributes_survive_an_edit() {
    let fixture = Fixture::new();
    fixture.add("alice", &[("x-first", "1"), ("description", "of alice")]);
    fixture.add("bob", &[]);
    let before = fixture.text().replace("dn: uid=bob", "# hands off\ndn: uid=bob");
    std::fs::write(&fixture.path, &before).unwrap();
    fixture.file().change_user("alice", &[replace("DESCRIPTION", &["of Alice"])]).unwrap();
    assert_eq!(fixture.text(), before.replace("description: of alice", "description: of Alice"));
}

#[test]
fn the_file_could_be_loaded_into_an_ldap_server() {
    let fixture = Fixture::new();
    fixture.add("alice", &[("cn", "Alice van Smith")]);
    let ldif = fixture.file().read().unwrap();
    let alice = fixture.file().entry("alice").unwrap();
    assert_eq!(alice.dn, "uid=alice,ou=People,o=example.test");
    for class in ["inetUser", "inetMailUser", "inetLocalMailRecipient", "inetOrgPerson"] {
        assert!(alice.has_class(class), "{class}");
    }
    assert!(alice.first("sn").is_some_and(|surname| !surname.is_empty()));
    let above = alice.dn.split_once(',').unwrap().1;
    assert!(ldif.entries.iter().any(|entry| entry.dn == above), "the entry above it is there and comes first");
}

#[test]
fn a_password_never_gets_into_the_file_in_clear_text() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    fixture.file().set_password("alice", "correct horse").unwrap();
    fixture.file().change_user("alice", &[replace("userpassword", &["battery staple"])]).unwrap();
    fixture.file().add_user(&new_user("bob", &[("userPassword", "from attributes")])).unwrap();
    let text = fixture.text();
    for clear in ["secret", "correct horse", "battery staple", "from attributes"] {
        assert!(!text.contains(clear), "{clear}");
    }
    assert_eq!(text.matches("{ARGON2}").count(), 2);
    assert_eq!(std::fs::metadata(&fixture.path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn values_that_the_schema_forbids_change_nothing() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    let before = fixture.text();
    let bad: [&[Change]; 10] = [
        &[replace("mailQuota", &["lots"])],
        &[replace("mailQuota", &["1", "2"])],
        &[replace("mailUserStatus", &["sleeping"])],
        &[replace("mail", &["no address"])],
        &[add("mail", "second@example.test")],
        &[replace("cn", &[])],
        &[replace("uid", &["eve"])],
        &[replace("bad name", &["x"])],
        // The first change is good, the second is not: neither happens.
        &[replace("mailQuota", &["1M"]), add("mailAlternateAddress", "a b@example.test")],
        &[Change::Remove { attribute: "mailAlternateAddress".to_owned(), value: "not there".to_owned() }],
    ];
    for changes in bad {
        assert!(fixture.file().change_user("alice", changes).is_err(), "{changes:?}");
        assert_eq!(fixture.text(), before, "{changes:?}");
    }
}

#[test]
fn names_and_addresses_stay_unique() {
    let fixture = Fixture::new();
    fixture.add("alice", &[("mailAlternateAddress", "al@example.test")]);
    fixture.add("bob", &[]);
    let file = fixture.file();
    let exists = |result: Result<(), DirectoryError>| matches!(result, Err(DirectoryError::AlreadyExists(_)));
    assert!(exists(file.add_user(&new_user("ALICE", &[]))));
    assert!(exists(file.add_user(&new_user("carol", &[("mail", "AL@example.test")]))));
    assert!(exists(file.change_user("bob", &[add("mailEquivalentAddress", "alice@example.test")])));
    assert!(exists(file.add_domain(&NewDomain { name: "Mail.Example.Test".to_owned(), aliases: vec![] })));
    assert!(exists(file.create(&NewDomain { name: "other.test".to_owned(), aliases: vec![] })));
    assert!(file.add_user(&new_user("alice@hosted.example", &[])).is_ok());
    for bad in ["", "a b", "a/b", "../x", "a@b@hosted.example", ".a", "-a", "a,b", "a\"b", "a+b"] {
        assert!(file.add_user(&new_user(bad, &[])).is_err(), "{bad:?}");
    }
    assert!(matches!(file.add_user(&new_user("x@unknown.test", &[])), Err(DirectoryError::NotFound(_))));
}

#[test]
fn users_are_deleted_alone() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    fixture.add("alice@hosted.example", &[]);
    fixture.file().delete_user("alice").unwrap();
    let left: Vec<_> = fixture.file().users().unwrap().iter().map(|user| user.store_id.clone()).collect();
    assert_eq!(left, ["alice@hosted.example"]);
    assert!(matches!(fixture.file().delete_user("alice"), Err(DirectoryError::NotFound(_))));
    fixture.file().delete_user("Alice@Hosted.Example").unwrap();
}

#[test]
fn edits_at_the_same_time_all_happen() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let file = fixture.file();
            scope.spawn(move || {
                for number in 0..10 {
                    file.add_user(&new_user(&format!("u{thread}-{number}"), &[])).unwrap();
                }
            });
        }
    });
    assert_eq!(fixture.file().users().unwrap().len(), 40);
}
