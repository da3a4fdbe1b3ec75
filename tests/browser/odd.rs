//! Odd mail and odd names on the pages: endless headers, fields that hold no address, folders called `..` and `~x`.

use suite::Site;

fn with_header(fields: &str) -> Vec<u8> {
    format!("{fields}Message-ID: <odd@elsewhere.test>\r\nDate: Sun, 22 Nov 2026 01:00:00 +0000\r\n\r\nwords\r\n")
        .into_bytes()
}

#[test]
fn endless_headers_make_no_endless_pages() {
    let site = Site::new();
    let long = "ü".repeat(300_000);
    let names: String = (0..3000).map(|n| format!("Person {n} <p{n}@elsewhere.test>,\r\n ")).collect();
    site.deliver(
        "alice",
        &with_header(&format!(
            "From: {long} <from@elsewhere.test>\r\nTo: {names}last@elsewhere.test\r\nSubject: {long}\r\n"
        )),
    );
    let mut http = site.http_as("alice");
    for path in ["/mail/INBOX", "/mail/INBOX/1", "/compose?reply=INBOX%2F1", "/compose?forward=INBOX%2F1"] {
        let page = http.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.len() < 200_000, "{path}: {} bytes", page.body.len());
        assert!(page.text().contains("ü…"), "{path} says that something is left out");
    }
    assert!(
        http.get("/mail/INBOX/1").text().contains("and 2802 more")
            || http.get("/mail/INBOX/1").text().contains("2,802"),
        "people who are not shown are counted"
    );
}

#[test]
fn placeholders_are_no_addresses() {
    let site = Site::new();
    site.deliver(
        "alice",
        &with_header("From: <script>alert(1)</script>\r\nReply-To: <javascript:x>\r\nSubject: odd\r\n"),
    );
    let mut http = site.http_as("alice");
    for path in ["/mail/INBOX", "/mail/INBOX/1", "/compose?reply=INBOX%2F1", "/compose?forward=INBOX%2F1"] {
        let page = http.get(path).text();
        for word in ["MISSING_", "SYNTAX_ERROR"] {
            assert!(!page.contains(word), "{path} shows {word}");
        }
    }
}

#[test]
fn folders_of_any_name_are_opened() {
    let site = Site::new();
    let mut imap = site.imap_as("alice");
    for (name, path) in [("..", "/mail/~2E~2E"), (".", "/mail/~2E"), ("~x", "/mail/~7Ex"), ("a~2Eb", "/mail/a~7E2Eb")] {
        imap.command(&format!("CREATE \"{name}\""));
        let page = site.http_as("alice").get(path);
        assert_eq!(page.status, 200, "{name}");
        let page = page.text();
        assert!(page.contains(&format!("href=\"{path}\"")), "{name} leads to {path}");
        assert!(page.contains(&format!("id=\"list-title\" class=\"cut\" title=\"{name}\">{name}<")), "{name} is open");
    }
    assert_eq!(site.http_as("alice").get(&format!("/mail/{}", "a".repeat(5000))).status, 400);
    assert_eq!(site.http_as("alice").get(&format!("/mail/{}", "a".repeat(990))).status, 404);
}

#[test]
fn signing_in_leads_to_pages_only() {
    let site = Site::new();
    for (next, location) in [
        ("/logout", "/mail/INBOX"),
        ("/mail/INBOX/1/seen", "/mail/INBOX"),
        ("/compose/0123456789abcdef0123456789abcdef", "/mail/INBOX"),
        ("//evil.test/", "/mail/INBOX"),
        ("/mail/Sent?page=2", "/mail/Sent?page=2"),
        ("/compose?to=a@b.example", "/compose?to=a@b.example"),
    ] {
        let mut http = site.http();
        let token = http.get("/login").input_value("csrf").expect("a token");
        let fields =
            [("csrf", token.as_str()), ("user", "alice"), ("password", suite::site::password()), ("next", next)];
        let answer = http.post_form("/login", &fields);
        assert_eq!((answer.status, answer.header("location")), (303, Some(location)), "{next}");
    }
}

#[test]
fn opening_a_message_counts_down_in_the_list_but_not_over_search_results() {
    let site = Site::new();
    for _ in 0..3 {
        site.deliver("alice", &suite::corpus::message("Hello", "x"));
    }
    let mut http = site.http_as("alice");
    let token = http.get("/settings").input_value("csrf").expect("a token");
    let seen = |uid: u32, from: &str| {
        let mut page = http.clone();
        page.set_header("HX-Request", "true");
        page.set_header("HX-Current-URL", &site.url(from));
        page.post_form(&format!("/mail/INBOX/{uid}/seen"), &[("csrf", &token)]).text()
    };
    let counts = seen(1, "/mail/INBOX/1");
    assert!(counts.contains("id=\"unread\">2 unread<"), "{counts}");
    assert!(!seen(2, "/mail/INBOX/2?q=Hello").contains("id=\"unread\""));
    assert!(seen(3, "/mail/INBOX/3?page=1").contains("id=\"unread\"></span>"));
}
