//! Header values as a person reads them.

use super::structure::crlf;
use message::display::{address, file_name, parameters, safe_file_name, text};
use message::{Digest, Limits};

fn name_of(fields: &str) -> Option<String> {
    let digest = Digest::of(&crlf(&format!("MIME-Version: 1.0\n{fields}\n\n")), &Limits::default());
    file_name(&digest.view()?.root())
}

#[test]
fn subjects_are_one_clean_line() {
    assert_eq!(text(b"  =?utf-8?q?a=0Ab?=\r\n\tc  "), "a b c");
}

#[test]
fn addresses() {
    let shown = |value: &str| {
        let list = message::address::parse(value.as_bytes());
        list.iter()
            .filter_map(|a| address(&a.as_ref()))
            .map(|a| format!("{}|{}", a.name, a.address))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown("=?utf-8?q?J=C3=B6?= <j@x.test>"), ["J\u{f6}|j@x.test"]);
    assert_eq!(shown("G: a@b, c@d;"), ["|a@b", "|c@d"]);
    assert_eq!(shown("\"a b\"@c"), ["|\"a b\"@c"]);
    assert_eq!(shown("only words here"), ["only words here|"]);
    assert_eq!(shown("root"), ["|root"]);
    let deceiving = message::address::parse(b"\"ceo@bank.example\" <thief@evil.example>");
    assert!(address(&deceiving[0].as_ref()).is_some_and(|a| a.name_contains_other_address()));
    let honest = message::address::parse(b"\"a@b.example\" <a@b.example>");
    assert!(address(&honest[0].as_ref()).is_some_and(|a| !a.name_contains_other_address()));
}

#[test]
fn file_names_in_every_form() {
    let disposition = |rest: &str| name_of(&format!("Content-Disposition: attachment; {rest}"));
    for (rest, expected) in [
        ("filename=a.txt", "a.txt"),
        ("filename=\"a b.txt\"", "a b.txt"),
        ("filename*=utf-8''J%C3%B6.txt", "J\u{f6}.txt"),
        ("filename=\"=?utf-8?q?J=C3=B6.txt?=\"", "J\u{f6}.txt"),
        ("filename==?utf-8?q?J=C3=B6.txt?=", "J\u{f6}.txt"),
        ("filename*0=long; filename*1=name.txt", "longname.txt"),
        ("filename*0*=utf-8''J%C3; filename*1*=%B6.txt", "J\u{f6}.txt"),
        ("filename*0*=utf-8''J%C3%B6; filename*1=\" 100%.txt\"", "J\u{f6} 100%.txt"),
        ("filename=plain.txt; filename*=utf-8''better.txt", "better.txt"),
        ("filename=\"../../etc/passwd\"", "passwd"),
        ("filename=\"C:\\\\temp\\\\x.exe\"", "x.exe"),
    ] {
        assert_eq!(disposition(rest).as_deref(), Some(expected), "{rest}");
    }
    assert_eq!(name_of("Content-Type: image/gif; name=n.gif").as_deref(), Some("n.gif"));
    assert_eq!(name_of("Content-Type: image/gif"), None);
    assert_eq!(disposition("filename=\"..\""), None);
}

#[test]
fn unsafe_names_are_made_safe() {
    assert_eq!(safe_file_name("cod\u{202e}cod.exe"), "codcod.exe");
    assert_eq!(safe_file_name("a\r\nSet-Cookie: x"), "a__Set-Cookie_ x");
    assert_eq!(safe_file_name(" .hidden. "), "hidden");
    assert_eq!(safe_file_name("/"), "");
    let long = safe_file_name(&format!("{}.tar.gz", "\u{f6}".repeat(500)));
    assert!(long.ends_with(".gz") && long.chars().count() <= 180);
}

#[test]
fn parameters_as_a_server_hands_them_out() {
    let raw: [(&[u8], &[u8]); 5] = [
        (b"NAME", b"=?utf-8?q?x?="),
        (b"filename*1", b"b"),
        (b"filename*0", b"a"),
        (b"charset", b"utf-8"),
        (b"name", b"second"),
    ];
    let decoded = parameters(&raw);
    let expected = [("name", "x"), ("filename", "ab"), ("charset", "utf-8")];
    assert_eq!(decoded.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(), expected);
}
