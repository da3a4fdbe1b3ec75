//! Users of this site get their mail straight into the INBOX on their back end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use backends::{Account, Pool, PoolOptions};
use directory::{DirectoryFile, HashCost, LdifDirectory, LdifOptions, NewDomain, NewUser};
use spool::{Spool, SpoolOptions};
use submission::{
    ComposeOptions, Composed, Draft, Mailbox, SendError, SubmitOptions, Submitter, Via, compose, parse_list,
};
use suite::{Dovecot, site::password};
use tempfile::TempDir;

use super::{
    fixture::{MASTER, bytes_of, pool, proxy, run},
    smtp::mta,
};

const CHEAP: HashCost = HashCost { memory_kib: 8, passes: 1 };

/// A directory of example.test with these users; `uid attribute=value …`.
pub fn directory(users: &[(&str, &[(&str, &str)])]) -> (TempDir, LdifDirectory) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("directory.ldif");
    let mut file = DirectoryFile::new(&path, "example.test");
    file.hash_cost = CHEAP;
    file.create(&NewDomain { name: "example.test".to_owned(), aliases: Vec::new() }).unwrap();
    for (uid, attributes) in users {
        let user = NewUser {
            uid: (*uid).to_owned(),
            password: Some("secret".to_owned()),
            attributes: attributes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            ..NewUser::default()
        };
        file.add_user(&user).unwrap();
    }
    let directory = LdifDirectory::open(LdifOptions { hash_cost: CHEAP, ..LdifOptions::new(&path, "example.test") });
    (folder, directory.unwrap())
}

struct Desk {
    dovecot: Dovecot,
    pool: Pool,
    submitter: Submitter,
    _folder: TempDir,
}

fn desk(mta: SocketAddr) -> Desk {
    let dovecot = Dovecot::start(&["alice", "bob", "carol"]);
    let (folder, directory) = directory(&[
        ("alice", &[]),
        ("bob", &[("mailAlternateAddress", "robert@example.test")]),
        ("carol", &[("mailUserStatus", "inactive")]),
        ("dora", &[]),
    ]);
    let pool = pool(dovecot.imap_address());
    let options = SubmitOptions {
        smtp_host: mta.ip().to_string(),
        smtp_port: mta.port(),
        hello_name: "webmail.example.test".to_owned(),
        max_message_size: 5_242_880,
        local_delivery: true,
        security: super::smtp::in_clear(),
        timeout: Duration::from_secs(10),
    };
    let submitter = Submitter::new(options, Arc::new(directory), pool.clone());
    Desk { dovecot, pool, submitter, _folder: folder }
}

fn from() -> Mailbox {
    Mailbox::new("Alice", "alice@example.test").unwrap()
}

fn message(to: &[Mailbox]) -> Composed {
    let folder = tempfile::tempdir().unwrap();
    let spool =
        Spool::open(SpoolOptions { dir: folder.path().to_owned(), session_bytes: 1 << 30 }).unwrap().session("k");
    let draft = Draft {
        from: from(),
        to: to.to_vec(),
        subject: "hello".to_owned(),
        text: "text\n".to_owned(),
        ..Draft::default()
    };
    compose(&draft, &ComposeOptions { id_domain: "example.test", spool: &spool }).unwrap()
}

#[test]
fn colleagues_get_it_by_imap_and_others_by_smtp() {
    let (address, heard) = mta(&[]);
    let desk = desk(address);
    // bob twice under two names: one copy.
    let to = parse_list("bob@example.test, Robert@Example.Test, far@away.example, alice@example.test", None).unwrap();
    run(async {
        let sent = desk.submitter.send(&from(), &to, &message(&to)).await.unwrap();
        let mut ways: Vec<_> = sent.recipients.iter().map(|r| (r.address.as_str(), r.via, r.result.is_ok())).collect();
        ways.sort_by_key(|way| way.0);
        assert_eq!(
            ways,
            [
                ("Robert@Example.Test", Via::Local, true),
                ("alice@example.test", Via::Local, true),
                ("bob@example.test", Via::Local, true),
                ("far@away.example", Via::Smtp, true),
            ]
        );
        let recipients: Vec<String> =
            heard.lock().unwrap().commands.iter().filter(|c| c.starts_with("RCPT")).cloned().collect();
        assert_eq!(recipients, ["RCPT TO:<far@away.example>"]);
        let bob = desk.pool.one_off(&Account::new(None, "bob"));
        let page = bob.page("INBOX", 1, 50).await.unwrap();
        assert_eq!((page.total, page.rows[0].flags.seen), (1, false));
        let source = bytes_of(bob.source("INBOX", page.rows[0].uid).await.unwrap()).await;
        let source = String::from_utf8(source).unwrap();
        let start = "Return-Path: <alice@example.test>\r\nDelivered-To: bob@example.test\r\nReceived: by webmail.example.test (Heliograph webmail) with HTTP\r\n id ";
        assert!(source.starts_with(start), "{source}");
        let received = source.split("\r\nDate:").next().unwrap();
        let date = received.lines().nth(4).unwrap().trim();
        assert!(message::date::parse(date.as_bytes()).is_some(), "{received}");
        assert_eq!(page.rows[0].summary.size, source.len() as u64);
    });
}

#[test]
fn an_unknown_colleague_is_refused_by_the_mta_or_else_by_the_directory() {
    let (address, heard) = mta(&[("RCPT TO:<nobody@", "550 5.1.1 User unknown in local table")]);
    let desk = desk(address);
    let to = parse_list("bob@example.test, nobody@example.test", None).unwrap();
    run(async {
        let error = desk.submitter.send(&from(), &to, &message(&to)).await.unwrap_err();
        assert!(error.user_text().contains("nobody@example.test: 550 5.1.1 User unknown in local table"), "{error}");
        assert!(!heard.lock().unwrap().commands.iter().any(|c| c == "DATA"));
    });
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let desk = self::desk(free);
    run(async {
        let error = desk.submitter.send(&from(), &to, &message(&to)).await.unwrap_err();
        assert!(
            matches!(&error, SendError::Refused(r) if r.len() == 1 && r[0].address == "nobody@example.test"),
            "{error}"
        );
        // Nobody got anything in either case.
        let bob = desk.pool.one_off(&Account::new(None, "bob"));
        assert_eq!(bob.page("INBOX", 1, 50).await.unwrap().total, 0);
    });
}

#[test]
fn who_may_not_get_mail_or_cannot_be_reached_is_refused() {
    let (address, heard) = mta(&[]);
    let desk = desk(address);
    run(async {
        // carol is inactive; dora is in the directory, but her back end does not know her.
        for (address, code) in [("carol@example.test", "450 4.2.1"), ("dora@example.test", "451 4.3.0")] {
            let to = parse_list(&format!("bob@example.test, far@away.example, {address}"), None).unwrap();
            let error = desk.submitter.send(&from(), &to, &message(&to)).await.unwrap_err();
            let SendError::Refused(refusals) = &error else { panic!("{error:?}") };
            assert_eq!((refusals[0].address.as_str(), refusals[0].code.as_str()), (address, code));
        }
        assert!(!heard.lock().unwrap().commands.iter().any(|c| c == "DATA"));
        let bob = desk.pool.one_off(&Account::new(None, "bob"));
        assert_eq!(bob.page("INBOX", 1, 50).await.unwrap().total, 0);
    });
}

#[test]
fn without_local_delivery_everybody_goes_by_smtp() {
    let (address, heard) = mta(&[]);
    let desk = desk(address);
    let (_folder, directory) = directory(&[("bob", &[])]);
    let options = SubmitOptions { local_delivery: false, ..desk.submitter.options().clone() };
    let pool = Pool::new(PoolOptions::default(), proxy(desk.dovecot.imap_address(), Some((MASTER, password()))), None);
    let submitter = Submitter::new(options, Arc::new(directory), pool);
    let to = parse_list("bob@example.test", None).unwrap();
    run(async {
        let sent = submitter.send(&from(), &to, &message(&to)).await.unwrap();
        assert_eq!(sent.recipients[0].via, Via::Smtp);
        assert!(heard.lock().unwrap().commands.contains(&"RCPT TO:<bob@example.test>".to_owned()));
    });
}
