//! Submission by SMTP: a result per recipient, nothing sent when somebody is refused, streamed bytes.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use backends::{Pool, PoolOptions};
use directory::Directory;
use spool::{DraftId, Limit, NewFile, Spool, SpoolOptions};
use submission::{
    Bcc, ComposeOptions, Composed, Draft, Mailbox, SendError, SmtpSecurity, SubmitOptions, Submitter, Via, compose,
    parse_list,
};

use super::fixture::{proxy, run};

/// What an MTA heard: commands, and the data as it came.
#[derive(Default)]
pub struct Heard {
    pub commands: Vec<String>,
    pub data: Vec<u8>,
}

/// An MTA that answers a command that starts so with that; all else is fine.
pub fn mta(answers: &'static [(&'static str, &'static str)]) -> (SocketAddr, Arc<Mutex<Heard>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard: Arc<Mutex<Heard>> = Arc::default();
    let log = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut writer = stream;
            let special = |command: &str| answers.iter().find(|(start, _)| command.starts_with(start)).map(|(_, a)| *a);
            let _ = write!(writer, "220 mta.example.test ESMTP\r\n");
            let mut line = Vec::new();
            let mut in_data = false;
            loop {
                line.clear();
                if reader.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
                    break;
                }
                if in_data {
                    if line == b".\r\n" {
                        in_data = false;
                        let _ = write!(writer, "{}\r\n", special("<end>").unwrap_or("250 2.0.0 queued"));
                    } else {
                        let text = line.strip_prefix(b".").unwrap_or(&line);
                        log.lock().unwrap().data.extend_from_slice(text);
                    }
                    continue;
                }
                let command = String::from_utf8_lossy(&line).trim_end().to_owned();
                log.lock().unwrap().commands.push(command.clone());
                let default = match command.split([' ', ':']).next().unwrap_or_default() {
                    "EHLO" => "250-mta.example.test\r\n250-SIZE 1000000\r\n250-SMTPUTF8\r\n250 8BITMIME",
                    "DATA" => "354 go on",
                    "QUIT" => "221 bye",
                    _ => "250 2.1.0 fine",
                };
                let answer = special(&command).unwrap_or(default);
                in_data = command == "DATA" && answer.starts_with("354");
                if write!(writer, "{answer}\r\n").is_err() || command == "QUIT" {
                    break;
                }
            }
        }
    });
    (address, heard)
}

/// No TLS and no sign-in at the MTA.
pub fn in_clear() -> SmtpSecurity {
    let connector = Arc::new(tls::Connector::opportunistic().unwrap());
    SmtpSecurity { tls: config::SmtpTls::Never, connector, login: None }
}

fn submitter(address: SocketAddr, max: u64) -> Submitter {
    let options = SubmitOptions {
        smtp_host: address.ip().to_string(),
        smtp_port: address.port(),
        hello_name: "webmail.example.test".to_owned(),
        max_message_size: max,
        local_delivery: false,
        security: in_clear(),
        timeout: Duration::from_secs(10),
    };
    let nowhere = proxy(SocketAddr::from(([127, 0, 0, 1], 9)), None);
    let directory: Arc<dyn Directory> = Arc::new(super::local_delivery::directory(&[]).1);
    Submitter::new(options, directory, Pool::new(PoolOptions::default(), nowhere, None))
}

fn from() -> Mailbox {
    Mailbox::new("Alice", "alice@example.test").unwrap()
}

/// A message with a text that has dots at line starts, and an attachment.
async fn composed(to: &[Mailbox]) -> (tempfile::TempDir, Composed) {
    let folder = tempfile::tempdir().unwrap();
    let spool =
        Spool::open(SpoolOptions { dir: folder.path().to_owned(), session_bytes: 1 << 30 }).unwrap().session("k");
    let new =
        NewFile { draft: &DraftId::random(), file_name: "f", media_type: "image/png", limit: Limit::message(1 << 30) };
    let mut writer = spool.create(new).await.unwrap();
    writer.write(&[7; 200_000]).await.unwrap();
    let draft = Draft {
        from: from(),
        to: to.to_vec(),
        bcc: parse_list("hidden@far.example", None).unwrap(),
        subject: "dots".to_owned(),
        text: ".\n..\n.leading\n\n.".to_owned(),
        attachments: vec![writer.finish().await.unwrap().into()],
        ..Draft::default()
    };
    let composed = compose(&draft, &ComposeOptions { id_domain: "example.test", spool: &spool }).unwrap();
    (folder, composed)
}

#[test]
fn a_message_arrives_as_it_was_composed() {
    let (address, heard) = mta(&[]);
    let to = parse_list("one@far.example, two@far.example", None).unwrap();
    run(async {
        let (_folder, message) = composed(&to).await;
        let sent = submitter(address, 1 << 30).send(&from(), &to, &message).await.unwrap();
        assert_eq!(sent.recipients.len(), 2);
        assert!(sent.recipients.iter().all(|r| r.via == Via::Smtp && r.result.is_ok()));
        let mut expected = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut message.reader(Bcc::Strip), &mut expected).await.unwrap();
        let heard = heard.lock().unwrap();
        assert!(heard.data == expected, "the bytes differ");
        assert!(!String::from_utf8_lossy(&heard.data).contains("hidden@far.example"));
        let size = message.size(Bcc::Strip);
        assert!(
            heard.commands.contains(&format!("MAIL FROM:<alice@example.test> SIZE={size}")),
            "{:?}",
            heard.commands
        );
        assert!(heard.commands[0].starts_with("EHLO webmail.example.test"));
        assert!(heard.commands.contains(&"RCPT TO:<two@far.example>".to_owned()));
    });
}

#[test]
fn one_refused_recipient_stops_the_message_and_is_named_with_the_reason() {
    let (address, heard) = mta(&[
        ("RCPT TO:<nobody@", "550 5.1.1 <nobody@far.example>: Recipient address rejected: User unknown"),
        ("RCPT TO:<busy@", "450-4.2.1 busy\r\n450 4.2.1 try later"),
    ]);
    let to = parse_list("one@far.example, nobody@far.example, busy@far.example", None).unwrap();
    run(async {
        let (_folder, message) = composed(&to).await;
        let error = submitter(address, 1 << 30).send(&from(), &to, &message).await.unwrap_err();
        let SendError::Refused(refusals) = &error else { panic!("{error:?}") };
        assert_eq!(refusals.len(), 2);
        assert_eq!((refusals[0].address.as_str(), refusals[0].code.as_str()), ("nobody@far.example", "550 5.1.1"));
        assert!(refusals[0].text.contains("User unknown") && !refusals[0].temporary);
        assert!(refusals[1].temporary && refusals[1].text.contains("try later"), "{:?}", refusals[1]);
        assert!(error.user_text().contains("nobody@far.example: 550 5.1.1"), "{}", error.user_text());
        let heard = heard.lock().unwrap();
        assert!(!heard.commands.iter().any(|command| command == "DATA"), "{:?}", heard.commands);
    });
}

#[test]
fn sizes_are_checked_before_anything_is_sent() {
    let (address, heard) = mta(&[]);
    let to = parse_list("one@far.example", None).unwrap();
    run(async {
        let (_folder, message) = composed(&to).await;
        let size = message.size(Bcc::Strip);
        let error = submitter(address, size - 1).send(&from(), &to, &message).await.unwrap_err();
        assert!(matches!(error, SendError::TooLarge { limit, size: s } if limit == size - 1 && s == size));
        let text = error.user_text();
        assert!(text.contains(&size.to_string()) && text.contains(&(size - 1).to_string()), "{text}");
        assert!(heard.lock().unwrap().commands.is_empty());
        submitter(address, size).send(&from(), &to, &message).await.unwrap();
    });
    // The MTA's own limit, announced with SIZE.
    let (small, heard) = mta(&[("EHLO", "250-mta\r\n250 SIZE 1000")]);
    run(async {
        let (_folder, message) = composed(&to).await;
        let error = submitter(small, 1 << 30).send(&from(), &to, &message).await.unwrap_err();
        assert!(matches!(error, SendError::TooLarge { limit: 1000, .. }), "{error}");
        assert!(!heard.lock().unwrap().commands.iter().any(|command| command.starts_with("MAIL")));
    });
}

#[test]
fn refusals_of_the_sender_and_of_the_message_say_so() {
    let to = parse_list("one@far.example", None).unwrap();
    type Case = (&'static [(&'static str, &'static str)], fn(&SendError) -> bool);
    let cases: [Case; 4] = [
        (
            &[("MAIL", "553 5.7.1 not yours")],
            |e| matches!(e, SendError::Sender { code, text } if code == "553 5.7.1" && text == "not yours"),
        ),
        (&[("DATA", "451 4.3.0 queue full")], |e| matches!(e, SendError::Message { code, .. } if code == "451 4.3.0")),
        (&[("<end>", "554 5.6.0 spam")], |e| matches!(e, SendError::Message { text, .. } if text == "spam")),
        (&[("EHLO", "421 4.3.2 closing")], |e| matches!(e, SendError::Unavailable { .. })),
    ];
    for (answers, fits) in cases {
        let (address, _heard) = mta(answers);
        run(async {
            let (_folder, message) = composed(&to).await;
            let error = submitter(address, 1 << 30).send(&from(), &to, &message).await.unwrap_err();
            assert!(fits(&error), "{answers:?}: {error:?}");
            assert!(!error.user_text().contains("127.0.0.1"));
        });
    }
}

#[test]
fn no_mta_is_said_without_its_name() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let to = parse_list("one@far.example", None).unwrap();
    run(async {
        let (_folder, message) = composed(&to).await;
        let error = submitter(free, 1 << 30).send(&from(), &to, &message).await.unwrap_err();
        assert!(matches!(error, SendError::Unavailable { .. }));
        assert!(!error.user_text().contains("127.0.0.1"));
        let nobody = submitter(free, 1 << 30).send(&from(), &[], &message).await.unwrap_err();
        assert!(matches!(nobody, SendError::NoRecipients));
    });
}

#[test]
fn addresses_beyond_ascii_need_an_mta_that_takes_them() {
    let to = vec![Mailbox { name: String::new(), address: "jürgen@far.example".to_owned() }];
    let (address, heard) = mta(&[]);
    run(async {
        let (_folder, message) = composed(&parse_list("one@far.example", None).unwrap()).await;
        submitter(address, 1 << 30).send(&from(), &to, &message).await.unwrap();
        assert!(heard.lock().unwrap().commands.iter().any(|c| c.starts_with("MAIL") && c.contains("SMTPUTF8")));
        let (old, _heard) = mta(&[("EHLO", "250 mta")]);
        let error = submitter(old, 1 << 30).send(&from(), &to, &message).await.unwrap_err();
        assert!(matches!(&error, SendError::Refused(r) if r[0].address == "jürgen@far.example"), "{error:?}");
    });
}

#[test]
fn a_message_that_breaks_off_is_never_complete_for_the_mta() {
    let (address, heard) = mta(&[]);
    let to = parse_list("one@far.example", None).unwrap();
    run(async {
        let (folder, message) = composed(&to).await;
        std::fs::remove_dir_all(folder.path()).unwrap();
        let error = submitter(address, 1 << 30).send(&from(), &to, &message).await.unwrap_err();
        assert!(matches!(error, SendError::Source(_)), "{error:?}");
        assert!(!heard.lock().unwrap().commands.iter().any(|command| command == "QUIT"));
    });
}
