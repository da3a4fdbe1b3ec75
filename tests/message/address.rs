//! Address lists in the shape of an ENVELOPE (RFC 5322 §3.4, §4.4; RFC 3501 §7.4.2).

use message::address::{OwnedAddress, parse};

/// `name|adl|mailbox|host`, NIL as `-`, members separated by blanks around a slash.
fn shape(list: &[OwnedAddress]) -> String {
    let text = |part: &Option<Vec<u8>>| match part {
        None => "-".to_owned(),
        Some(part) => String::from_utf8_lossy(part).into_owned(),
    };
    let member = |a: &OwnedAddress| [&a.name, &a.adl, &a.mailbox, &a.host].map(text).join("|");
    list.iter().map(member).collect::<Vec<_>>().join(" / ")
}

#[test]
fn addresses_are_read_as_the_standard_and_real_mail_have_them() {
    let table = [
        ("", ""),
        ("  ", ""),
        ("a@b.example", "-|-|a|b.example"),
        ("<a@b>", "-|-|a|b"),
        ("Joe Q. Public <john.q.public@example.com>", "Joe Q. Public|-|john.q.public|example.com"),
        ("\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>", "Giant; \"Big\" Box|-|sysservices|example.net"),
        ("Mary Smith <mary@x.test>, jdoe@example.org", "Mary Smith|-|mary|x.test / -|-|jdoe|example.org"),
        ("pete(his account)@silly.test (Pete)", "Pete|-|pete|silly.test"),
        ("a@b (name (nested) here)", "name (nested) here|-|a|b"),
        (
            "A Group:Ed <joe@where.test>,john@one.test;",
            "-|-|A Group|- / Ed|-|joe|where.test / -|-|john|one.test / -|-|-|-",
        ),
        ("Undisclosed recipients:;", "-|-|Undisclosed recipients|- / -|-|-|-"),
        ("<@route.one,@route.two:joe@x>", "-|@route.one,@route.two|joe|x"),
        ("\"quoted local\"@x", "-|-|quoted local|x"),
        ("a.\"b c\".d@x", "-|-|a.b c.d|x"),
        ("joe@[192.0.2.1]", "-|-|joe|[192.0.2.1]"),
        ("joe @ example . com", "-|-|joe|example.com"),
        ("First\r\n Last <a@b>", "First Last|-|a|b"),
        ("=?utf-8?q?J=C3=B6rg?= <j@x>", "=?utf-8?q?J=C3=B6rg?=|-|j|x"),
        ("a..b@c", "-|-|a..b|c"),
        (".a@b", "-|-|.a|b"),
        ("a@b, , c@d,", "-|-|a|b / -|-|c|d"),
        ("just some words", "just some words|-|MISSING_MAILBOX|MISSING_DOMAIN"),
        ("root", "-|-|root|MISSING_DOMAIN"),
        ("<root>", "-|-|root|MISSING_DOMAIN"),
        ("N <a b@c>", "N|-|a|SYNTAX_ERROR"),
        ("N <>", "N|-|MISSING_MAILBOX|MISSING_DOMAIN"),
        ("x@y.", "-|-|x|MISSING_DOMAIN"),
        ("(unclosed a@b", ""),
        ("\"unclosed <a@b>", "-|-|MISSING_MAILBOX|MISSING_DOMAIN"),
    ];
    for (value, expected) in table {
        assert_eq!(shape(&parse(value.as_bytes())), expected, "{value:?}");
    }
}

#[test]
fn eight_bit_names_stay_as_they_are() {
    let list = parse(b"M\xe9 <a@b>");
    assert_eq!(list[0].name.as_deref(), Some(&b"M\xe9"[..]));
}

#[test]
fn a_hostile_list_is_read_once() {
    // Each of these made a parser that starts again at every fault take the square of the length.
    for unit in ["(", "<", "\"", "a,", "a b c ", "x:", "<@a,", "(()", "\\", "a@", ";", "=?"] {
        let value = unit.repeat(200_000 / unit.len());
        assert!(parse(value.as_bytes()).len() <= value.len(), "{unit:?}");
    }
}
