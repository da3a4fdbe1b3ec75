//! The ASCII form of messages with UTF-8 headers (RFC 6857): what each kind of field becomes, and that nothing else changes.

use message::{Digest, DigestRef, Limits, Surrogate, downgrade, encoded_word, headers};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng, rngs::StdRng};

fn surrogate(message: &[u8]) -> Vec<u8> {
    let digest = Digest::of(message, &Limits::default());
    let view = digest.view().unwrap();
    let edits = downgrade::edits(message, &view);
    let mut made = message.to_vec();
    for edit in edits.iter().rev() {
        made.splice(edit.place.clone(), edit.text.iter().copied());
    }
    let size = Digest::of(&made, &Limits::default()).view().unwrap().crlf_size();
    let noted = if edits.is_empty() { Surrogate::NotNeeded } else { Surrogate::Octets(size) };
    assert_eq!(view.surrogate(), noted, "{}", String::from_utf8_lossy(message));
    assert_eq!(downgrade::edited_size(message, view.crlf_size(), &edits), size);
    made
}

/// One field as it becomes.
fn field(text: &str) -> String {
    let made = String::from_utf8(surrogate(format!("{text}\r\n\r\nbödy\r\n").as_bytes())).unwrap();
    made.strip_suffix("\r\n\r\nbödy\r\n").expect("the body is as it was").to_owned()
}

#[test]
fn text_becomes_encoded_words_and_ascii_words_stay() {
    for (stored, expected) in [
        ("Subject: plain", "Subject: plain"),
        ("Subject: über allem", "Subject: =?UTF-8?Q?=C3=BCber?= allem"),
        ("Subject:ohne Lücke", "Subject: ohne =?UTF-8?Q?L=C3=BCcke?="),
        ("subject: Grüße,\r\n\tKöln", "subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe=2C=09K=C3=B6ln?="),
        // Blanks beside words that were encoded before are told in ours.
        ("Subject: =?UTF-8?Q?a?= ö =?UTF-8?Q?b?=", "Subject: =?UTF-8?Q?a?= =?UTF-8?Q?_=C3=B6_?= =?UTF-8?Q?b?="),
        ("X-Any: 日本", "X-Any: =?UTF-8?B?5pel5pys?="),
        ("Keywords: Grüße, plain, Köln", "Keywords: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=, plain, =?UTF-8?Q?K=C3=B6ln?="),
    ] {
        assert_eq!(field(stored), expected);
    }
}

#[test]
fn addresses_keep_their_names_and_what_has_an_ascii_form() {
    for (stored, expected) in [
        ("From: Jürgen <j@example.test>", "From: =?UTF-8?Q?J=C3=BCrgen?= <j@example.test>"),
        (
            "To: \"Müller, Jürgen\" <j@a.test>, b@b.test",
            "To: =?UTF-8?Q?M=C3=BCller=2C_J=C3=BCrgen?= <j@a.test>, b@b.test",
        ),
        ("To: \"A, B\" <\"x y\"@a.test>, Ö <o@b.test>", "To: \"A, B\" <\"x y\"@a.test>, =?UTF-8?Q?=C3=96?= <o@b.test>"),
        ("Cc: j@bücher.example", "Cc: j@xn--bcher-kva.example"),
        ("Reply-To: j@a.test (Jürgen)", "Reply-To: =?UTF-8?Q?J=C3=BCrgen?= <j@a.test>"),
        (
            "From: Jürgen <jürgen@a.test>",
            "From: =?UTF-8?Q?J=C3=BCrgen?= Internationalized Address\r\n =?UTF-8?Q?j=C3=BCrgen=40a=2Etest?= Removed:;",
        ),
        (
            "To: Größen: a@a.test, b@b.test;, c@c.test",
            "To: =?UTF-8?Q?Gr=C3=B6=C3=9Fen?=: a@a.test, b@b.test;, c@c.test",
        ),
        (
            "To: g: ä@a.test, b@b.test;",
            "To: g: b@b.test;, Internationalized Address =?UTF-8?Q?=C3=A4=40a=2Etest?=\r\n Removed:;",
        ),
        // No address list at all.
        ("From: Jürgen", "From: =?UTF-8?Q?J=C3=BCrgen?="),
    ] {
        assert_eq!(field(stored), expected);
    }
}

#[test]
fn structured_fields_take_the_form_that_each_has() {
    let long = "ü".repeat(30);
    let escapes = "%C3%BC".repeat(10);
    for (stored, expected) in [
        (
            "Content-Type: text/plain; charset=\"utf-8\"; name=\"Größe 1.txt\"",
            "Content-Type: text/plain; charset=utf-8;\r\n name*=UTF-8''Gr%C3%B6%C3%9Fe%201.txt",
        ),
        (
            "Content-Disposition: attachment; filename=\"ü.txt\"; filename*=UTF-8''%C3%BC.txt",
            "Content-Disposition: attachment; filename*=UTF-8''%C3%BC.txt",
        ),
        ("Message-ID: <ü@a.test>", "Downgraded-Message-ID: =?UTF-8?Q?=3C=C3=BC=40a=2Etest=3E?="),
        (
            "Date: Sun, 22 Nov 2026 08:00:00 +0100 (Zeit für alles)",
            "Date: Sun, 22 Nov 2026 08:00:00 +0100 (Zeit =?UTF-8?Q?f=C3=BCr?= alles)",
        ),
        (
            "Received: from a by b (grün) with ESMTP\r\n for <ü@b.test>; Sun, 22 Nov 2026 08:00:00 +0100",
            "Received: from a by b (=?UTF-8?Q?gr=C3=BCn?=) with ESMTP; Sun, 22 Nov 2026\r\n 08:00:00 +0100",
        ),
        (
            "Received: from ü by b; Sun, 22 Nov 2026 08:00:00 +0100",
            "Downgraded-Received: =?UTF-8?Q?from_=C3=BC_by_b=3B_Sun=2C_22_Nov_2026_08?=\r\n =?UTF-8?Q?=3A00=3A00_+0100?=",
        ),
        // A boundary that stands in the body: the field is as it was.
        ("Content-Type: multipart/mixed; boundary=\"ü\"", "Content-Type: multipart/mixed; boundary=\"ü\""),
        // No field names.
        ("grün: x", "grün: x"),
        ("kein Feld für niemand", "kein Feld für niemand"),
    ] {
        assert_eq!(field(stored), expected);
    }
    let made = field(&format!("Content-Disposition: attachment; filename=\"{long}.txt\""));
    assert!(made.contains(&format!(";\r\n filename*0*=UTF-8''{}", &escapes[..48])), "{made}");
    assert!(made.lines().all(|line| line.len() <= 78), "{made}");
}

#[test]
fn parts_and_messages_in_messages_are_changed_where_they_stand() {
    let message = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/global\r\n\r\n\
        Subject: ü\r\n\r\ninner ü\r\n--b\r\nContent-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogw7wNCg0K\r\n\
        --b\r\nX-Last: ü\r\n--b--\r\n";
    let expected = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
        Subject: =?UTF-8?Q?=C3=BC?=\r\n\r\ninner ü\r\n--b\r\nContent-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogw7wNCg0K\r\n\
        --b\r\nX-Last: =?UTF-8?Q?=C3=BC?=\r\n--b--\r\n";
    assert_eq!(String::from_utf8(surrogate(message.as_bytes())).unwrap(), expected);
    // Other 8-bit octets are no text.
    let old = b"Subject: gr\xfc\xdfe\r\nTo: \xff\xfe\r\n\r\nx\r\n";
    assert_eq!(surrogate(old), old);
}

#[test]
fn a_digest_of_the_version_before_knows_nothing_of_it() {
    let message = "Subject: ü\r\n\r\nx\r\n".as_bytes();
    let digest = Digest::of(message, &Limits::default());
    let mut bytes = digest.encode();
    // Size and missing line ends are one octet each here, as is the surrogate's size.
    assert_eq!(bytes[..4], [2, 18, 0, 35]);
    bytes.remove(3);
    bytes[0] = 1;
    let view = DigestRef::decode(&bytes).unwrap();
    assert_eq!(view.surrogate(), Surrogate::Unknown);
    assert_eq!(view.envelope().subject, Some("ü".as_bytes()));
    assert_eq!(downgrade::edits(message, &view), downgrade::edits(message, &digest.view().unwrap()));
}

#[test]
fn what_a_reader_decodes_is_what_was_written() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let pieces = [
        "ü",
        "日本語",
        "a",
        "word",
        " ",
        "  ",
        "=",
        "?",
        "_",
        "\t",
        "😀",
        "=?",
        "(",
        ")",
        "\\",
        "\"",
        ",",
        ";",
        "long-ascii-word-of-some-length",
        "é",
        ":",
    ];
    for _ in 0..3000 {
        let text: String = (0..random.random_range(1..60)).map(|_| *pieces.choose(&mut random).unwrap()).collect();
        let text = text.trim();
        // What could be read as an encoded word before is another matter.
        if text.contains("=?") {
            continue;
        }
        for name in
            ["Subject", "From", "To", "Content-Type", "Content-Disposition", "Received", "Message-ID", "Keywords"]
        {
            let message = format!("{name}: {text}\r\n\r\nx\r\n");
            let made = surrogate(message.as_bytes());
            let field = headers(&made).next().unwrap();
            let untouchable = name == "Content-Type" && text.contains("boundary");
            assert!(made.is_ascii() || untouchable, "seed {seed}: {message}");
            assert!(made.ends_with(b"\r\n\r\nx\r\n"));
            if name == "Subject" {
                assert_eq!(
                    encoded_word::decode(field.value),
                    text.replace('\t', " "),
                    "seed {seed}: {}",
                    String::from_utf8_lossy(&made)
                );
            }
            // Only words that cannot be broken are longer than a line.
            let longest =
                String::from_utf8_lossy(field.raw).lines().filter(|line| line.contains("=?UTF-8")).map(str::len).max();
            assert!(
                name == "Keywords"
                    || longest
                        .is_none_or(|longest| longest <= 76 || text.split([' ', '\t']).any(|word| word.len() > 30)),
                "seed {seed}: {}",
                String::from_utf8_lossy(&made)
            );
        }
    }
}
