//! LDIF text (RFC 2849): what is read is written back the same, odd values included.

use directory::{Attribute, Entry, Ldif};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn parse(text: &str) -> Ldif {
    Ldif::parse(text.as_bytes()).unwrap()
}

fn refused(text: &str) -> (usize, &'static str) {
    let error = Ldif::parse(text.as_bytes()).unwrap_err();
    (error.line, error.reason)
}

#[test]
fn folded_lines_base64_and_comments_are_read() {
    let ldif = parse(concat!(
        "version: 1\n",
        "# about alice\n",
        "dn: uid=alice,ou=People,\n o=example.test\n",
        "cn:: w4lsaXNl\n",
        "description: one\n  two\n",
        "empty:\n",
        "x-unknown;lang-fr:no blank\r\n",
        "# inside,\n #folded\n",
        "\n\n",
        "dn:: dWlkPWJvYg==\nuid: bob\n",
        "\n# the end\n",
    ));
    let [alice, bob] = ldif.entries.as_slice() else { panic!("two entries") };
    assert_eq!(alice.dn, "uid=alice,ou=People,o=example.test");
    assert_eq!(alice.first("CN"), Some("Élise"));
    assert_eq!(alice.first("description"), Some("one two"));
    assert_eq!(alice.first("empty"), Some(""));
    assert_eq!(alice.first("x-unknown;lang-fr"), Some("no blank"));
    assert_eq!(alice.comments, [" about alice", " inside,#folded"]);
    assert_eq!(bob.dn, "uid=bob");
    assert_eq!(ldif.trailing_comments, [" the end"]);
}

#[test]
fn what_is_not_an_entry_is_refused_with_its_line() {
    assert_eq!(refused("dn: a\nno colon here\n"), (2, "no colon"));
    assert_eq!(refused("cn: x\n"), (1, "an entry must begin with dn"));
    assert_eq!(refused("dn: a\nchangetype: delete\n").0, 2);
    assert_eq!(refused("dn: a\njpegPhoto:< file:///etc/passwd\n"), (2, "values from URLs are not allowed"));
    assert_eq!(refused("dn: a\ncn:: ???\n"), (2, "damaged base64"));
    assert_eq!(refused("version: 2\ndn: a\n"), (1, "only LDIF version 1 is known"));
    assert_eq!(refused(" folded\n").0, 1);
    assert_eq!(refused("dn: a\n\n folded\n").0, 3);
    assert_eq!(refused("dn: a\nb d: c\n"), (2, "not an attribute name"));
}

#[test]
fn values_that_plain_lines_cannot_hold_survive() {
    let odd: [&[u8]; 9] =
        [b" leading", b"trailing ", b":colon", b"<url", b"two\nlines", b"\0", b"\xff\xfe", "Ünïcode".as_bytes(), b""];
    let entry = Entry {
        dn: "uid=zoë,o=example.test".to_owned(),
        attributes: odd.iter().map(|value| Attribute { name: "x".to_owned(), value: value.to_vec() }).collect(),
        ..Entry::default()
    };
    let ldif = Ldif { entries: vec![entry], ..Ldif::default() };
    let text = ldif.to_bytes();
    assert!(text.is_ascii());
    assert_eq!(Ldif::parse(&text).unwrap(), ldif);
}

#[test]
fn long_values_are_folded_at_76_columns() {
    let mut entry = Entry { dn: "o=x".to_owned(), ..Entry::default() };
    entry.push("description", &"word ".repeat(100));
    entry.push("a", &"b".repeat(73));
    let ldif = Ldif { entries: vec![entry], ..Ldif::default() };
    let text = String::from_utf8(ldif.to_bytes()).unwrap();
    assert!(text.lines().all(|line| line.len() <= 76), "{text}");
    assert!(text.lines().any(|line| line.len() == 76));
    assert_eq!(parse(&text), ldif);
}

#[test]
fn random_entries_come_back_unchanged() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..300 {
        let mut ldif = Ldif::default();
        for _ in 0..random.random_range(0..4) {
            let mut entry = Entry { dn: format!("uid=u{},o=x", random.random_range(0..1000)), ..Entry::default() };
            for _ in 0..random.random_range(0..6) {
                let length = random.random_range(0..200);
                let value = (0..length)
                    .map(|_| if random.random_bool(0.9) { random.random_range(b' '..=b'~') } else { random.random() })
                    .collect();
                entry.attributes.push(Attribute { name: format!("attr-{}", random.random_range(0..5)), value });
            }
            entry.comments = (0..random.random_range(0..2)).map(|number| format!(" comment {number}")).collect();
            ldif.entries.push(entry);
        }
        assert_eq!(Ldif::parse(&ldif.to_bytes()).unwrap(), ldif);
    }
}

#[test]
fn white_space_other_than_blanks_belongs_to_the_value() {
    for value in [b"\x0cform feed".as_slice(), b"\ttab", b"\x0b"] {
        let entry = Entry {
            dn: "uid=u,o=x".to_owned(),
            attributes: vec![Attribute { name: "cn".to_owned(), value: value.to_vec() }],
            ..Entry::default()
        };
        let ldif = Ldif { entries: vec![entry], ..Ldif::default() };
        assert_eq!(Ldif::parse(&ldif.to_bytes()).unwrap(), ldif);
    }
}

#[test]
fn random_bytes_never_stop_the_reader() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let pieces: [&[u8]; 12] =
        [b"dn: a", b"\n", b"\r\n", b" ", b":", b"::", b"#", b"version: 1", b"cn", b"\xff", b"\0", b"QQ=="];
    for _ in 0..5000 {
        let text: Vec<u8> = (0..random.random_range(0..20))
            .flat_map(|_| pieces[random.random_range(0..pieces.len())])
            .copied()
            .collect();
        if let Ok(ldif) = Ldif::parse(&text) {
            assert_eq!(Ldif::parse(&ldif.to_bytes()).unwrap().entries, ldif.entries);
        }
    }
}
