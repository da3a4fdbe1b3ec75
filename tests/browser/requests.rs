//! Requests no page of ours would make: forged, cross-site, oversized, with wrong names (webmail security model §2.2).

use suite::corpus::message;
use suite::{Site, SiteOptions};

use super::said;

#[test]
fn posts_need_the_token() {
    let site = Site::new();
    site.deliver("alice", &message("Hello", "x"));
    let mut http = site.http_as("alice");
    for path in ["/mail/INBOX", "/mail/INBOX/1", "/mail/INBOX/1/seen", "/settings", "/logout"] {
        let answer = http.post_form(path, &[("do", "delete"), ("uid", "1")]);
        assert_eq!(answer.status, 403, "{path}");
        let answer = http.post_form(path, &[("csrf", "AAAA"), ("do", "delete"), ("uid", "1")]);
        assert_eq!(answer.status, 403, "{path} with a made-up token");
    }
    let form = b"--b\r\nContent-Disposition: form-data; name=\"do\"\r\n\r\nsave\r\n--b--\r\n";
    let draft = "0123456789abcdef0123456789abcdef";
    for path in [format!("/compose/{draft}"), format!("/compose/{draft}/files")] {
        let answer = http.request("POST", &path, Some(("multipart/form-data; boundary=b", form)));
        assert_eq!(answer.status, 403, "{path}");
    }
    let mut imap = site.imap_as("alice");
    assert!(said(&imap.command("STATUS INBOX (MESSAGES)")).contains("MESSAGES 1"), "nothing was deleted");
}

#[test]
fn other_sites_are_refused_even_with_the_token() {
    let site = Site::new();
    let mut http = site.http_as("alice");
    let token = http.get("/settings").input_value("csrf").expect("a token");
    http.set_header("Origin", "http://evil.test");
    assert_eq!(http.post_form("/settings", &[("csrf", &token), ("theme", "dark")]).status, 403);
    http.set_header("Origin", "null");
    assert_eq!(http.post_form("/settings", &[("csrf", &token), ("theme", "dark")]).status, 403);
    let mut http = site.http_as("alice");
    http.set_header("Sec-Fetch-Site", "cross-site");
    http.set_header("Sec-Fetch-Mode", "no-cors");
    http.set_header("Sec-Fetch-Dest", "image");
    assert_eq!(http.get("/mail/INBOX").status, 403);
}

#[test]
fn every_answer_has_the_headers() {
    let site = Site::new();
    let mut http = site.http_as("alice");
    for path in ["/login", "/mail/INBOX", "/mail/Nope", "/nowhere", "/settings"] {
        let answer = http.get(path);
        let policy = answer.header("content-security-policy").unwrap_or_default().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("private, no-store"), "{path}");
        assert!(!answer.text().contains(" style="), "{path}: no inline style");
    }
}

#[test]
fn wrong_addresses_get_pages_that_lead_on() {
    let site = Site::new();
    let mut http = site.http_as("alice");
    for (path, status) in [
        ("/mail/Nope", 404),
        ("/mail/INBOX/999", 404),
        ("/mail/INBOX/abc", 400),
        ("/mail/INBOX/0", 400),
        ("/mail/INBOX%0D%0Aa9%20LOGOUT", 400),
        ("/compose?reply=nonsense", 404),
        ("/nowhere", 404),
        ("/part/made.up", 404),
    ] {
        let answer = http.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().contains("<h1>"), "{path} is a page");
    }
}

#[test]
fn missing_credentials_say_the_exact_sentence_and_the_log_names_them() {
    let site = Site::start(SiteOptions::default().set("local.service.proxy.adminpass", ""));
    let mut http = site.http();
    let token = http.get("/login").input_value("csrf").expect("a token");
    let answer =
        http.post_form("/login", &[("csrf", &token), ("user", "alice"), ("password", suite::site::password())]);
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("Mail server unavailable. Administrator, check server log for details."));
    suite::wait_for("the option's name in the log", || {
        site.log().contains("local.service.proxy.adminpass").then_some(())
    });
}

#[test]
fn sizes_that_differ_read_differently() {
    let print = |bytes: u64| format!("{} MB", bytes >> 20);
    assert_eq!(spool::apart(5 << 20, 9 << 20, print), ("5 MB".to_owned(), "9 MB".to_owned()));
    let (one, other) = spool::apart((5 << 20) + 7, 5 << 20, print);
    assert_eq!((one.as_str(), other.as_str()), ("5242887 bytes", "5242880 bytes"));
    let text = spool::SpoolError::TooLarge { limit: 5 << 20, size: (5 << 20) + 7 }.user_text();
    assert!(text.contains("5242887 bytes of at most 5242880 bytes"), "{text}");
}
