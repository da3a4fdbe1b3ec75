//! ENS_ACCESS (Guide §5.6.1).

use std::net::IpAddr;

use ens::Access;

fn allowed(access: &str, peer: &str) -> bool {
    access.parse::<Access>().unwrap().allows(peer.parse::<IpAddr>().unwrap())
}

#[test]
fn without_permissions_everyone_may_connect_and_permissions_of_nothing_let_nobody_in() {
    assert!(Access::open().allows("203.0.113.9".parse().unwrap()));
    for nothing in ["", " ; "] {
        assert!(!allowed(nothing, "127.0.0.1") && !allowed(nothing, "203.0.113.9") && !allowed(nothing, "2001:db8::1"));
    }
}

#[test]
fn once_there_is_one_whoever_is_not_covered_is_refused() {
    assert!(allowed("+127.0.0.1|255.255.255.255", "127.0.0.1"));
    for stranger in ["127.0.0.2", "203.0.113.9", "2001:db8::1"] {
        assert!(!allowed("+127.0.0.1|255.255.255.255", stranger), "{stranger}");
    }
}

#[test]
fn the_chapters_second_example_means_what_the_chapter_says_of_it() {
    let example = r"+192.168.0.1|255.255.255.0;+127.0.0.1|255.255.255.255; \ -192.168.0.17;255.255.255.255";
    for (peer, expected) in [
        ("127.0.0.1", true),
        ("192.168.0.16", true),
        ("192.168.0.18", true),
        ("192.168.0.17", false),
        ("192.168.1.1", false),
    ] {
        assert_eq!(allowed(example, peer), expected, "{peer}");
    }
}

#[test]
fn the_first_that_covers_an_address_decides() {
    for (access, expected) in [
        ("+10.0.0.0|255.0.0.0;-10.0.0.0|255.0.0.0", true),
        ("-10.0.0.0|255.0.0.0;+10.0.0.0|255.0.0.0", false),
        ("-10.0.0.0|255.0.0.0;+10.1.2.3|255.255.255.255", false),
        ("+10.1.2.3|255.255.255.255;-10.0.0.0|255.0.0.0", true),
        ("+10.0.0.0|255.0.0.0;-10.1.0.0|255.255.0.0;+10.1.2.3|255.255.255.255", false),
    ] {
        assert_eq!(allowed(access, "10.1.2.3"), expected, "{access}");
    }
}

#[test]
fn a_dash_of_the_printed_manual_is_a_minus_and_addresses_over_ipv6_count_as_what_they_are() {
    assert!(!allowed("+10.0.0.0|255.0.0.0; \u{2014}10.0.0.1|255.255.255.255", "10.0.0.1"));
    assert!(allowed("+127.0.0.1|255.255.255.255", "::1"));
    assert!(allowed("+10.0.0.0|255.0.0.0", "::ffff:10.9.9.9"));
}

#[test]
fn what_is_no_permission_is_refused_with_the_words_that_are_wrong() {
    for (text, word) in [
        ("127.0.0.1|255.255.255.255", "127.0.0.1"),
        ("+127.0.0.1|24", "24"),
        ("+localhost", "+localhost"),
        ("+1.2.3.4|255.255.255.255|255.0.0.0", "255.0.0.0"),
    ] {
        let error = text.parse::<Access>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("'{word}'")), "{text}: {error}");
    }
}
