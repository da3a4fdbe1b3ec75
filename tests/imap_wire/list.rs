//! LIST: arguments and patterns.

use imap_wire::list::{ListArgs, matches};
use imap_wire::status::StatusItem;
use imap_wire::{Command, Request};

fn list(arguments: &str) -> Option<ListArgs> {
    match Request::parse(format!("a LIST {arguments}").as_bytes()).ok()?.command {
        Command::List(args) => Some(args),
        _ => None,
    }
}

#[test]
fn patterns_match_as_the_rfc_says() {
    for (pattern, name, expected) in [
        ("*", "INBOX", true),
        ("*", "a/b/c", true),
        ("%", "a", true),
        ("%", "a/b", false),
        ("a/%", "a/b", true),
        ("a/%", "a/b/c", false),
        ("a/*", "a", false),
        ("a/*", "a/b/c", true),
        ("%/b", "a/b", true),
        ("*b", "a/b", true),
        ("inbox", "INBOX", true),
        ("InBox/x", "INBOX/x", true),
        ("inboxes", "INBOXes", false),
        ("i%", "INBOX", true),
        ("i%", "INBOXes", false),
        ("I%", "INBOXes", true),
        ("%/X", "INBOX/x", false),
        ("a*b*c", "a/x/b/y/c", true),
        ("a*b*c", "a/x/c/y/b", false),
        ("", "", true),
        ("é%", "été", true),
        ("%%%", "abc", true),
        ("*%", "a/b", true),
        ("%*", "a/b", true),
    ] {
        assert_eq!(matches(pattern, name), expected, "{pattern} against {name}");
    }
    // A careless matcher needs longer than the universe for this.
    assert!(!matches(&"*a".repeat(200), &"a".repeat(150)));
}

#[test]
fn the_extended_form_is_read() {
    let args = list("(SUBSCRIBED RECURSIVEMATCH) \"\" (\"%\" x/*) RETURN (CHILDREN STATUS (MESSAGES UNSEEN))").unwrap();
    assert!(args.extended && args.select.unwrap().subscribed && args.select.unwrap().recursive_match);
    assert_eq!(args.patterns, ["%", "x/*"]);
    assert_eq!(args.returns.unwrap().status, [StatusItem::Messages, StatusItem::Unseen]);
    assert!(!list("\"\" %").unwrap().extended);
    assert!(list("() \"\" %").unwrap().extended);
    for text in [
        "\"\"",
        "(FOO) \"\" *",
        "(RECURSIVEMATCH) \"\" *",
        "\"\" () ",
        "\"\" * RETURN",
        "\"\" * RETURN (FOO)",
        "\"\" * FOO",
    ] {
        assert_eq!(list(text), None, "{text}");
    }
}
