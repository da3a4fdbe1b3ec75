//! The way to the MTA: STARTTLS when it is offered, required or checked, and a sign-in under it (RFC 3207, RFC 4954).

use std::sync::{Arc, Mutex};

use config::SmtpTls;
use directory::Directory;
use spool::{Spool, SpoolOptions};
use submission::{
    ComposeOptions, Composed, Draft, Mailbox, SendError, SmtpSecurity, SubmitOptions, Submitter, compose,
};
use suite::postfix::PostfixOptions;
use suite::{Dovecot, Postfix, wait_for};
use tls::{Acceptor, AcceptorOptions, CertificateFiles, Connector, ConnectorOptions};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::authority::Authority;
use crate::gateway::fixture::proxy;

/// What the MTA does.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    StartTls,
    /// Offers it and says no.
    Refuses,
    /// Puts a reply behind its go-ahead, as an attacker on the way would.
    Injects,
    /// Says yes and then talks on in plain text.
    Breaks,
    /// Knows nothing of it.
    NoTls,
}

type Heard = Arc<Mutex<Vec<String>>>;

/// An MTA with a certificate of `authority` for 127.0.0.1; what it hears is marked with `tls ` once that is so.
async fn mta(authority: &Authority, does: Does) -> (u16, Heard) {
    let own = authority.server(&["127.0.0.1"]);
    let files = CertificateFiles { certificate: own.certificate, key: own.key };
    let acceptor = Acceptor::new(AcceptorOptions { certificates: vec![files], ..AcceptorOptions::default() }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let log = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, log) = (acceptor.clone(), Arc::clone(&log));
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                if !talk(&mut stream, "", does, &log).await {
                    return;
                }
                let Ok(stream) = acceptor.accept(stream.into_inner()).await else { return };
                talk(&mut BufReader::new(stream), "tls ", does, &log).await;
            });
        }
    });
    (port, heard)
}

/// Speaks SMTP until the end (false) or until a handshake is due (true).
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    mark: &str,
    does: Does,
    log: &Heard,
) -> bool {
    if mark.is_empty() {
        stream.write_all(b"220 mta ESMTP\r\n").await.unwrap();
    }
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        let line = line.trim_end();
        log.lock().unwrap().push(format!("{mark}{line}"));
        let answer = match line.split(' ').next().unwrap() {
            _ if in_data && line != "." => continue,
            "." => "250 2.0.0 queued",
            "EHLO" if mark.is_empty() && does != Does::NoTls => "250-mta\r\n250-STARTTLS\r\n250 SIZE 100000",
            "EHLO" => "250-mta\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 100000",
            "STARTTLS" => match does {
                Does::Refuses => "454 4.7.0 not now",
                Does::Injects => "220 go on\r\n250 2.1.0 believe me",
                _ => "220 go on",
            },
            "AUTH" => "235 2.7.0 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 2.1.0 fine",
        };
        in_data = line == "DATA";
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        if line == "STARTTLS" && does == Does::Breaks {
            // The beginning of the handshake is answered with something else.
            let mut hello = [0; 5];
            stream.read_exact(&mut hello).await.unwrap();
            stream.write_all(b"and now for something else\r\n").await.unwrap();
            return false;
        }
        if line == "STARTTLS" && does == Does::StartTls {
            return true;
        }
        if line == "QUIT" {
            return false;
        }
    }
}

fn security(tls: SmtpTls, ca: Option<&Authority>, login: Option<(&str, &str)>) -> SmtpSecurity {
    let connector = match ca {
        Some(authority) => {
            Connector::new(&ConnectorOptions { ca_files: vec![authority.file()], ..ConnectorOptions::default() })
        }
        None => Connector::opportunistic(),
    };
    let login = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
    SmtpSecurity { tls, connector: Arc::new(connector.unwrap()), login }
}

async fn send(port: u16, security: SmtpSecurity) -> Result<(), SendError> {
    let options = SubmitOptions {
        smtp_host: "127.0.0.1".to_owned(),
        smtp_port: port,
        hello_name: "webmail.example.test".to_owned(),
        max_message_size: 1_000_000,
        local_delivery: false,
        security,
        timeout: std::time::Duration::from_secs(20),
    };
    let nowhere = proxy(([127, 0, 0, 1], 9).into(), None);
    let directory: Arc<dyn Directory> = Arc::new(crate::gateway::local_delivery::directory(&[]).1);
    let pool = backends::Pool::new(backends::PoolOptions::default(), nowhere, None);
    let to = [Mailbox::new("Bob", "bob@elsewhere.test").unwrap()];
    let from = Mailbox::new("Alice", "alice@example.test").unwrap();
    let (_folder, message) = message(&from, &to);
    Submitter::new(options, directory, pool).send(&from, &to, &message).await.map(|_| ())
}

fn message(from: &Mailbox, to: &[Mailbox]) -> (tempfile::TempDir, Composed) {
    let folder = tempfile::tempdir().unwrap();
    let options = SpoolOptions { dir: folder.path().to_owned(), session_bytes: 1_000_000 };
    let spool = Spool::open(options).unwrap().session("k");
    let draft = Draft {
        from: from.clone(),
        to: to.to_vec(),
        subject: "by TLS".to_owned(),
        text: "the text".to_owned(),
        ..Draft::default()
    };
    let composed = compose(&draft, &ComposeOptions { id_domain: "example.test", spool: &spool }).unwrap();
    (folder, composed)
}

fn lines(heard: &Heard, start: &str) -> usize {
    heard.lock().unwrap().iter().filter(|line| line.starts_with(start)).count()
}

#[tokio::test]
async fn starttls_is_used_when_it_is_offered_whoever_the_mta_is() {
    let authority = Authority::new("MTA CA");
    let (port, heard) = mta(&authority, Does::StartTls).await;
    send(port, security(SmtpTls::Opportunistic, None, None)).await.unwrap();
    assert_eq!((lines(&heard, "tls MAIL"), lines(&heard, "MAIL")), (1, 0), "{heard:?}");
    assert_eq!(lines(&heard, "tls Subject: by TLS"), 1);
    let (port, heard) = mta(&authority, Does::StartTls).await;
    send(port, security(SmtpTls::Never, None, None)).await.unwrap();
    assert_eq!((lines(&heard, "MAIL"), lines(&heard, "STARTTLS")), (1, 0), "{heard:?}");
}

#[tokio::test]
async fn without_tls_only_what_need_not_be_encrypted_goes_out() {
    let authority = Authority::new("MTA CA");
    for does in [Does::NoTls, Does::Refuses, Does::Breaks] {
        let (port, heard) = mta(&authority, does).await;
        send(port, security(SmtpTls::Opportunistic, None, None)).await.unwrap();
        assert_eq!(lines(&heard, "MAIL"), 1, "{heard:?}");
        let (port, heard) = mta(&authority, does).await;
        let error = send(port, security(SmtpTls::Required, None, None)).await.unwrap_err();
        assert!(error.to_string().contains("service.http.smtptls is required"), "{error}");
        assert!(!error.user_text().contains("smtptls"), "{}", error.user_text());
        assert_eq!(lines(&heard, "MAIL"), 0, "{heard:?}");
    }
}

#[tokio::test]
async fn with_a_ca_file_an_unknown_mta_gets_nothing() {
    let (authority, other) = (Authority::new("MTA CA"), Authority::new("Other CA"));
    for tls in [SmtpTls::Opportunistic, SmtpTls::Required] {
        let (port, heard) = mta(&authority, Does::StartTls).await;
        send(port, security(tls, Some(&authority), None)).await.unwrap();
        assert_eq!(lines(&heard, "tls MAIL"), 1);
        let (port, heard) = mta(&authority, Does::StartTls).await;
        let error = send(port, security(tls, Some(&other), None)).await.unwrap_err();
        assert!(error.to_string().contains("the MTA's certificate"), "{error}");
        assert_eq!((lines(&heard, "tls MAIL"), lines(&heard, "MAIL")), (0, 0), "{heard:?}");
    }
}

#[tokio::test]
async fn replies_from_before_the_handshake_are_not_believed_after_it() {
    let authority = Authority::new("MTA CA");
    for tls in [SmtpTls::Opportunistic, SmtpTls::Required] {
        let (port, heard) = mta(&authority, Does::Injects).await;
        let error = send(port, security(tls, None, None)).await.unwrap_err();
        assert!(error.to_string().contains("goes on in plain text"), "{error}");
        assert_eq!(lines(&heard, "MAIL"), 0);
    }
}

#[tokio::test]
async fn the_sign_in_goes_out_under_tls() {
    let authority = Authority::new("MTA CA");
    let (port, heard) = mta(&authority, Does::StartTls).await;
    let secured = security(SmtpTls::Required, Some(&authority), Some(("webmail", "s3cret")));
    assert!(!format!("{secured:?}").contains("s3cret"));
    send(port, secured).await.unwrap();
    // NUL webmail NUL s3cret
    assert_eq!(lines(&heard, "tls AUTH PLAIN AHdlYm1haWwAczNjcmV0"), 1, "{heard:?}");
    assert_eq!(lines(&heard, "tls MAIL"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn postfix_takes_a_message_under_tls() {
    let authority = Authority::new("MTA CA");
    let own = authority.server(&["localhost", "127.0.0.1"]);
    let dovecot = Dovecot::start(&["bob"]);
    let mut options = PostfixOptions::new("elsewhere.test", dovecot.lmtp_address());
    options.tls = Some((own.certificate, own.key));
    let postfix = Postfix::start(&options);
    send(postfix.smtp_address().port(), security(SmtpTls::Required, Some(&authority), None)).await.unwrap();
    let message = wait_for("the message behind Postfix", || {
        let mut imap = dovecot.imap_as("bob");
        imap.command("SELECT INBOX");
        let uid = *imap.uids().first()?;
        Some(String::from_utf8_lossy(&imap.message(uid)).into_owned())
    });
    assert!(message.contains("using TLSv1.3 with cipher"), "{message}\n{}", postfix.log());
}
