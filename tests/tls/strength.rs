//! `service.*.plaintextmincipher` (Guide §5.2.2, §5.6, §5.7): 0, a number of bits, -1; and HTTP that leads to HTTPS.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use base64::Engine as _;
use suite::site::password;
use suite::{Site, SiteOptions};

use super::authority::{Authority, Person};
use super::peer::{curl, s_client, with_certificate};

fn site(least: &str) -> Site {
    let mut options = SiteOptions::default();
    for service in ["imap", "pop", "http"] {
        options = options.set(&format!("service.{service}.plaintextmincipher"), least);
    }
    Site::start(options)
}

/// What POP answers in clear to these lines, the greeting left out.
fn pop(site: &Site, lines: &[&str]) -> Vec<String> {
    let mut stream = BufReader::new(TcpStream::connect(site.listener("pop")).unwrap());
    stream.read_line(&mut String::new()).unwrap();
    let mut answers = Vec::new();
    for line in lines {
        stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        answers.push(line);
    }
    answers
}

fn plain_message() -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("\0alice\0{}", password()))
}

#[test]
fn passwords_in_clear_are_refused_where_a_strength_is_asked_for() {
    let site = site("128");
    let mut imap = site.imap();
    assert!(
        imap.greeting().contains("LOGINDISABLED") && !imap.greeting().contains("AUTH=PLAIN"),
        "{}",
        imap.greeting()
    );
    for command in [
        format!("LOGIN alice {}", password()),
        "AUTHENTICATE PLAIN".to_owned(),
        format!("AUTHENTICATE PLAIN {}", plain_message()),
        "AUTHENTICATE LOGIN".to_owned(),
    ] {
        let status = imap.attempt(&command).status;
        assert!(status.starts_with("NO [PRIVACYREQUIRED]"), "{command}: {status}");
    }
    let auth = format!("AUTH PLAIN {}", plain_message());
    for answer in pop(&site, &["USER alice", &format!("PASS {}", password()), &auth]) {
        assert!(answer.starts_with("-ERR [PRIVACYREQUIRED] "), "{answer}");
    }
}

#[test]
fn the_strength_of_the_cipher_in_use_counts() {
    let site = site("256");
    let login = format!("a1 CAPABILITY\na2 LOGIN alice {}\na3 LOGOUT\n", password());
    let with = |suite: &str| s_client(&site, "imaps", &["-quiet", "-tls1_3", "-ciphersuites", suite], &login).stdout;
    let weak = with("TLS_AES_128_GCM_SHA256");
    assert!(weak.contains("LOGINDISABLED") && weak.contains("a2 NO [PRIVACYREQUIRED]"), "{weak}");
    for strong in ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] {
        let said = with(strong);
        assert!(!said.contains("LOGINDISABLED") && said.contains("a2 OK"), "{strong}: {said}");
    }
    let starttls =
        s_client(&site, "imap", &["-quiet", "-starttls", "imap", "-ciphersuites", "TLS_AES_256_GCM_SHA384"], &login);
    assert!(starttls.stdout.contains("a2 OK"), "{}", starttls.stdout);
    let pop = |suite: &str| {
        let lines = format!("USER alice\nPASS {}\nQUIT\n", password());
        s_client(&site, "pops", &["-quiet", "-tls1_3", "-ciphersuites", suite], &lines).stdout
    };
    assert!(pop("TLS_AES_128_GCM_SHA256").contains("-ERR [PRIVACYREQUIRED]"));
    assert!(pop("TLS_AES_256_GCM_SHA384").contains("+OK Maildrop"));
    // The webmail's page says so instead of asking for what it would refuse.
    let page = |suite: &str| {
        let url = format!("https://{}/login", site.listener("https"));
        curl(&["-k", "--tls13-ciphers", suite, &url]).success().stdout
    };
    let weak = page("TLS_AES_128_GCM_SHA256");
    assert!(weak.contains("not encrypted well enough") && !weak.contains("name=\"password\""), "{weak}");
    assert!(page("TLS_AES_256_GCM_SHA384").contains("name=\"password\""));
}

#[test]
fn zero_takes_passwords_on_any_connection() {
    let site = site("0");
    site.imap_as("alice");
    let answers = pop(&site, &["USER alice", &format!("PASS {}", password())]);
    assert!(answers.iter().all(|answer| answer.starts_with("+OK")), "{answers:?}");
    site.http_as("alice");
}

#[test]
fn minus_one_leaves_certificates_only() {
    let authority = Authority::new("Mail CA");
    let mut options = SiteOptions::default().set("service.tls.cafile", authority.file().display());
    for service in ["imap", "pop", "http"] {
        options = options.set(&format!("service.{service}.plaintextmincipher"), "-1");
    }
    let site = Site::start(options.set("service.imap.certpreauth", "no"));
    let own = authority.person(&Person { name: "Alice", mail: &["alice@example.test"], ..Person::default() });
    let lines = format!("a1 CAPABILITY\na2 LOGIN alice {}\na3 AUTHENTICATE EXTERNAL =\na4 LOGOUT\n", password());
    let said = with_certificate(&site, "imaps", &own, &[], &lines);
    assert!(said.contains("LOGINDISABLED") && said.contains("a2 NO") && said.contains("a3 OK"), "{said}");
    assert!(pop(&site, &["USER alice"])[0].starts_with("-ERR"), "POP has no certificates, so it has no sign-in");
    // HTTP leads to where a certificate can be shown, and takes no password there either.
    let url = format!("http://{}/login", site.listener("http"));
    let head = curl(&["-i", &url]).success().stdout;
    assert!(head.contains(&format!("https://127.0.0.1:{}/login", site.listener("https").port())), "{head}");
    let page = curl(&["-k", &format!("https://{}/login", site.listener("https"))]).success().stdout;
    assert!(page.contains("by certificate only") && !page.contains("name=\"password\""), "{page}");
}

#[test]
fn http_leads_to_https_where_passwords_may_not_go_in_clear() {
    let site = site("1");
    let https = site.listener("https").port();
    let mut http = site.http();
    for path in ["/login", "/", "/mail/INBOX?page=2"] {
        let answer = http.get(path);
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(answer.header("location"), Some(format!("https://127.0.0.1:{https}{path}").as_str()));
        assert!(answer.header("set-cookie").is_none(), "no cookie goes out in clear");
    }
    // The host that the browser asked for stays if it is the site's; anybody else's does not.
    let host = |value: &str| {
        let url = format!("http://{}/login", site.listener("http"));
        curl(&["-i", "-H", &format!("Host: {value}"), &url]).success().stdout
    };
    let own =
        [("localhost:8080", "localhost"), ("LOCALHOST", "LOCALHOST"), ("127.0.0.1:1", "127.0.0.1"), ("[::1]", "[::1]")];
    for (asked, led) in own {
        let answer = host(asked);
        assert!(answer.contains(&format!("https://{led}:{https}/login")), "{asked}: {answer}");
    }
    for foreign in [
        "evil.example",
        "mail.example.test:8080",
        "localhost.evil.example",
        "10.9.8.7",
        "[2001:db8::1]:80",
        "evil/..\\x",
        "",
    ] {
        let answer = host(foreign);
        assert!(answer.contains(&format!("https://localhost:{https}/login")), "{foreign}: {answer}");
        assert!(!answer.contains("evil") && !answer.contains("mail.example"), "{foreign}: {answer}");
    }
    // A form that has come in clear is not looked at.
    let answer = http.post_form("/login", &[("user", "alice"), ("password", password())]);
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("An encrypted connection is needed"), "{}", answer.text());
    assert!(!site.log().contains("login: "), "{}", site.log());
    // On the TLS port all is as ever.
    let page = curl(&["-k", &format!("https://127.0.0.1:{https}/login")]).success().stdout;
    assert!(page.contains("name=\"password\""), "{page}");
}

#[test]
fn http_leads_to_any_name_that_a_certificate_is_for() {
    let authority = Authority::new("Mail CA");
    let own = authority.server(&["mail.example.com", "*.web.example.com"]);
    let site = Site::start(
        SiteOptions::default()
            .set("service.http.plaintextmincipher", "1")
            .set("local.hostname", "store1.example.com")
            .set("service.tls.certfile", own.certificate.display())
            .set("service.tls.keyfile", own.key.display()),
    );
    let port = site.listener("https").port();
    for (asked, led) in [
        ("mail.example.com", "mail.example.com"),
        ("a.web.example.com:80", "a.web.example.com"),
        ("store1.example.com", "store1.example.com"),
        ("example.com", "store1.example.com"),
        ("a.b.web.example.com", "store1.example.com"),
    ] {
        let url = format!("http://{}/login", site.listener("http"));
        let answer = curl(&["-i", "-H", &format!("Host: {asked}"), &url]).success().stdout;
        assert!(answer.contains(&format!("https://{led}:{port}/login")), "{asked}: {answer}");
    }
}

#[test]
fn a_site_without_https_says_that_it_needs_one() {
    let site = Site::start(
        SiteOptions::default().set("service.http.plaintextmincipher", "1").set("service.http.enablesslport", "no"),
    );
    let answer = site.http().get("/login");
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("encrypted connections only"), "{}", answer.text());
}
