//! Sign-in for others at the webmail: portals by `service.http.proxydomainallowed`, administrators from everywhere (reference §2.4).

use std::io::{Read, Write};
use std::net::TcpListener;

use suite::http::HttpResponse;
use suite::site::password;
use suite::{Browser, BrowserOptions, HttpClient, Site, SiteOptions, wait_for};

use super::fixture::logged;

fn proxyauth(http: &mut HttpClient, user: &str, password: &str, wanted: &str) -> HttpResponse {
    http.post_form("/login.msc", &[("user", user), ("password", password), ("proxyauth", wanted)])
}

/// The part of the answer's address that a client of this site asks for.
fn way_in(answer: &HttpResponse) -> String {
    assert_eq!(answer.status, 302, "{}", answer.text());
    let location = answer.header("location").expect("an address");
    let (_, path) = location.split_once("/login.msc").expect("an address of ours");
    assert!(location.starts_with("http://127.0.0.1:"), "{location}");
    format!("/login.msc{path}")
}

/// Whose mail the settings page of a session shows.
fn address_shown(http: &mut HttpClient) -> String {
    http.get("/settings").text()
}

#[test]
fn an_administrator_signs_in_for_a_user_from_everywhere() {
    let site = Site::start(
        SiteOptions::default()
            .users(&["alice", "bob", "boss"])
            .set("store.admins", "proxyadmin boss")
            .set("logfile.http.loglevel", "Debug"),
    );
    let answer = proxyauth(&mut site.http(), "boss", password(), "bob");
    let path = way_in(&answer);
    assert!(path.starts_with("/login.msc?sid=") && path.contains("&lang=en"), "{path}");
    assert!(answer.header("set-cookie").is_none());
    let mut browser = site.http();
    let entered = browser.get(&path);
    assert_eq!(entered.status, 200);
    assert!(entered.text().contains("/mail/INBOX"), "{}", entered.text());
    assert_eq!(browser.get("/mail/INBOX").status, 200);
    let shown = address_shown(&mut browser);
    assert!(shown.contains("bob@example.test") && !shown.contains("boss@example.test"), "{shown}");
    logged(&site, "plaintext boss acts for bob");
    // The address was good once, and is no session itself.
    let mut other = site.http();
    assert_eq!(other.get(&path).status, 401);
    let sid = path.split(['=', '&']).nth(1).unwrap().to_owned();
    other.cookies().insert("heliograph".to_owned(), sid);
    assert_eq!(other.get("/mail/INBOX").status, 303);
}

#[test]
fn any_account_signs_in_for_others_from_where_portals_are_and_from_nowhere_else() {
    let mut site = Site::start(SiteOptions::default());
    let refused = |site: &Site| {
        let answer = proxyauth(&mut site.http(), "alice", password(), "bob");
        assert_eq!(answer.status, 401, "{}", answer.text());
        assert!(answer.header("location").is_none());
    };
    refused(&site);
    logged(&site, "not an administrator, asked to act for bob");
    site.configure("service.http.proxydomainallowed", "ALL: 192.0.2.");
    site.refresh();
    logged(&site, "refresh: settings read again");
    refused(&site);
    site.configure("service.http.proxydomainallowed", "http: 127.0.0.1");
    site.refresh();
    let answer = wait_for("the portal", || {
        Some(proxyauth(&mut site.http(), "alice", password(), "bob")).filter(|answer| answer.status == 302)
    });
    let mut browser = site.http();
    assert_eq!(browser.get(&way_in(&answer)).status, 200);
    assert!(address_shown(&mut browser).contains("bob@example.test"));
    // Elsewhere than in the webmail nothing is lent.
    let plain =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("bob\0alice\0{}", password()));
    let reply = site.imap().attempt(&format!("AUTHENTICATE PLAIN {plain}"));
    assert!(reply.status.starts_with("NO [AUTHORIZATIONFAILED]"), "{}", reply.status);
    // A wrong password is one, a user who does not exist is nobody's, and without proxyauth it is one's own mail.
    assert_eq!(proxyauth(&mut site.http(), "alice", "wrong", "bob").status, 401);
    assert_eq!(proxyauth(&mut site.http(), "alice", password(), "nobody").status, 401);
    let own = proxyauth(&mut site.http(), "alice", password(), "");
    let mut browser = site.http();
    browser.get(&way_in(&own));
    assert!(address_shown(&mut browser).contains("alice@example.test"));
    site.stop();
}

#[test]
fn a_password_in_an_address_and_a_form_of_another_site_are_refused() {
    let site = Site::start(SiteOptions::default());
    let query = format!("/login.msc?user=alice&password={}", password());
    for method in ["GET", "POST"] {
        let body = (method == "POST").then_some(("application/x-www-form-urlencoded", &b""[..]));
        let answer = site.http().request(method, &query, body);
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains("not in its address"), "{}", answer.text());
    }
    let mut foreign = site.http();
    foreign.set_header("Origin", "http://elsewhere.test");
    assert_eq!(proxyauth(&mut foreign, "alice", password(), "").status, 403);
    // Without anything it is the way to the sign-in page.
    let answer = site.http().get("/login.msc");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/login")));
    assert!(!site.log().contains(password()));
}

#[test]
fn whom_the_webmail_is_refused_a_portal_does_not_bring_in() {
    let site = Site::start(
        SiteOptions::default()
            .users(&["alice", "bob mailAllowedServiceAccess=+imap:*"])
            .set("service.http.proxydomainallowed", "ALL: 127.0.0.1"),
    );
    let answer = proxyauth(&mut site.http(), "alice", password(), "bob");
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert!(answer.text().contains("may not use webmail"), "{}", answer.text());
}

#[test]
fn a_browser_that_a_portal_sends_here_is_in_its_inbox() {
    let site = Site::start(SiteOptions::default().set("service.http.proxydomainallowed", "ALL: 127.0.0.1"));
    let answer = proxyauth(&mut site.http(), "bob", password(), "alice");
    let location = answer.header("location").expect("an address").to_owned();
    // The portal is another site to the browser: `localhost`, not `127.0.0.1`.
    let portal = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = portal.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        for stream in portal.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let page = if request[..length].starts_with(b"GET /mail ") {
                format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            } else {
                let page = "<a id=mail href=/mail>Mail</a>";
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                    page.len()
                )
            };
            stream.write_all(page.as_bytes()).unwrap();
            if page.starts_with("HTTP/1.1 302") {
                return;
            }
        }
    });
    let mut browser = Browser::open(&BrowserOptions::default());
    browser.goto(&format!("http://localhost:{port}/"));
    browser.click("#mail");
    browser.wait_for("#messages, .list .empty");
    browser.goto(&site.url("/settings"));
    browser.wait_for("#main");
    assert!(browser.source().contains("alice@example.test"));
    thread.join().unwrap();
}
