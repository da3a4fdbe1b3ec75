//! Search filters: read, filled in, written and decided (RFC 4515).

use directory::{Entry, Filter, FilterNames};

fn entry(values: &[(&str, &str)]) -> Entry {
    let mut entry = Entry { dn: "uid=x".to_owned(), ..Entry::default() };
    for (name, value) in values {
        entry.push(name, value);
    }
    entry
}

#[test]
fn comparisons_know_no_case_and_telephone_numbers_no_blanks() {
    let alice = entry(&[
        ("uid", "alice"),
        ("cn", "Alice  Smith"),
        ("telephoneNumber", "+1 408-555 12"),
        ("employeeNumber", "90"),
    ]);
    for fits in [
        "(UID=ALICE)",
        "uid=alice",
        "(cn=alice smith)",
        "(cn=al*mi*h)",
        "(cn=*smith)",
        "(telephoneNumber=+140855512)",
        "(&(uid=alice)(!(cn=bob)))",
        "(|(uid=bob)(cn=*))",
        "(employeeNumber>=9)",
        "(employeeNumber<=100)",
        "(&)",
        "( & (uid=alice) (cn=*) )",
        "(cn~=alice smith)",
        r"(uid=\61lice)",
    ] {
        assert!(Filter::parse(fits).unwrap().fits(&alice), "{fits}");
    }
    for not in
        ["(uid=al)", "(cn=ith*)", "(cn=alice*alice*)", "(mail=*)", "(|)", "(!(uid=alice))", "(employeeNumber>=100)"]
    {
        assert!(!Filter::parse(not).unwrap().fits(&alice), "{not}");
    }
}

#[test]
fn what_is_no_filter_is_refused() {
    let deep = format!("{}(a=b){}", "(!".repeat(100), ")".repeat(100));
    for bad in [
        "",
        "(",
        "(uid=a",
        "(uid=a))",
        "(uid)",
        "(=a)",
        "(u d=a)",
        "(cn:dn:=a)",
        r"(uid=\4)",
        r"(uid=\zz)",
        "(&(a=b)",
        &deep,
    ] {
        assert!(Filter::parse(bad).is_err(), "{bad}");
    }
    for bad in ["(uid=%X)", "(uid=a%)", "(%U=a)"] {
        assert!(Filter::parse_template(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_login_name_never_becomes_syntax() {
    let template = Filter::parse_template("(&(objectClass=*)(|(uid=%U)(mail=%o)(x=%V%%)))").unwrap();
    for evil in ["*", "a)(uid=*", "a*", "\\2a", "a\0b", "ü*(", ")(|(uid=*"] {
        let filled = template.for_login(FilterNames { user: evil, domain: evil, typed: evil });
        let text = filled.to_string();
        assert_eq!(Filter::parse(&text).unwrap(), filled, "{text}");
        assert!(
            !filled.fits(&entry(&[("objectClass", "top"), ("uid", "alice"), ("mail", "alice@example.test")])),
            "{evil}"
        );
        assert!(filled.fits(&entry(&[("objectClass", "top"), ("uid", evil)])), "{evil}");
    }
}

#[test]
fn written_filters_read_back_the_same() {
    for text in ["(&(a=b)(!(c>=d)))", "(cn=a*b**c*)", "(|)", r"(a=\00\2a\28\29\5c)", "(a=*)", "(cn=*x)"] {
        let filter = Filter::parse(text).unwrap();
        assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter, "{text}");
    }
}
