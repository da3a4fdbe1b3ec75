//! The part tree: BODYSTRUCTURE of good and broken messages (RFC 2046 §5.1, RFC 3501 §7.4.2).

use message::{Digest, Limits, PartKind, PartRef};

/// A message with CRLF line breaks from one with line feeds.
pub(super) fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// The tree on one line: `type/subtype[octets,lines]` with children in parentheses.
fn outline(part: &PartRef<'_>) -> String {
    let text = String::from_utf8_lossy;
    let name = format!("{}/{}", text(part.media_type), text(part.subtype)).to_lowercase();
    let children: Vec<_> = part.children().map(|child| outline(&child)).collect();
    match part.kind {
        PartKind::Multipart => format!("{name}({})", children.join(" ")),
        PartKind::Message => format!("{name}[{},{}]({})", part.octets(), part.lines, children.join(" ")),
        PartKind::Text => format!("{name}[{},{}]", part.octets(), part.lines),
        PartKind::Basic => format!("{name}[{}]", part.octets()),
    }
}

fn tree(text: &str) -> String {
    let digest = Digest::of(&crlf(text), &Limits::default());
    outline(&digest.view().expect("own digest").root())
}

fn multi(body: &str) -> String {
    tree(&format!("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n{body}"))
}

#[test]
fn single_parts() {
    assert_eq!(tree(""), "text/plain[0,0]");
    assert_eq!(tree("Subject: x\n\nhello\nyou\n"), "text/plain[12,2]");
    assert_eq!(tree("Content-Type: image/gif\n\nabc"), "image/gif[3]");
    // RFC 2045 §5.2: what cannot be read is text/plain.
    for broken in ["text", "text/", "/plain", "", ";", "x"] {
        assert_eq!(tree(&format!("Content-Type: {broken}\n\nabc")), "text/plain[3,0]", "{broken:?}");
    }
    // Without MIME-Version and Content-Type there is no MIME.
    let digest = Digest::of(&crlf("Content-Transfer-Encoding: base64\n\nabc"), &Limits::default());
    assert_eq!(digest.view().expect("own digest").root().encoding, b"7bit");
}

#[test]
fn multiparts_and_their_boundaries() {
    let table = [
        ("\n--x\n\na\n--x\n\nb\n--x--\n", "multipart/mixed(text/plain[1,0] text/plain[1,0])"),
        ("\npreamble\n--x\n\na\n--x--\nepilogue\n--x\n\nno part\n", "multipart/mixed(text/plain[1,0])"),
        // The line break before a boundary is the boundary's; the one before that is the part's.
        ("\n--x\n\na\n\n--x--\n", "multipart/mixed(text/plain[3,1])"),
        ("\n--x  \n\na\n--x--  \n", "multipart/mixed(text/plain[1,0])"),
        // No end boundary: the last part goes to the end.
        ("\n--x\n\na\nb\n", "multipart/mixed(text/plain[6,2])"),
        // Neither a boundary inside a line nor one behind a blank counts.
        ("\n--x\n\na--x\n --x\n--x--\n", "multipart/mixed(text/plain[10,1])"),
        // Empty parts, with and without a header.
        ("\n--x\n--x\n\n--x--\n", "multipart/mixed(text/plain[0,0] text/plain[0,0])"),
        ("\n--x\nContent-Type: text/html\n--x--\n", "multipart/mixed(text/html[0,0])"),
        // No part at all: IMAP's grammar still wants one.
        ("\n", "multipart/mixed(text/plain[0,0])"),
        ("\n--x--\n", "multipart/mixed(text/plain[0,0])"),
        ("", "multipart/mixed(text/plain[0,0])"),
        // A longer boundary that begins with this one belongs to nobody else.
        ("\n--xy\n\na\n--x--\n", "multipart/mixed(text/plain[1,0])"),
    ];
    for (body, expected) in table {
        assert_eq!(multi(body), expected, "{body:?}");
    }
    assert_eq!(tree("Content-Type: multipart/mixed\n\n--\n\na"), "multipart/mixed(text/plain[0,0])");
}

#[test]
fn nested_multiparts() {
    let inner = |boundary: &str| {
        format!("\n--x\nContent-Type: multipart/alternative; boundary=\"{boundary}\"\n\n--{boundary}\n\ni\n")
    };
    let ended = format!("{}--y--\nrest\n--x\n\nz\n--x--\n", inner("y"));
    assert_eq!(multi(&ended), "multipart/mixed(multipart/alternative(text/plain[1,0]) text/plain[1,0])");
    // The outer boundary ends the inner multipart that has no end of its own.
    let open = format!("{}--x\n\nz\n--x--\n", inner("y"));
    assert_eq!(multi(&open), "multipart/mixed(multipart/alternative(text/plain[1,0]) text/plain[1,0])");
    // The same boundary inside and outside: the innermost open one is meant.
    let same = format!("{}--x--\n--x\n\nz\n--x--\n", inner("x"));
    assert_eq!(multi(&same), "multipart/mixed(multipart/alternative(text/plain[1,0]) text/plain[1,0])");
    // One boundary a prefix of the other: the longest match is meant.
    let prefix = format!("{}--xy--\n--x\n\nz\n--x--\n", inner("xy"));
    assert_eq!(multi(&prefix), "multipart/mixed(multipart/alternative(text/plain[1,0]) text/plain[1,0])");
}

#[test]
fn messages_in_messages() {
    assert_eq!(
        multi("\n--x\nContent-Type: message/rfc822\n\nSubject: in\n\nbody\n--x--\n"),
        "multipart/mixed(message/rfc822[19,2](text/plain[4,0]))"
    );
    assert_eq!(tree("Content-Type: message/rfc822\n\n"), "message/rfc822[0,0](text/plain[0,0])");
    assert_eq!(tree("Content-Type: message/global\n\nSubject: \u{fc}\n\nb\n"), "message/global[18,3](text/plain[3,1])");
    // multipart/digest changes the default type of its parts (RFC 2046 §5.1.5).
    assert_eq!(
        tree(
            "Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: d\n\nb\n--x\nContent-Type: text/plain\n\nt\n--x--\n"
        ),
        "multipart/digest(message/rfc822[15,2](text/plain[1,0]) text/plain[1,0])"
    );
}

#[test]
fn limits_stop_the_tree_and_keep_the_bytes() {
    let mut deep = String::new();
    for level in 0..1000 {
        deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level:04}\n\n--b{level:04}\n"));
    }
    let message = crlf(&deep);
    let digest = Digest::of(&message, &Limits::default());
    let mut part = digest.view().expect("own digest").root();
    let mut depth = 0;
    while let Some(child) = part.children().next() {
        part = child;
        depth += 1;
    }
    assert_eq!(depth, 100);
    assert!(part.is("application", "octet-stream"));
    assert_eq!(part.end, message.len() as u64);

    let many = format!("Content-Type: multipart/mixed; boundary=x\n\n{}", "--x\n\na\n".repeat(20_000));
    let digest = Digest::of(&crlf(&many), &Limits { parts: 50, ..Limits::default() });
    let root = digest.view().expect("own digest").root();
    assert_eq!(root.children().count(), 49);
    assert_eq!(root.end, crlf(&many).len() as u64);

    let long = format!("Subject: early\nX-Long: {}\nFrom: late@example.test\n\nbody", "y".repeat(5000));
    let digest = Digest::of(&crlf(&long), &Limits { header_bytes: 1000, ..Limits::default() });
    let view = digest.view().expect("own digest");
    assert_eq!(view.envelope().subject, Some(&b"early"[..]));
    assert!(view.envelope().from.is_empty());
    assert_eq!(view.root().octets(), 4);
}

#[test]
fn content_fields() {
    let digest = Digest::of(
        &crlf(
            "MIME-Version: 1.0\nContent-Type: TEXT/html; Charset=\"utf-8\"; name*0=a; name*1=b;\n\tx=y\n\
             Content-ID: <id@x>\nContent-Description: two\n words\nContent-Transfer-Encoding: (c) BASE64\n\
             Content-MD5: Q2hlY2s=\nContent-Disposition: attachment; filename*=utf-8''%41; size=3\n\
             Content-Language: en, de-DE\nContent-Location: http://x/\n y\nContent-ID: <second@x>\n\n",
        ),
        &Limits::default(),
    );
    let part = digest.view().expect("own digest").root();
    assert!(part.is("text", "HTML"));
    assert_eq!(part.param("charset"), Some(&b"utf-8"[..]));
    let params: Vec<_> = part.params.map(|(name, _)| name).collect();
    assert_eq!(params, [&b"Charset"[..], b"x", b"name"]);
    assert_eq!(part.param("name"), Some(&b"ab"[..]));
    assert_eq!(part.id, Some(&b"<id@x>"[..]));
    assert_eq!(part.description, Some(&b"two words"[..]));
    assert_eq!(part.encoding, b"BASE64");
    assert_eq!(part.md5, Some(&b"Q2hlY2s="[..]));
    let disposition = part.disposition.expect("a disposition");
    assert_eq!(disposition.kind, b"attachment");
    assert_eq!(disposition.params.get("filename*"), Some(&b"utf-8''%41"[..]));
    assert_eq!(part.languages.collect::<Vec<_>>(), [&b"en"[..], b"de-DE"]);
    assert_eq!(part.location, Some(&b"http://x/ y"[..]));
}
