//! Users by any attribute, as certificate mapping asks for them.

use directory::{Condition, Directory, EntrySearch, Reach};

use super::fixture::Fixture;

async fn found(
    directory: &dyn Directory,
    base: Option<&str>,
    reach: Reach,
    conditions: &[(&str, &[&str])],
) -> Vec<String> {
    let conditions: Vec<Condition> = conditions
        .iter()
        .map(|(attribute, values)| Condition {
            attribute: (*attribute).to_owned(),
            any_of: values.iter().map(|value| (*value).to_owned()).collect(),
        })
        .collect();
    let search = EntrySearch { base, reach, conditions: &conditions, limit: 10 };
    let mut uids: Vec<String> =
        directory.find_entries(&search).await.unwrap().iter().map(|entry| entry.user.uid.clone()).collect();
    uids.sort();
    uids
}

#[tokio::test]
async fn all_conditions_must_hold_and_one_value_of_each_is_enough() {
    let fixture = Fixture::new();
    fixture.add("alice", &[("cn", "Alice  Example"), ("telephoneNumber", "1")]);
    fixture.add("bob", &[("cn", "Bob"), ("telephoneNumber", "1")]);
    fixture.add("bob@hosted.example", &[("cn", "Bob")]);
    let directory = fixture.open();
    let all = Reach::Subtree;
    assert_eq!(found(&directory, None, all, &[("CN", &["alice example"])]).await, ["alice"]);
    assert_eq!(found(&directory, None, all, &[("telephonenumber", &["1"])]).await, ["alice", "bob"]);
    assert_eq!(found(&directory, None, all, &[("telephoneNumber", &["1"]), ("cn", &["Bob", "Eve"])]).await, ["bob"]);
    assert_eq!(found(&directory, None, all, &[("cn", &["Bob"])]).await, ["bob", "bob"]);
    assert_eq!(found(&directory, Some("o=hosted.example"), all, &[("cn", &["Bob"])]).await, ["bob"]);
    assert!(found(&directory, None, all, &[("cn", &[])]).await.is_empty());
    assert!(found(&directory, None, all, &[("cn", &["*"])]).await.is_empty(), "a star is a star");
    assert!(found(&directory, Some("o=elsewhere"), all, &[]).await.is_empty());
    let bob = "uid=BOB, ou=People, o=example.test";
    assert_eq!(found(&directory, Some(bob), Reach::Entry, &[]).await, ["bob"]);
    assert!(found(&directory, Some("o=example.test"), Reach::Entry, &[]).await.is_empty());
    let passwords = found(&directory, None, all, &[("userPassword", &["secret"])]).await;
    assert!(passwords.is_empty(), "passwords cannot be searched for");
}
