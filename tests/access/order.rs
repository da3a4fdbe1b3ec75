//! The order of evaluation, which filter decides, and what is not asked (reference §2.1).

use access::{HostName, Place};

use super::fixture::{Names, decide, visit};

#[test]
fn grants_come_first_then_refusals_then_everybody() {
    let names = Names::default();
    for (allowed, denied, client, admitted) in [
        ("", "", "10.0.0.1", true),
        ("ALL: 10.", "", "10.0.0.1", true),
        // Grants and no refusals: nobody else.
        ("ALL: 10.", "", "11.0.0.1", false),
        ("", "ALL: 10.", "10.0.0.1", false),
        ("", "ALL: 10.", "11.0.0.1", true),
        // First match among the grants wins over any refusal.
        ("ALL: 10.", "ALL: ALL", "10.0.0.1", true),
        ("ALL: 10.", "ALL: ALL", "11.0.0.1", false),
        // Neither matches, and there are refusals: in.
        ("ALL: 10.", "ALL: 11.", "12.0.0.1", true),
    ] {
        let verdict = decide(allowed, denied, &visit(client), &names);
        assert_eq!(verdict.admitted, admitted, "{allowed} / {denied} for {client}: {}", verdict.reason);
    }
}

#[test]
fn the_deciding_filter_is_named_with_its_place() {
    let names = Names::default();
    let verdict = decide("pop: ALL $ imap: 10.", "ALL: ALL", &visit("10.0.0.1"), &names);
    let place = Place { list: "domainallowed", position: 2, text: "imap: 10.".to_owned() };
    assert_eq!((verdict.by, verdict.reason.as_str()), (Some(place), "domainallowed filter 2 'imap: 10.'"));
    let verdict = decide("", "pop: ALL$ALL: 10.", &visit("10.0.0.1"), &names);
    assert_eq!(verdict.reason, "domainnotallowed filter 2 'ALL: 10.'");
    assert_eq!(decide("", "", &visit("10.0.0.1"), &names).reason, "there are no filters");
}

#[test]
fn the_examples_of_the_guide_mean_what_it_says() {
    let names = Names::default()
        .known("10.0.0.1", "desk")
        .known("10.0.0.2", "pc.siroe.com")
        .known("10.0.0.3", "externalserver.siroe.com")
        .known("10.0.0.4", "a.contractor.siroe1.com")
        .host("10.0.0.5", HostName::Spoofed("pc.siroe.com".to_owned()))
        .known("10.0.0.6", "group.example")
        .netgroups("netgroup1 (group.example,,)");
    let admitted = |allowed: &str, denied: &str| -> Vec<u8> {
        (1..=7).filter(|n| decide(allowed, denied, &visit(&format!("10.0.0.{n}")), &names).admitted).collect()
    };
    // Mostly closed: deny all, allow the local hosts and a netgroup.
    assert_eq!(admitted("ALL: LOCAL @netgroup1", "ALL: ALL"), [1, 6]);
    assert_eq!(admitted("ALL:. siroe.com EXCEPT externalserver.siroe.com", "ALL: ALL"), [2]);
    // Mostly open: everybody but these.
    assert_eq!(admitted("", "ALL EXCEPT pop: .contractor.siroe1.com,. siroe.com"), [1, 5, 6, 7]);
    assert_eq!(admitted("", "ALL: DNSSPOOFER"), [1, 2, 3, 4, 6, 7]);
}

#[test]
fn names_are_asked_for_only_when_the_outcome_depends_on_them() {
    for (allowed, denied, asked) in [
        ("ALL: 10. .siroe.com", "", ""),
        ("pop: .siroe.com", "ALL: 10.", ""),
        ("ALL: .siroe.com EXCEPT 10.", "", ""),
        ("ALL: .siroe.com", "", "name of 10.0.0.1"),
        ("ALL: LOCAL, KNOWN, x.com", "ALL: UNKNOWN", "name of 10.0.0.1"),
        ("imap@mail.siroe.com: ALL", "", "name of 192.0.2.1"),
        ("ALL: @missing", "", "netgroups"),
    ] {
        let names = Names::default();
        decide(allowed, denied, &visit("10.0.0.1"), &names);
        assert_eq!(names.asked.lock().unwrap().join(", "), asked, "{allowed} / {denied}");
    }
}
