//! BODY[…]: the example of RFC 3501 §6.4.5 and the cases around it.

use super::structure::crlf;
use message::section::header_fields;
use message::{Digest, FieldChoice, Limits, SectionText};

/// The shape of the example in RFC 3501 §6.4.5.
const EXAMPLE: &str = "Subject: top
Content-Type: multipart/mixed; boundary=m

preamble
--m
X-Part: one

text one
--m
Content-Type: application/octet-stream

two
--m
Content-Type: message/rfc822
X-Part: three

Subject: three
Content-Type: multipart/mixed; boundary=n

--n

three one
--n
Content-Type: application/octet-stream

three two
--n--
--m
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: image/gif
X-Part: four one

gif
--o
Content-Type: message/rfc822

Subject: four two

plain
--o--
--m--
";

fn section(text: &str, path: &[u32], which: SectionText) -> Option<String> {
    let message = crlf(text);
    let digest = Digest::of(&message, &Limits::default());
    let range = digest.view()?.section(path, which)?;
    let bytes = &message[usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?];
    Some(String::from_utf8_lossy(bytes).replace("\r\n", "\n"))
}

#[test]
fn the_sections_of_the_example() {
    use SectionText::{Header, Mime, Text, Whole};
    let ask = |path: &[u32], which| section(EXAMPLE, path, which);
    assert_eq!(ask(&[], Whole).as_deref(), Some(EXAMPLE));
    assert_eq!(ask(&[], Header).as_deref(), Some("Subject: top\nContent-Type: multipart/mixed; boundary=m\n\n"));
    assert!(ask(&[], Text).is_some_and(|text| text.starts_with("preamble\n") && text.ends_with("--m--\n")));
    assert_eq!(ask(&[1], Whole).as_deref(), Some("text one"));
    assert_eq!(ask(&[1], Mime).as_deref(), Some("X-Part: one\n\n"));
    assert_eq!(ask(&[2], Whole).as_deref(), Some("two"));
    assert!(ask(&[3], Whole).is_some_and(|text| text.starts_with("Subject: three\n") && text.ends_with("--n--")));
    assert_eq!(ask(&[3], Mime).as_deref(), Some("Content-Type: message/rfc822\nX-Part: three\n\n"));
    assert!(ask(&[3], Header).is_some_and(|text| text.starts_with("Subject: three\n") && text.ends_with("=n\n\n")));
    assert!(ask(&[3], Text).is_some_and(|text| text.starts_with("--n\n")));
    assert_eq!(ask(&[3, 1], Whole).as_deref(), Some("three one"));
    assert_eq!(ask(&[3, 2], Whole).as_deref(), Some("three two"));
    assert_eq!(ask(&[4, 1], Mime).as_deref(), Some("Content-Type: image/gif\nX-Part: four one\n\n"));
    assert_eq!(ask(&[4, 2], Header).as_deref(), Some("Subject: four two\n\n"));
    assert_eq!(ask(&[4, 2], Text).as_deref(), Some("plain"));
    // Part 1 of the message in part 4.2, which is no multipart.
    assert_eq!(ask(&[4, 2, 1], Whole).as_deref(), Some("plain"));
    for (path, which) in [
        (&[0][..], Whole),
        (&[5], Whole),
        (&[1, 1], Whole),
        (&[3, 3], Whole),
        (&[4, 2, 2], Whole),
        (&[1], Header),
        (&[4], Text),
        (&[u32::MAX], Whole),
        (&[], Mime),
    ] {
        assert_eq!(ask(path, which), None, "{path:?} {which:?}");
    }
}

#[test]
fn part_one_of_a_plain_message_is_its_body() {
    let plain = "Subject: x\n\nhello\n";
    assert_eq!(section(plain, &[1], SectionText::Whole).as_deref(), Some("hello\n"));
    assert_eq!(section(plain, &[1], SectionText::Mime).as_deref(), Some("Subject: x\n\n"));
    assert_eq!(section(plain, &[2], SectionText::Whole), None);
    assert_eq!(section(plain, &[1, 1], SectionText::Whole), None);
}

#[test]
fn chosen_header_fields() {
    let header = b"To: a\r\nSUBJECT: one\r\n two\r\nX: y\r\nsubject: three\r\n\r\n";
    assert_eq!(
        header_fields(header, &["Subject"], FieldChoice::Only),
        b"SUBJECT: one\r\n two\r\nsubject: three\r\n\r\n"
    );
    assert_eq!(header_fields(header, &["subject", "x"], FieldChoice::Except), b"To: a\r\n\r\n");
    assert_eq!(header_fields(header, &["absent"], FieldChoice::Only), b"\r\n");
    // A message without a blank line gets none.
    assert_eq!(header_fields(b"To: a\r\n", &["to"], FieldChoice::Only), b"To: a\r\n");
}
