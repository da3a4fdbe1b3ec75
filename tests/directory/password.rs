//! Stored passwords: the right one fits, nothing else does.

use directory::{Change, Directory, HashCost, LoginName, hash_password, prepared};

use super::fixture::{CHEAP, Fixture};

#[tokio::test]
async fn only_the_password_that_was_set_fits() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    fixture.add("bob", &[]);
    fixture
        .file()
        .change_user("bob", &[Change::Replace { attribute: "userPassword".to_owned(), values: vec![] }])
        .unwrap();
    let directory = fixture.open();
    let user = async |uid: &str| {
        let name = LoginName::new(uid, Some("example.test"));
        directory.find_login(&name).await.unwrap().unwrap()
    };
    let (alice, bob) = (user("alice").await, user("bob").await);
    assert!(directory.verify(Some(&alice), "secret").await.unwrap());
    for wrong in ["", "Secret", "secret ", "secret\0", "{ARGON2}"] {
        assert!(!directory.verify(Some(&alice), wrong).await.unwrap(), "{wrong:?}");
        assert!(!directory.verify(Some(&bob), wrong).await.unwrap(), "{wrong:?}");
    }
    assert!(!directory.verify(None, "secret").await.unwrap());
    fixture.file().set_password("alice", "next").unwrap();
    assert!(!directory.verify(Some(&alice), "secret").await.unwrap());
    assert!(directory.verify(Some(&alice), "next").await.unwrap());
}

#[test]
fn hashes_are_argon2id_with_a_salt_of_their_own() {
    let (one, other) = (hash_password("same", CHEAP).unwrap(), hash_password("same", CHEAP).unwrap());
    assert!(one.starts_with("{ARGON2}$argon2id$v=19$m=8,t=1,p=1$"), "{one}");
    assert_ne!(one, other);
    assert!(hash_password("same", HashCost::default()).unwrap().contains("$m=19456,t=2,p=1$"));
    assert!(hash_password("", CHEAP).is_err());
    assert!(hash_password("a\u{7}b", CHEAP).is_err());
}

#[test]
fn names_and_passwords_are_prepared() {
    assert_eq!(prepared("plain").unwrap(), "plain");
    assert_eq!(prepared("I\u{ad}X").unwrap(), "IX");
    assert_eq!(prepared("\u{aa}").unwrap(), "a");
    assert_eq!(prepared("\u{2168}").unwrap(), "IX");
    assert_eq!(prepared("a\u{a0}b").unwrap(), "a b");
    assert!(prepared("\u{7}").is_err());
    assert!(prepared("\u{627}1").is_err());
}

#[tokio::test]
async fn composed_and_decomposed_letters_are_the_same_password() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    fixture.file().set_password("alice", "cafe\u{301}").unwrap();
    let directory = fixture.open();
    let alice = directory.find_address("alice@example.test").await.unwrap().unwrap();
    assert!(directory.verify(Some(&alice), &prepared("caf\u{e9}").unwrap()).await.unwrap());
}
