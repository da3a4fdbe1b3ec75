//! `mailAllowedServiceAccess` and its kind (reference §2.3).

use access::{Protocol, ServiceAccess, Visit};

use super::fixture::{Names, decide_service, visit};

fn admitted(values: &[&str], protocol: Protocol, tls: bool) -> bool {
    decide_service(values, &Visit { protocol, tls, ..visit("10.0.0.1") }, &Names::default()).admitted
}

#[test]
fn the_examples_of_the_schema_mean_what_it_says() {
    use Protocol::{Http, Imap, Pop, Smtp};
    for (value, services) in [
        ("", vec![Imap, Pop, Http, Smtp]),
        ("+imap,pop,http:*", vec![Imap, Pop, Http]),
        ("+imap:ALL$+pop:ALL$+http:ALL", vec![Imap, Pop, Http]),
        ("-imap:*$-pop:*$-http:*", vec![Smtp]),
        ("-imap:*", vec![Pop, Http, Smtp]),
        ("-ALL:ALL EXCEPT 10.0.0.1", vec![Imap, Pop, Http, Smtp]),
        ("-ALL:ALL EXCEPT 10.0.0.2", vec![]),
        ("+imap:10.$-pop:*", vec![Imap]),
        ("+ALL:192.0.2.", vec![]),
    ] {
        for protocol in [Imap, Pop, Http, Smtp] {
            assert_eq!(admitted(&[value], protocol, false), services.contains(&protocol), "{value} for {protocol}");
        }
    }
}

#[test]
fn an_encrypted_service_is_the_one_under_tls() {
    let values = ["+imaps,pops:*$+imap,pop:192.0.2.7"];
    assert!(admitted(&values, Protocol::Imap, true));
    assert!(!admitted(&values, Protocol::Imap, false));
    assert!(admitted(&["+imap:*"], Protocol::Imap, true));
}

#[test]
fn several_values_count_together() {
    assert!(admitted(&["+imap:*", "+http:*"], Protocol::Http, false));
    assert!(!admitted(&["+imap:*", "+http:*"], Protocol::Pop, false));
}

#[test]
fn services_of_other_programs_are_passed_over_and_nonsense_is_an_error() {
    assert!(!admitted(&["+calendar:*"], Protocol::Imap, false));
    for bad in ["imap:*", "+imap", "+imap:10.0.0.0/99", "+:*"] {
        assert!(ServiceAccess::parse([bad]).is_err(), "{bad}");
    }
}
