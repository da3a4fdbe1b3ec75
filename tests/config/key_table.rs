//! The key table holds together.

use std::collections::BTreeSet;

use config::{Kind, keys};

#[test]
fn every_default_is_a_value_that_the_key_accepts() {
    for key in keys::all() {
        assert_eq!(key.check(key.default).as_deref(), Ok(key.default), "{}", key.name);
    }
}

#[test]
fn names_are_unique_without_regard_to_case_and_every_row_is_explained() {
    let mut names = BTreeSet::new();
    for key in keys::all() {
        assert!(names.insert(key.name.to_ascii_lowercase()), "{} stands twice", key.name);
        assert!(key.help.ends_with('.'), "{}: {}", key.name, key.help);
        assert!(!key.source.is_empty(), "{} has no source", key.name);
    }
}

#[test]
fn numbers_are_accepted_at_their_bounds_and_refused_beyond() {
    let mut tried = 0;
    for key in keys::all() {
        let Kind::Number { min, max, .. } = key.kind else { continue };
        tried += 1;
        for good in [min, max] {
            assert!(key.check(&good.to_string()).is_ok(), "{} = {good}", key.name);
        }
        let beyond = [Some(min.checked_sub(1)), Some(max.checked_add(1))];
        for bad in beyond.into_iter().flatten().flatten() {
            assert!(key.check(&bad.to_string()).is_err(), "{} = {bad}", key.name);
        }
        for bad in ["x", "1.5", "1 2", "0x10", "99999999999999999999"] {
            assert!(key.check(bad).is_err(), "{} = {bad}", key.name);
        }
    }
    assert!(tried > 10, "the table lost its numbers");
}

#[test]
fn idle_times_may_be_raised_but_not_lowered() {
    // Guide §5.3.4: 10 minutes for POP, 30 for IMAP, 3 for HTTP.
    for (name, least) in [("pop", 10), ("imap", 30), ("http", 3)] {
        let key = keys::find(&format!("service.{name}.idletimeout")).unwrap();
        assert_eq!(key.default, least.to_string());
        assert!(key.check(&(least + 1).to_string()).is_ok());
        assert!(key.check(&(least - 1).to_string()).is_err());
    }
}

#[test]
fn the_limits_of_the_guide_are_the_defaults() {
    // Guide §5.3.2, §5.3.3, §5.3.1, §5.1.2, §5.1.3.
    for (name, value) in [
        ("service.imap.maxsessions", "4000"),
        ("service.http.maxsessions", "6000"),
        ("service.pop.maxsessions", "600"),
        ("service.imap.maxthreads", "250"),
        ("service.http.maxthreads", "250"),
        ("service.pop.maxthreads", "250"),
        ("service.imap.numprocesses", "1"),
        ("service.imap.port", "143"),
        ("service.imap.sslport", "993"),
        ("service.pop.port", "110"),
        ("service.pop.sslport", "995"),
        ("service.http.port", "80"),
        ("service.http.sslport", "443"),
        ("service.imap.plaintextmincipher", "0"),
        ("local.service.proxy.imapport", "143"),
        ("local.service.proxy.imapssl", "no"),
        ("service.http.maxmessagesize", "5242880"),
        ("service.http.sessiontimeout", "7200"),
    ] {
        assert_eq!(keys::find(name).unwrap().default, value, "{name}");
    }
}

#[test]
fn a_per_host_form_finds_the_longest_row_and_only_where_it_is_allowed() {
    assert_eq!(keys::find("local.service.proxy.admin.store1.example.com").unwrap().name, "local.service.proxy.admin");
    assert_eq!(keys::find("local.service.proxy.adminpass.store1").unwrap().name, "local.service.proxy.adminpass");
    assert_eq!(keys::find("LOCAL.Service.Proxy.IMAPPORT").unwrap().name, "local.service.proxy.imapport");
    assert_eq!(keys::find("store.partition.Second.path").unwrap().name, "store.partition.<NAME>.path");
    assert_eq!(keys::resolve("store.partition.Second.path").unwrap().name, "store.partition.second.path");
    assert_eq!(keys::find("service.imap.nsclassname").unwrap().name, "<BRANCH..>.nsclassname");
    for unknown in ["store.partition.path", "store.partition.a.b.path", "store.partition..path", ".nsclassname"] {
        assert!(keys::find(unknown).is_err(), "{unknown}");
    }
    for unknown in ["service.imap.port.store1", "local.service.proxy.admin.", "service.imap", "service.imap.portx", ""]
    {
        assert!(keys::find(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest_one() {
    let refusal = keys::find("service.imap.prot").unwrap_err().to_string();
    assert!(refusal.contains("did you mean 'service.imap.port'"), "{refusal}");
}
