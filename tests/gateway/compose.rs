//! Composed messages, read back by Python's email package.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;
use spool::{DraftId, Limit, NewFile, SessionSpool, Spool, SpoolFile, SpoolOptions};
use submission::{
    Attachment, Bcc, ComposeOptions, Composed, Draft, DraftError, Mailbox, Priority, compose, parse_list,
};
use tempfile::TempDir;

use super::fixture::run;

const READ: &str = r#"
import sys, json, email, email.policy
raw = sys.stdin.buffer.read()
message = email.message_from_bytes(raw, policy=email.policy.default)
def part(p):
    d = {"type": p.get_content_type(), "defects": [str(x) for x in p.defects], "params": dict(p["content-type"].params) if p["content-type"] else {},
         "file": p.get_filename(), "disposition": p.get_content_disposition(), "id": p["content-id"], "encoding": p["content-transfer-encoding"]}
    if p.is_multipart():
        d["parts"] = [part(q) for q in p.iter_parts()]
    elif p.get_content_maintype() == "text":
        d["text"] = p.get_content()
    else:
        d["hex"] = p.get_payload(decode=True).hex()
    return d
top = part(message)
top["headers"] = [[k, str(v)] for k, v in message.items()]
top["to"] = [[a.display_name, a.addr_spec] for a in message["to"].addresses] if message["to"] else []
top["longest"] = max(len(line) for line in raw.split(b"\r\n"))
top["bare"] = raw.replace(b"\r\n", b"").count(b"\n") + raw.replace(b"\r\n", b"").count(b"\r")
top["ascii"] = all(b < 128 for b in raw)
print(json.dumps(top))
"#;

fn python(message: &[u8]) -> Value {
    let mut child = Command::new("python3")
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    child.stdin.take().unwrap().write_all(message).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn header<'v>(message: &'v Value, name: &str) -> Option<&'v str> {
    let headers = message["headers"].as_array().unwrap();
    headers
        .iter()
        .find(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name))
        .map(|pair| pair[1].as_str().unwrap())
}

struct Desk {
    _folder: TempDir,
    spool: SessionSpool,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(SpoolOptions { dir: folder.path().to_owned(), session_bytes: 1 << 30 }).unwrap();
        Self { _folder: folder, spool: spool.session("key") }
    }

    async fn file(&self, name: &str, media_type: &str, bytes: &[u8]) -> SpoolFile {
        let new = NewFile { draft: &DraftId::random(), file_name: name, media_type, limit: Limit::message(1 << 30) };
        let mut writer = self.spool.create(new).await.unwrap();
        writer.write(bytes).await.unwrap();
        writer.finish().await.unwrap()
    }

    fn compose(&self, draft: &Draft) -> Result<Composed, DraftError> {
        compose(draft, &ComposeOptions { id_domain: "example.test", spool: &self.spool })
    }
}

async fn bytes(composed: &Composed, bcc: Bcc) -> Vec<u8> {
    let mut all = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut composed.reader(bcc), &mut all).await.unwrap();
    assert_eq!(all.len() as u64, composed.size(bcc), "the size is known to the byte");
    all
}

fn draft() -> Draft {
    Draft {
        from: Mailbox::new("Alice Ünal, MD", "alice@example.test").unwrap(),
        to: parse_list("\"Smith, Bob\" <bob@example.test>; carol@example.test", None).unwrap(),
        subject: "Hello".to_owned(),
        text: "Hi,\n\nbye\n".to_owned(),
        ..Draft::default()
    }
}

#[test]
fn a_plain_message_is_plain() {
    let desk = Desk::new();
    run(async {
        let composed = desk.compose(&draft()).unwrap();
        let raw = bytes(&composed, Bcc::Strip).await;
        let read = python(&raw);
        assert_eq!(read["type"], "text/plain");
        assert_eq!(read["params"]["format"], "flowed");
        assert_eq!(read["text"].as_str().unwrap().replace('\r', ""), "Hi,\n\nbye\n");
        assert_eq!(read["encoding"], "7bit");
        assert_eq!(header(&read, "From"), Some("\"Alice Ünal, MD\" <alice@example.test>"));
        assert_eq!(read["to"][0][0], "Smith, Bob");
        assert_eq!(read["to"][1][1], "carol@example.test");
        assert_eq!(header(&read, "Message-ID"), Some(composed.message_id()));
        assert!(composed.message_id().ends_with("@example.test>"));
        assert_eq!(header(&read, "MIME-Version"), Some("1.0"));
        assert!(header(&read, "Date").unwrap().contains("202"));
        assert_eq!((&read["bare"], &read["ascii"]), (&Value::from(0), &Value::from(true)));
    });
}

#[test]
fn everything_at_once_is_read_as_it_was_meant() {
    let desk = Desk::new();
    run(async {
        let picture = vec![0x89; 100_000];
        let cid = desk.file("in line.png", "image/png", &picture).await;
        let long_name = "Ein sehr langer Dateiname mit Umlauten äöüß und 日本語, der nicht in eine Zeile passt.pdf";
        let file = desk.file(long_name, "application/pdf", b"%PDF").await;
        let empty = desk.file("empty.txt", "text/plain", b"").await;
        let subject = format!("{} — Grüße, 日本語 {}", "langer Betreff ".repeat(10).trim(), "😀".repeat(30));
        let text = format!("Grüße\n> quoted\n From here\n{}\n.\n..\n-- \nAlice\n", "long line of words ".repeat(40));
        let draft = Draft {
            cc: parse_list("Zoë <zoe@example.test>", None).unwrap(),
            bcc: parse_list("secret@example.test", None).unwrap(),
            reply_to: parse_list("reply@example.test", None).unwrap(),
            subject: subject.clone(),
            text: text.clone(),
            html: Some("<p>Grüße <img src=\"cid:pic1@x\"></p>".to_owned()),
            in_reply_to: Some("<a@b>".to_owned()),
            references: (0..60).map(|n| format!("<reference-number-{n}@some.long.example.test>")).collect(),
            attachments: vec![Attachment { file: cid, inline: Some("pic1@x".to_owned()) }, file.into(), empty.into()],
            priority: Priority::High,
            receipt: true,
            ..draft()
        };
        let composed = desk.compose(&draft).unwrap();
        let raw = bytes(&composed, Bcc::Strip).await;
        let read = python(&raw);
        assert_eq!(read["type"], "multipart/mixed");
        let (alternative, attached) = (&read["parts"][0], &read["parts"][1]);
        assert_eq!(alternative["type"], "multipart/alternative");
        assert_eq!(alternative["parts"][0]["type"], "text/plain");
        let related = &alternative["parts"][1];
        assert_eq!(
            (related["type"].as_str(), related["params"]["type"].as_str()),
            (Some("multipart/related"), Some("text/html"))
        );
        assert_eq!(related["parts"][0]["text"].as_str().unwrap().trim(), "<p>Grüße <img src=\"cid:pic1@x\"></p>");
        assert_eq!(related["parts"][1]["id"], "<pic1@x>");
        assert_eq!(related["parts"][1]["hex"].as_str().unwrap().len(), 200_000);
        assert_eq!(attached["file"], long_name);
        assert_eq!(
            (attached["type"].as_str(), attached["disposition"].as_str()),
            (Some("application/pdf"), Some("attachment"))
        );
        assert_eq!(attached["hex"], "25504446");
        assert_eq!(read["parts"][2]["text"], "");
        assert_eq!(header(&read, "Subject"), Some(subject.as_str()));
        assert_eq!(header(&read, "In-Reply-To"), Some("<a@b>"));
        let references: Vec<&str> = header(&read, "References").unwrap().split_whitespace().collect();
        assert_eq!((references.len(), references[0]), (21, "<reference-number-0@some.long.example.test>"));
        assert_eq!(references[20], "<reference-number-59@some.long.example.test>");
        assert_eq!(header(&read, "Importance"), Some("high"));
        assert_eq!(header(&read, "Disposition-Notification-To"), Some("<alice@example.test>"));
        assert_eq!(header(&read, "Bcc"), None);
        assert!(read["longest"].as_u64().unwrap() <= 998 && read["ascii"] == true && read["bare"] == 0, "{read}");
        for part in [&read, alternative, related, attached] {
            assert_eq!(part["defects"], Value::from(Vec::<String>::new()));
        }
        // What flowed text says is what was typed.
        let flowed = alternative["parts"][0]["text"].as_str().unwrap().replace('\r', "");
        let lines = message::flowed::decode(&flowed, false);
        let back: String =
            lines.iter().map(|l| format!("{}{}\n", if l.quote > 0 { "> " } else { "" }, l.text)).collect();
        assert_eq!(back.replace(" \n", "\n"), text.replace(" \n", "\n"));
        // Drafts and Sent keep Bcc; all else is the same.
        let kept = bytes(&composed, Bcc::Keep).await;
        assert_eq!(header(&python(&kept), "Bcc"), Some("secret@example.test"));
        assert!(kept.ends_with(&raw) || kept.len() > raw.len());
        assert_eq!(bytes(&composed, Bcc::Strip).await, raw, "the same bytes each time");
    });
}

#[test]
fn no_header_line_is_too_long() {
    let desk = Desk::new();
    let many: Vec<Mailbox> = (0..3000).map(|n| Mailbox::new("", &format!("person{n}@example.test")).unwrap()).collect();
    let subjects = [
        "x".repeat(70_000),
        "é".repeat(30_000),
        format!("two {} words", "y".repeat(2000)),
        "many words ".repeat(500).trim().to_owned(),
    ];
    for subject in subjects {
        let draft = Draft { subject: subject.clone(), to: many.clone(), bcc: many.clone(), ..draft() };
        run(async {
            let composed = desk.compose(&draft).unwrap();
            let read = python(&bytes(&composed, Bcc::Strip).await);
            assert!(header(&read, "Subject") == Some(subject.as_str()), "the subject is read as it was typed");
            let to = read["to"].as_array().unwrap();
            assert_eq!((to.len(), to[2999][1].as_str()), (3000, Some("person2999@example.test")));
            assert!(read["longest"].as_u64().unwrap() <= 78 && read["ascii"] == true, "{}", read["longest"]);
            assert!(python(&bytes(&composed, Bcc::Keep).await)["longest"].as_u64().unwrap() <= 78);
        });
    }
    let named = Draft { to: vec![Mailbox::new(&"n".repeat(5000), "a@b.example").unwrap()], ..draft() };
    assert!(matches!(desk.compose(&named), Err(DraftError::TooLong(_))));
}

#[test]
fn headers_cannot_be_injected() {
    let desk = Desk::new();
    let evil = "x\r\nBcc: victim@example.test\r\n\r\nbody";
    for text in [evil, "x\nBcc: y@z.example", "x\rBcc: y@z.example", "x\0y"] {
        let subject = Draft { subject: text.to_owned(), ..draft() };
        assert!(matches!(desk.compose(&subject), Err(DraftError::LineEnd("subject"))), "{text:?}");
        assert!(Mailbox::new(text, "a@b.example").is_err());
        assert!(Mailbox::new("", &format!("a@b.example{text}")).is_err());
        let named = Draft { from: Mailbox { name: text.to_owned(), address: "a@b.example".to_owned() }, ..draft() };
        assert!(desk.compose(&named).is_err(), "{text:?}");
        let addressed = Draft { to: vec![Mailbox { name: String::new(), address: text.to_owned() }], ..draft() };
        assert!(desk.compose(&addressed).is_err(), "{text:?}");
        run(async {
            let mut file = desk.file("x", "image/png", b"x").await;
            file.file_name = text.to_owned();
            assert!(desk.compose(&Draft { attachments: vec![file.clone().into()], ..draft() }).is_err());
            file.file_name = "x".to_owned();
            file.media_type = text.to_owned();
            assert!(desk.compose(&Draft { attachments: vec![file.into()], ..draft() }).is_err());
        });
        // Values that come from other people's messages are left out.
        let reply = Draft {
            in_reply_to: Some(format!("<a@b{text}>")),
            references: vec![text.to_owned(), "<ok@x.example>".to_owned(), "<a@b> <c@d>".to_owned()],
            message_id: Some(format!("<{text}@x>")),
            ..draft()
        };
        run(async {
            let read = python(&bytes(&desk.compose(&reply).unwrap(), Bcc::Keep).await);
            assert_eq!(header(&read, "Bcc"), None);
            assert_eq!(header(&read, "In-Reply-To"), None);
            assert_eq!(header(&read, "References"), Some("<ok@x.example>"));
        });
    }
}

#[test]
fn names_in_addresses_are_only_names() {
    let desk = Desk::new();
    let names = [
        "A \"quoted\" name",
        "back\\slash",
        "comma, semicolon; <angle>",
        "(comment)",
        "=?utf-8?q?x?=",
        "日本 語",
        "a@b.example",
        "dot. ted",
        ":",
    ];
    for name in names {
        let draft = Draft { to: vec![Mailbox::new(name, "to@example.test").unwrap()], ..draft() };
        run(async {
            let read = python(&bytes(&desk.compose(&draft).unwrap(), Bcc::Strip).await);
            assert_eq!(read["to"].as_array().unwrap().len(), 1, "{name}: {read}");
            assert_eq!(read["to"][0][1], "to@example.test", "{name}");
            if name != "=?utf-8?q?x?=" {
                assert_eq!(read["to"][0][0], name);
            }
        });
    }
}

#[test]
fn address_fields_are_read_as_typed() {
    let read = |text: &str| {
        parse_list(text, Some("example.test"))
            .map(|list| list.into_iter().map(|m| (m.name, m.address)).collect::<Vec<_>>())
    };
    let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
    assert_eq!(read("").unwrap(), []);
    assert_eq!(read(" , ;\r\n").unwrap(), []);
    assert_eq!(read("bob").unwrap(), [pair("", "bob@example.test")]);
    assert_eq!(
        read("bob@x.example, \"Last, First\" <f.l@x.example>; Ünal <u@x.example>\nlast@x.example,").unwrap(),
        [
            pair("", "bob@x.example"),
            pair("Last, First", "f.l@x.example"),
            pair("Ünal", "u@x.example"),
            pair("", "last@x.example")
        ]
    );
    for bad in [
        "two words",
        "a@",
        "@b.example",
        "a@b@c",
        "<>",
        "a b@c.example",
        "x <y>",
        "a@b.example c@d.example",
        "\"a@b.example",
    ] {
        assert!(matches!(read(bad), Err(DraftError::BadAddress(_))), "{bad}: {:?}", read(bad));
    }
    assert!(parse_list("bob", None).is_err());
}

#[test]
fn an_attachment_that_is_gone_is_an_error_and_not_a_shorter_message() {
    let desk = Desk::new();
    run(async {
        let file = desk.file("x", "image/png", &[1; 1000]).await;
        let composed = desk.compose(&Draft { attachments: vec![file.clone().into()], ..draft() }).unwrap();
        desk.spool.remove(&file.id).await.unwrap();
        let mut all = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut composed.reader(Bcc::Strip), &mut all).await;
        assert!(read.is_err());
    });
}
