//! What is a filter and what is none (reference §2.2).

use access::{HostName, Rules};

use super::fixture::{Names, decide, matches, visit};

#[test]
fn lists_are_separated_by_blanks_commas_or_both() {
    let names = Names::default().known("10.0.0.1", "a.siroe.com");
    for services in ["imap", "imap pop", "pop,imap", "pop, imap", "http pop ,imap", "ALL", "*", "all"] {
        assert!(decide(&format!("{services}: ALL"), "", &visit("10.0.0.1"), &names).admitted, "{services}");
    }
    for clients in ["10.0.0.1", "10.9.9.9 10.0.0.1", "10.9.9.9,10.0.0.1", "x.siroe.com, a.siroe.com", "\t10.0.0.1"] {
        assert!(matches(clients, "10.0.0.1", &names), "{clients}");
    }
    assert!(!decide("pop http: ALL", "", &visit("10.0.0.1"), &names).admitted);
}

#[test]
fn except_nests_to_the_right_in_both_lists() {
    let names = Names::default();
    // a EXCEPT b EXCEPT c = a EXCEPT (b EXCEPT c)
    let clients = "10. EXCEPT 10.1. EXCEPT 10.1.1.";
    for (client, admitted) in [("10.0.0.1", true), ("10.1.0.1", false), ("10.1.1.1", true), ("11.0.0.1", false)] {
        assert_eq!(matches(clients, client, &names), admitted, "{client}");
    }
    assert!(!decide("ALL EXCEPT imap: ALL", "", &visit("10.0.0.1"), &names).admitted);
    assert!(decide("ALL EXCEPT imap pop except imap: ALL", "", &visit("10.0.0.1"), &names).admitted);
}

#[test]
fn hosts_are_named_in_every_way_of_the_reference() {
    let names = Names::default()
        .known("10.0.0.1", "Mail.Siroe.COM")
        .known("10.0.0.2", "printer")
        .known("2001:db8::7", "six.siroe.com")
        .host("10.0.0.3", HostName::Spoofed("mail.siroe.com".to_owned()));
    for (clients, matching) in [
        ("ALL", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 2001:db8::7"),
        ("LOCAL", "10.0.0.2"),
        ("KNOWN", "10.0.0.1 10.0.0.2 2001:db8::7"),
        ("UNKNOWN", "10.0.0.4"),
        ("DNSSPOOFER", "10.0.0.3"),
        ("PARANOID", "10.0.0.3"),
        (".siroe.com", "10.0.0.1 2001:db8::7"),
        (". siroe.com", "10.0.0.1 2001:db8::7"),
        ("mail.siroe.com", "10.0.0.1"),
        ("mail.siroe.com.", "10.0.0.1"),
        ("siroe.com", ""),
        ("oe.com", ""),
        ("10.0.0.", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4"),
        ("1.", ""),
        ("10.0.0.0/255.255.255.254", "10.0.0.1"),
        ("10.0.0.3/255.255.255.254", "10.0.0.2 10.0.0.3"),
        ("10.0.0.0/30", "10.0.0.1 10.0.0.2 10.0.0.3"),
        ("0.0.0.0/0", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4"),
        ("2001:db8::/32", "2001:db8::7"),
        ("[2001:db8::]/32", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::8", ""),
    ] {
        for client in ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "2001:db8::7"] {
            let expected = matching.split(' ').any(|listed| listed == client);
            assert_eq!(matches(clients, client, &names), expected, "{clients} for {client}");
        }
    }
    // An IPv4 client on an IPv6 socket is the same client.
    assert!(matches("10.0.0.", "::ffff:10.0.0.1", &names));
}

#[test]
fn a_service_may_be_meant_on_one_of_the_hosts_addresses() {
    let names = Names::default().known("192.0.2.1", "imap.siroe.com");
    for (service, admitted) in [
        ("imap@192.0.2.1", true),
        ("imap@192.0.2.", true),
        ("ALL@192.0.2.0/24", true),
        ("imap@imap.siroe.com", true),
        ("imap@192.0.2.9", false),
        ("pop@192.0.2.1", false),
        ("imap@[2001:db8::1]", false),
    ] {
        assert_eq!(decide(&format!("{service}: ALL"), "", &visit("10.0.0.1"), &names).admitted, admitted, "{service}");
    }
}

#[test]
fn a_user_is_asked_of_the_client_only_where_the_host_fits() {
    let names = Names::default().user("10.0.0.1", "fred");
    for (clients, client, admitted) in [
        ("fred@10.0.0.1", "10.0.0.1", true),
        ("KNOWN@10.", "10.0.0.1", true),
        ("UNKNOWN@10.", "10.0.0.1", false),
        ("UNKNOWN@10.", "10.0.0.2", true),
        ("KNOWN@10.", "10.0.0.2", false),
        ("jane@ALL", "10.0.0.1", false),
        ("ALL@10.", "10.0.0.2", true),
    ] {
        assert_eq!(matches(clients, client, &names), admitted, "{clients} for {client}");
    }
    let names = Names::default();
    assert!(!matches("fred@10.0.0.9", "10.0.0.1", &names));
    assert!(names.asked.lock().unwrap().is_empty(), "nobody needs to be asked");
}

#[test]
fn netgroups_hold_hosts_and_each_other_even_in_a_circle() {
    let text = "# the site\nnetgroup1 (mail.siroe.com,,) (10.0.0.2,-,) inner\ninner (other.siroe.com,,siroe.com) \\\n netgroup1\n\
        everybody (,,)\nnobody (-,,)\n";
    let names =
        Names::default().known("10.0.0.1", "mail.siroe.com").known("10.0.0.5", "other.siroe.com").netgroups(text);
    for (clients, matching) in [
        ("@netgroup1", "10.0.0.1 10.0.0.2 10.0.0.5"),
        ("@inner", "10.0.0.1 10.0.0.2 10.0.0.5"),
        ("@everybody", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.5"),
        ("@nobody", ""),
        ("@missing", ""),
        ("LOCAL @netgroup1", "10.0.0.1 10.0.0.2 10.0.0.5"),
    ] {
        for client in ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.5"] {
            let expected = matching.split(' ').any(|listed| listed == client);
            assert_eq!(matches(clients, client, &names), expected, "{clients} for {client}");
        }
    }
}

#[test]
fn a_faulty_filter_is_refused_with_the_reason() {
    for (value, reason) in [
        ("ALL", "there is no ':'"),
        ("ALL LOCAL", "there is no ':'"),
        ("ALL:", "clients: the list is empty"),
        (": ALL", "services: the list is empty"),
        ("ALL: EXCEPT a.com", "nothing stands before EXCEPT"),
        ("ALL: a.com EXCEPT", "nothing stands after EXCEPT"),
        ("impa: ALL", "there is no service 'impa'"),
        ("ALL EXCEPT webmail: ALL", "there is no service 'webmail'"),
        ("im/ap: ALL", "not the name of a service"),
        ("ALL: 10.0.0.256", "not an IP address"),
        ("ALL: 10.0.0", "not an IP address"),
        ("ALL: 10.300.", "beginning of an IPv4 address"),
        ("ALL: 10.0.0.0/33", "too long a prefix"),
        ("ALL: 10.0.0.0/255.255", "neither a mask"),
        ("ALL: [2001:db8::]/129", "too long a prefix"),
        ("ALL: [2001:db8::", "not an IP address"),
        ("ALL: *.siroe.com", "written .siroe.com"),
        ("ALL: a..b", "not a host name"),
        ("ALL: @", "not a netgroup"),
        ("ALL: fred@", "not USER@HOST"),
        ("ALL: LOCAL$ALL: 10.0.0.0/99", "in 'ALL: 10.0.0.0/99'"),
    ] {
        let error = Rules::check(value).expect_err(value).to_string();
        assert!(error.contains(reason), "{value}: {error}");
    }
    for good in
        ["", " ", "$", "ALL: ALL$", "smtp smime ens: ALL", "imap,pop,http:*", "ALL: .siroe.com EXCEPT x.siroe.com"]
    {
        assert_eq!(Rules::check(good), Ok(()), "{good}");
    }
}

#[test]
fn no_text_makes_the_parser_panic() {
    let parts = [
        "ALL",
        ":",
        "@",
        "EXCEPT",
        " ",
        ",",
        "$",
        "[",
        "]",
        "/",
        ".",
        "10.",
        "::",
        "é",
        "+",
        "-",
        "imap",
        "255.255.255.0",
        "@@",
        "*",
        "\u{202e}",
        "\0",
        "|",
        "99999999999",
    ];
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    for _ in 0..20_000 {
        let text: String = (0..next() % 14).map(|_| parts[next() % parts.len()]).collect();
        let _ = Rules::check(&text);
        let _ = access::ServiceAccess::parse([text.as_str()]);
        let _ = text.parse::<access::ConnLimits>();
        let _ = text.parse::<access::Networks>();
        let _ = access::Netgroups::parse(&text);
    }
    let deep = format!("ALL: a{}", " EXCEPT a".repeat(100_000));
    assert!(Rules::check(&deep).unwrap_err().to_string().contains("EXCEPTs in each other"));
}
