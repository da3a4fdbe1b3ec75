//! What a message says is found in whatever charset and encoding it says it (RFC 3501 §6.4.4), and asked for in whatever charset.

use suite::{ImapClient, Site, SiteOptions};

use super::{found, key};

fn message(fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("From: a@b.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n{}\r\n\r\n", fields.replace('\n', "\r\n"));
    [head.as_bytes(), body, b"\r\n"].concat()
}

fn text(charset: &str, encoding: &str, body: &[u8]) -> Vec<u8> {
    message(&format!("Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}"), body)
}

/// A message each, with strings that it holds and strings that it does not.
fn table() -> Vec<(Vec<u8>, Vec<&'static str>, Vec<&'static str>)> {
    let nested = message(
        "Content-Type: multipart/mixed; boundary=x",
        b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?koi8-r?Q?=F0=D2=C9=D7=C5=D4?= inner\r\nContent-Type: text/plain;\r\n \
          charset=windows-1251\r\nContent-Transfer-Encoding: base64\r\n\r\nze7i7vHy6A==\r\n--x\r\nContent-Type: application/octet-stream\r\n\r\nunlooked\r\n--x--\r\n",
    );
    let flowed = message(
        "Content-Type: text/plain; format=flowed; charset=utf-8",
        "a phrase over \r\nits soft break\r\nand a hard\r\nbreak, > quote\r\n> quoted \r\n> words\r\n".as_bytes(),
    );
    let delsp =
        message("Content-Type: text/plain; format=flowed; delsp=yes; charset=utf-8", "日本 \r\n語\r\n".as_bytes());
    vec![
        (text("iso-2022-kr", "7bit", b"\x1b$)C\x0eGQ19>n\x0f plain"), vec!["한국어", "국어 PLAIN"], vec!["GQ19"]),
        (text("hz-gb-2312", "7bit", b"~{Dc:C~} there"), vec!["你好", "好 there"], vec!["Dc:C"]),
        (text("iso-2022-jp", "7bit", b"\x1b$BF|K\\8l\x1b(B"), vec!["日本", "本語"], vec!["F|K"]),
        (text("utf-7", "7bit", b"1 +- 1, +BB8EQAQ4BDIENQRC-"), vec!["1 + 1", "привет"], vec!["BB8E"]),
        (text("IBM850", "8bit", b"caf\x82 \x9c5"), vec!["CAFÉ £5"], vec!["caf\u{201a}"]),
        (text("cp852", "base64", b"UP2hbGnn"), vec!["PŘÍLIŠ"], vec![]),
        (text("koi8-u", "8bit", b"\xe7\xf0"), vec!["гп"], vec![]),
        (text("gb18030", "8bit", b"\x81\x30\x84\x36 \xc4\xe3"), vec!["\u{a5} 你"], vec![]),
        (
            text("utf-8", "quoted-printable", b"a long phrase =\r\nwith gr=C3=BC=\r\n=C3=9Fe =ZZ and a tail="),
            vec!["phrase with GRÜßE", "=zz and a tail"],
            vec!["=c3"],
        ),
        // A stray character, a missing end: what can be read is.
        (text("utf-8", "base64", b"Z3LD*vMOf\r\nZSBhdXM\r\n-- \r\n"), vec!["grüße aus"], vec![]),
        // In the header of a part, where TEXT looks and BODY does not.
        (nested, vec!["новости"], vec!["unlooked", "привет inner"]),
        (flowed, vec!["phrase over its soft", "quoted words", "over \r\nits"], vec!["a hard break"]),
        (delsp, vec!["日本語"], vec![]),
        (
            message("Content-Type: text/html; charset=utf-8", "<p>fl\u{fb01}p</p>".as_bytes()),
            vec!["FLFIP"],
            vec!["<p>fl p"],
        ),
    ]
}

fn filled(imap: &mut ImapClient) -> Vec<(Vec<u8>, Vec<&'static str>, Vec<&'static str>)> {
    let table = table();
    for (message, ..) in &table {
        assert!(imap.append("INBOX", "", message).is_ok());
    }
    imap.command("SELECT INBOX");
    table
}

#[test]
fn text_is_found_in_every_charset_and_encoding() {
    let site = Site::start(SiteOptions::default().users(&["alice"]));
    let mut imap = site.imap_as("alice");
    let table = filled(&mut imap);
    let look = |imap: &mut ImapClient, known: u64| {
        for (number, (_, held, not_held)) in table.iter().enumerate() {
            let uid = number as u64 + 1;
            for text in held {
                assert!(found(imap, &key("BODY", text)).contains(&uid), "{uid} holds {text:?} ({known} others)");
                assert!(found(imap, &key("TEXT", text)).contains(&uid), "{uid} holds {text:?}");
            }
            for text in not_held {
                assert!(!found(imap, &key("BODY", text)).contains(&uid), "{uid} does not hold {text:?}");
            }
        }
        assert!(!found(imap, &key("TEXT", "привет inner")).is_empty());
    };
    look(&mut imap, 0);
    // Enough for gists: the first round makes them, the second goes by them.
    let other = suite::corpus::message("another", "with other words");
    for _ in 0..220 {
        imap.append("INBOX", "", &other);
    }
    imap.command("NOOP");
    look(&mut imap, 220);
    look(&mut imap, 220);
    assert_eq!(super::kept_files(&site).len(), 1);
}

#[test]
fn a_search_may_be_in_any_charset_that_is_known() {
    let site = Site::start(SiteOptions::default().users(&["alice"]));
    let mut imap = site.imap_as("alice");
    filled(&mut imap);
    for (charset, octets, uid) in [
        ("KOI8-R", &b"\xd0\xd2\xc9\xd7\xc5\xd4"[..], 4),
        ("windows-1251", b"\xef\xf0\xe8\xe2\xe5\xf2", 4),
        ("iso-2022-kr", b"\x1b$)C\x0eGQ19>n\x0f", 1),
        ("ISO-2022-JP", b"\x1b$BF|K\\\x1b(B", 3),
        ("IBM850", b"caf\x82", 5),
        ("UTF-7", b"+BB8EQA-", 4),
        ("UTF-16BE", b"\x4f\x60\x59\x7d", 2),
        ("ISO-8859-1", b"CAF\xc9", 5),
    ] {
        imap.send(format!("f UID SEARCH CHARSET {charset} BODY {{{}+}}\r\n", octets.len()).as_bytes());
        imap.send(octets);
        imap.send(b"\r\n");
        let line = imap.response().text();
        let numbers: Vec<u64> = line.split_whitespace().skip(2).map(|uid| uid.parse().unwrap()).collect();
        assert!(imap.response().text().starts_with("f OK"));
        assert!(numbers.contains(&uid), "{charset}: {line}");
    }
    imap.send(b"k SEARCH CHARSET X-KLINGON ALL\r\n");
    let line = imap.response().text();
    assert!(line.starts_with("k NO [BADCHARSET (US-ASCII UTF-8 UTF-7 "), "{line}");
    imap.send(b"g SEARCH CHARSET UTF-8 BODY {2+}\r\n\xff\xfe\r\n");
    assert!(imap.response().text().starts_with("g NO [BADCHARSET ("));
}
