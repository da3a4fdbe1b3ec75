//! The file changes while it is in use.

use directory::{Directory, DirectoryError, LdifDirectory, LdifOptions};

use super::fixture::Fixture;

#[tokio::test]
async fn a_change_is_seen_at_the_next_look_up() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    let directory = fixture.open();
    let first = directory.generation().await;
    assert!(directory.find_address("bob@example.test").await.unwrap().is_none());
    fixture.add("bob", &[]);
    assert!(directory.find_address("bob@example.test").await.unwrap().is_some());
    let second = directory.generation().await;
    assert_ne!(first, second);
    assert_eq!(directory.generation().await, second, "no change, no new generation");
}

#[tokio::test]
async fn a_damaged_file_keeps_the_last_good_state_until_it_is_repaired() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    let directory = fixture.open();
    let good = fixture.text();
    for damage in ["not LDIF at all\n", "# somebody cleared it\n", ""] {
        std::fs::write(&fixture.path, damage).unwrap();
        assert!(directory.find_address("alice@example.test").await.unwrap().is_some(), "{damage:?}");
    }
    std::fs::remove_file(&fixture.path).unwrap();
    assert!(directory.find_address("alice@example.test").await.unwrap().is_some());
    std::fs::write(&fixture.path, good.replace("alice@", "alicia@")).unwrap();
    assert!(directory.find_address("alice@example.test").await.unwrap().is_none());
    assert!(directory.find_address("alicia@example.test").await.unwrap().is_some());
}

#[test]
fn a_directory_does_not_start_without_a_good_file() {
    let fixture = Fixture::new();
    let open = |path: &std::path::Path| LdifDirectory::open(LdifOptions::new(path, "example.test")).map(|_| ());
    assert!(matches!(open(&fixture.path.with_extension("missing")), Err(DirectoryError::Io { .. })));
    std::fs::write(&fixture.path, "dn: a\nno colon\n").unwrap();
    assert!(matches!(open(&fixture.path), Err(DirectoryError::Syntax { line: 2, .. })));
}
