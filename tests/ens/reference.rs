//! Event references.

use ens::EventReference;

fn parse(text: &str) -> EventReference {
    EventReference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_reference_comes_back_as_it_was_written() {
    let text = "enp://127.0.0.1/store/alice/Sent%20Items?evtType=NewMsg&mailboxName=alice/Sent%20Items&imapUid=7";
    let reference = parse(text);
    assert_eq!(reference.to_string(), text);
    assert_eq!(reference.key(), "enp://127.0.0.1/store/alice/Sent%20Items");
    assert_eq!(reference.parameter("EVTTYPE"), Some("NewMsg"));
    assert_eq!(reference.parameter("mailboxName"), Some("alice/Sent Items"));
}

#[test]
fn signs_of_the_syntax_inside_names_do_not_become_syntax() {
    let reference = EventReference::new("enp://h/store/a?b%c d").with("n&x", "1=2&3+ä\r\n");
    let text = reference.to_string();
    assert!(!text.contains(['\r', '\n', ' ']), "{text}");
    assert_eq!(parse(&text), reference);
}

#[test]
fn a_subscription_wants_its_key_and_what_is_below_with_its_parameters() {
    let event = parse("enp://h/store/alice/Work/2024?evtType=NewMsg&mailboxName=alice/Work/2024");
    for wanted in [
        "enp://h/store",
        "enp://h/store/",
        "enp://h/store/alice",
        "enp://h/store/alice/Work/2024",
        "enp://h/store?evtType=NewMsg",
        "enp://h/store/alice?EvtType=NewMsg&mailboxName=alice/Work/2024",
    ] {
        assert!(parse(wanted).wants(&event), "{wanted}");
    }
    for unwanted in [
        "enp://h/store/ali",
        "enp://h/store/alice/Work/2024/deeper",
        "enp://other/store",
        "enp://h/store?evtType=ReadMsg",
        "enp://h/store?imapUid=1",
    ] {
        assert!(!parse(unwanted).wants(&event), "{unwanted}");
    }
}

#[test]
fn what_is_no_reference_is_refused() {
    for text in [
        "",
        "store",
        "http://h/store",
        "enp://",
        "enp:///store",
        "enp://h/%zz",
        "enp://h/%ff",
        "enp://h/s?x",
        "enp://h/s?=1",
    ] {
        assert!(EventReference::parse(text).is_err(), "{text}");
    }
    assert!(EventReference::parse(&format!("enp://h/{}", "x".repeat(5000))).is_err());
}

#[test]
fn a_host_is_a_word() {
    for blank in
        ["enp://", "enp:///store", "enp:// ", "enp:// /store", "enp://%20/store", "enp://a b/store", "enp://\u{7}/x"]
    {
        assert!(ens::EventReference::parse(blank).is_err(), "{blank:?}");
    }
}
