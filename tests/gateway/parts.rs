//! Parts and sources as streams.

use backends::{Error, Part};
use base64::{Engine, engine::general_purpose::STANDARD};
use rand::{RngCore, SeedableRng, rngs::StdRng};

use super::fixture::{Alice, both, bytes_of, run};

/// A message with a text, an attachment of these bytes and an embedded message.
fn message(attachment: &[u8]) -> Vec<u8> {
    let encoded: String = STANDARD
        .encode(attachment)
        .as_bytes()
        .chunks(76)
        .map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap()))
        .collect();
    format!(
        "Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=\r\n=C3=9Fe\r\n\
         --b\r\nContent-Type: image/png; name=pic.png\r\nContent-ID: <pic@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\
         --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inside\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n\
         --c\r\n\r\nplain\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--c--\r\n\
         --b--\r\n"
    )
    .into_bytes()
}

fn sections(part: &Part) -> Vec<(String, String)> {
    part.walk().map(|part| (part.section.clone(), part.media_type())).collect()
}

#[test]
fn parts_of_any_size_come_back_whole() {
    let mut bytes = vec![0; 600_000];
    StdRng::seed_from_u64(7).fill_bytes(&mut bytes);
    for alice in both() {
        let source = message(&bytes);
        alice.other().append("INBOX", "()", &source);
        run(async {
            let session = &alice.session;
            let found = session.message("INBOX", 1).await.unwrap();
            let tree = &found.summary.structure;
            let expected = [
                ("", "multipart/mixed"),
                ("1", "text/plain"),
                ("2", "image/png"),
                ("3", "message/rfc822"),
                ("3", "multipart/alternative"),
                ("3.1", "text/plain"),
                ("3.2", "text/html"),
            ];
            let expected: Vec<_> = expected.iter().map(|(s, t)| ((*s).to_owned(), (*t).to_owned())).collect();
            assert_eq!(sections(tree), expected);
            assert_eq!(tree.find("3").unwrap().envelope.as_ref().unwrap().subject, "inside");
            let picture = tree.find_id("pic@x").unwrap();
            assert_eq!(picture.section, "2");
            assert_eq!(bytes_of(session.decoded("INBOX", 1, picture).await.unwrap()).await, bytes);
            assert_eq!(bytes_of(session.source("INBOX", 1).await.unwrap()).await, source);
            let text = session.part_bytes("INBOX", 1, tree.find("1").unwrap(), 100).await.unwrap();
            assert_eq!((text.bytes.as_slice(), text.truncated), ("Grüße".as_bytes(), false));
            let some = session.part_bytes("INBOX", 1, picture, 1000).await.unwrap();
            assert_eq!((some.bytes.as_slice(), some.truncated), (&bytes[..1000], true));
            let html = session.part_bytes("INBOX", 1, tree.find("3.2").unwrap(), 100).await.unwrap();
            assert_eq!(html.bytes, b"<p>html");
            let header = session.header("INBOX", 1, Some("3")).await.unwrap();
            assert!(header.starts_with(b"Subject: inside\r\n"), "{header:?}");
            assert!(session.header("INBOX", 1, None).await.unwrap().starts_with(b"Subject: parts\r\n"));
            assert!(!session.message("INBOX", 1).await.unwrap().flags.seen, "nothing of this sets \\Seen");
        });
    }
}

#[test]
fn a_source_that_is_a_multiple_of_the_window_ends() {
    let alice = Alice::new();
    for size in [1, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 512 << 10] {
        let mut source = b"Subject: x\r\n\r\n".to_vec();
        while source.len() + 2 < size {
            let line = (size - source.len() - 2).min(998);
            source.extend(std::iter::repeat_n(b'a', line.saturating_sub(2)));
            source.extend(b"\r\n");
        }
        alice.other().append("INBOX", "()", &source);
        run(async {
            let uid = alice.session.page("INBOX", 1, 1).await.unwrap().rows[0].uid;
            assert_eq!(bytes_of(alice.session.source("INBOX", uid).await.unwrap()).await, source, "{size}");
        });
    }
}

#[test]
fn what_is_not_there_is_an_error_before_the_stream() {
    for alice in both() {
        alice.other().append("INBOX", "()", b"Subject: x\r\n\r\nhello\r\n");
        run(async {
            let session = &alice.session;
            assert!(matches!(session.part("INBOX", 7, "1").await.err(), Some(Error::NoSuchMessage { uid: 7 })));
            assert!(matches!(session.source("INBOX", 7).await.err(), Some(Error::NoSuchMessage { uid: 7 })));
            for section in ["", "1.", ".1", "0", "1]", "1 BODY[]", "1.MIME", "HEADER", "1\r\nx"] {
                assert!(matches!(session.part("INBOX", 1, section).await.err(), Some(Error::Invalid(_))), "{section}");
            }
            assert_eq!(bytes_of(session.part("INBOX", 1, "1").await.unwrap()).await, b"hello\r\n");
        });
    }
}

#[test]
fn a_slow_reader_does_not_hold_up_the_session() {
    let alice = Alice::new();
    alice.other().append("INBOX", "()", &message(&vec![7; 2_000_000]));
    run(async {
        let mut stream = alice.session.part("INBOX", 1, "2").await.unwrap();
        let first = futures::StreamExt::next(&mut stream).await.unwrap().unwrap();
        // The download stands still; the list does not.
        alice.session.mailboxes().await.unwrap();
        alice.session.page("INBOX", 1, 50).await.unwrap();
        alice.session.create("Elsewhere").await.unwrap();
        alice.session.page("Elsewhere", 1, 50).await.unwrap();
        let rest = bytes_of(stream).await;
        // The last line end belongs to the boundary.
        assert_eq!((first.len() + rest.len()) as u64, spool::encoded_size(2_000_000) - 2);
    });
}

#[test]
fn structures_of_any_depth_end() {
    let alice = Alice::new();
    let mut deep = String::from("Subject: deep\r\n");
    for level in 0..300 {
        deep += &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    deep += "\r\nbottom\r\n";
    alice.other().append("INBOX", "()", deep.as_bytes());
    run(async {
        let page = alice.session.page("INBOX", 1, 50).await.unwrap();
        assert!(page.rows[0].summary.structure.walk().count() > 50);
        assert_eq!(alice.session.message("INBOX", 1).await.unwrap().summary.envelope.subject, "deep");
    });
}
