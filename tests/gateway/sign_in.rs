//! Signing in at back ends with proxy credentials.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    sync::mpsc::{Receiver, channel},
    thread,
};

use backends::{Account, Denial, Error, Pool, PoolOptions};
use base64::{Engine, engine::general_purpose::STANDARD};
use suite::{Dovecot, site::password};

use super::{
    fixture::{MASTER, pool, proxy, run},
    tap::Tap,
};

const EXACT: &str = "Mail server unavailable. Administrator, check server log for details.";

#[test]
fn missing_credentials_are_named_for_the_log_and_not_for_the_user() {
    let address = SocketAddr::from(([127, 0, 0, 1], 9));
    let pool = Pool::new(PoolOptions::default(), proxy(address, None), None);
    run(async {
        let error = pool.session("browser", &Account::new(None, "alice")).open().await.unwrap_err();
        assert_eq!(error.user_text(), EXACT);
        let log = error.to_string();
        for name in
            ["local.service.proxy.admin", "local.service.proxy.adminpass", "local.service.proxy.admin.127.0.0.1"]
        {
            assert!(log.contains(name), "{log}");
        }
        assert!(error.is_outage());
    });
}

#[test]
fn wrong_credentials_and_unknown_users_are_denied() {
    let dovecot = Dovecot::start(&["alice", "bob"]);
    run(async {
        for (admin, pass, user) in
            [(MASTER, "wrong", "alice"), ("nobody", password(), "alice"), ("bob", password(), "alice")]
        {
            let pool = Pool::new(PoolOptions::default(), proxy(dovecot.imap_address(), Some((admin, pass))), None);
            let error = pool.session("browser", &Account::new(None, user)).open().await.unwrap_err();
            assert!(matches!(error, Error::Denied { denial: Denial::Credentials, .. }), "{error}");
            assert_eq!(error.user_text(), EXACT);
            assert!(!error.to_string().contains(pass) || pass == "wrong");
        }
    });
}

#[test]
fn the_browsers_address_is_told_before_the_sign_in() {
    let dovecot = Dovecot::start(&["alice"]);
    let tap = Tap::new(dovecot.imap_address());
    let pool = pool(tap.address);
    run(async {
        let account = Account::new(None, "alice").for_client("198.51.100.2".parse().unwrap());
        pool.session("browser", &account).open().await.unwrap();
        let sent = tap.take_sent();
        let id = sent.find("\"x-originating-ip\" \"198.51.100.2\"").expect("ID");
        assert!(id < sent.find("AUTHENTICATE PLAIN").expect("sign-in"), "{sent}");
        let message = format!("alice\0{MASTER}\0{}", password());
        assert!(sent.contains(&STANDARD.encode(message)), "{sent}");
    });
}

/// A server that answers each line with the next of these, if the line contains what it should.
fn scripted(script: &'static [(&'static str, &'static str)]) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (log, heard) = channel();
    thread::spawn(move || {
        let Ok((stream, _)) = listener.accept() else { return };
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut writer = stream;
        for (expected, answer) in script {
            if !expected.is_empty() {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                let _ = log.send(line.clone());
                if !line.contains(expected) {
                    return;
                }
                let tag = line.split(' ').next().unwrap_or_default();
                let _ = writer.write_all(answer.replace("TAG", tag).as_bytes());
            } else {
                let _ = writer.write_all(answer.as_bytes());
            }
        }
    });
    (address, heard)
}

#[test]
fn an_old_sun_server_gets_login_and_proxyauth() {
    let (address, heard) = scripted(&[
        ("", "* OK mail.example.test IMAP4 service (Sun Java(tm) System Messaging Server 6.3)\r\n"),
        ("CAPABILITY", "* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN LOGIN-REFERRALS\r\nTAG OK Completed\r\n"),
        ("LOGIN", "TAG OK User logged in\r\n"),
        ("PROXYAUTH", "TAG OK Completed\r\n"),
        ("CAPABILITY", "* CAPABILITY IMAP4 IMAP4rev1 UIDPLUS\r\nTAG OK Completed\r\n"),
        ("NOOP", "TAG OK\r\n"),
    ]);
    let pool = pool(address);
    run(async {
        pool.session("browser", &Account::new(None, "alice")).open().await.unwrap();
    });
    let lines: Vec<String> = heard.iter().take(4).collect();
    assert!(lines[1].contains(&format!("LOGIN \"{MASTER}\" \"{}\"", password())), "{lines:?}");
    assert!(lines[2].contains("PROXYAUTH \"alice\""), "{lines:?}");
}

#[test]
fn a_server_without_sasl_plain_gets_login_and_proxyauth_too() {
    let (address, heard) = scripted(&[
        ("", "* OK [CAPABILITY IMAP4rev1] ready\r\n"),
        ("LOGIN", "TAG OK done\r\n"),
        ("PROXYAUTH", "TAG NO no such user\r\n"),
    ]);
    let pool = pool(address);
    run(async {
        let denied = pool.session("browser", &Account::new(None, "alice")).open().await.unwrap_err();
        assert!(matches!(denied, Error::Denied { .. }), "{denied}");
    });
    assert_eq!(heard.iter().take(2).count(), 2);
}

#[test]
fn greetings_and_answers_of_any_kind_end_in_an_error() {
    let scripts: [&'static [(&'static str, &'static str)]; 8] = [
        &[("", "* BYE too busy\r\n")],
        &[("", "* PREAUTH welcome\r\n")],
        &[("", "220 smtp.example.test ESMTP\r\n")],
        &[("", "")],
        &[("", "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] x\r\n"), ("never", "")],
        &[("", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x\r\n"), ("AUTHENTICATE", "TAG BAD no\r\n")],
        &[("", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x\r\n"), ("AUTHENTICATE", "TAG NO [UNAVAILABLE] later\r\n")],
        &[("", "* OK x\r\n"), ("CAPABILITY", "\0\0\0\r\n")],
    ];
    for script in scripts {
        let (address, _heard) = scripted(script);
        let pool = pool(address);
        run(async {
            let error = pool.session("browser", &Account::new(None, "alice")).open().await.unwrap_err();
            assert!(error.is_outage(), "{script:?}: {error}");
        });
    }
}
