//! Login names (Guide §5.3, `service.loginseparator`, `service.defaultdomain`).

use auth::LoginNames;

fn split(separators: &str, default: &str, typed: &str) -> (String, Option<String>) {
    let name = LoginNames::new(separators, default).split(typed);
    (name.user, name.domain)
}

#[test]
fn every_separator_character_separates_and_the_last_one_counts() {
    let is = |typed: &str, user: &str, domain: Option<&str>| {
        assert_eq!(split("@+", "example.test", typed), (user.to_owned(), domain.map(str::to_owned)), "{typed:?}");
    };
    is("alice", "alice", Some("example.test"));
    is("alice@hosted.example", "alice", Some("hosted.example"));
    is("alice+Hosted.Example", "alice", Some("hosted.example"));
    is("a@b@c", "a@b", Some("c"));
    is("a+b@c", "a+b", Some("c"));
    is("alice@", "alice", Some("example.test"));
    is("@example.test", "", Some("example.test"));
    is("  alice  ", "alice", Some("example.test"));
    is("", "", Some("example.test"));
}

#[test]
fn without_separators_or_default_domain_the_name_stands_alone() {
    assert_eq!(split("", "", "alice@x"), ("alice@x".to_owned(), None));
    assert_eq!(split("@", " ", "alice"), ("alice".to_owned(), None));
    assert_eq!(split("é", "", "alicéx"), ("alic".to_owned(), Some("x".to_owned())));
}
