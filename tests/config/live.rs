//! `refresh` (SIGHUP): what is obeyed by a running server, and what waits for a restart and is named.

use nix::sys::signal::Signal;
use suite::{HttpClient, Site, SiteOptions, http::hidden_inputs, wait_for};

/// Sets an option of a running site and lets it read its settings again.
fn refresh(site: &mut Site, name: &str, value: &str) {
    site.tool(&["configutil", "-o", name, "-v", value], "").success();
    site.server().signal(Signal::SIGHUP);
}

/// Sends a message from the compose page as a browser does; tells the status.
fn send(http: &mut HttpClient, fields: &[(&str, &str)]) -> u16 {
    let page = http.get("/compose").text();
    let action = page.split("action=\"/compose/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let form = page.split("id=\"compose\"").nth(1).unwrap();
    let mut body = String::new();
    let mut field = |name: &str, value: &str| {
        body.push_str(&format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    };
    for (name, value) in hidden_inputs(form) {
        if !fields.iter().any(|(other, _)| *other == name) {
            field(&name, &value);
        }
    }
    for (name, value) in fields {
        field(name, value);
    }
    field("do", "send");
    body.push_str("--edge--\r\n");
    let path = format!("/compose/{action}");
    http.request("POST", &path, Some(("multipart/form-data; boundary=edge", body.as_bytes()))).status
}

/// The header of the newest message in somebody's INBOX, once there are `count`.
fn newest(site: &Site, user: &str, count: usize) -> String {
    let mut imap = site.imap_as(user);
    wait_for("the message", || {
        let reply = imap.command("EXAMINE INBOX");
        reply.untagged.iter().any(|line| line.text().contains(&format!("{count} EXISTS"))).then_some(())
    });
    let reply = imap.command(&format!("FETCH {count} BODY.PEEK[HEADER]"));
    reply.untagged.iter().map(suite::imap::Response::text).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_whole_from_field_is_the_writers_once_the_setting_says_so() {
    let mut site = Site::new();
    let mut http = site.http_as("alice");
    assert!(!http.get("/compose").text().contains("<label for=\"from\">"));
    let to = site.address("bob");
    let mine = site.address("alice");
    // Off: whatever a form says, the directory's name and address stand there.
    let forged =
        [("from", "Somebody <somebody@elsewhere.example>"), ("to", to.as_str()), ("subject", "x"), ("body", "x")];
    assert_eq!(send(&mut http, &forged), 303);
    let header = newest(&site, "bob", 1);
    assert!(header.contains(&mine) && !header.contains("elsewhere.example") && !header.contains("Sender:"), "{header}");
    refresh(&mut site, "service.http.fullfromheader", "yes");
    wait_for("the From field", || http.get("/compose").text().contains("<label for=\"from\">").then_some(()));
    let own = format!("Sales Desk <{mine}>");
    assert_eq!(send(&mut http, &[("from", &own), ("to", &to), ("subject", "x"), ("body", "x")]), 303);
    let header = newest(&site, "bob", 2);
    let from = |header: &str| header.lines().find(|line| line.starts_with("From:")).unwrap_or_default().to_owned();
    assert!(from(&header).contains("Sales Desk") && from(&header).contains(&mine), "{header}");
    assert!(!header.contains("Sender:"), "{header}");
    // A foreign address is the author; who really sent it still stands there, and in the envelope.
    assert_eq!(send(&mut http, &forged), 303);
    let header = newest(&site, "bob", 3);
    assert!(from(&header).contains("Somebody") && from(&header).contains("somebody@elsewhere.example"), "{header}");
    assert!(header.lines().any(|line| line.starts_with("Sender:") && line.contains(&mine)), "{header}");
    // What is no address is refused, and nothing goes out.
    for bad in ["no address", "a@b.example, c@d.example", "a@b.example\r\nBcc: e@f.example"] {
        let refused = send(&mut http, &[("from", bad), ("to", &to), ("subject", "x"), ("body", "x")]);
        assert_ne!(refused, 303, "{bad}");
    }
}

#[test]
fn unread_counts_go_and_come_with_their_setting() {
    let mut site = Site::new();
    site.deliver("alice", b"Subject: unread\r\n\r\nx\r\n");
    let mut http = site.http_as("alice");
    let counted = |http: &mut HttpClient| http.get("/mail/INBOX").text().contains("<span class=\"sr\"> unread</span>");
    wait_for("the count", || counted(&mut http).then_some(()));
    refresh(&mut site, "local.service.http.showunreadcounts", "no");
    wait_for("no count", || (!counted(&mut http)).then_some(()));
    assert!(http.get("/mail/INBOX").text().contains("unread"), "the message itself still reads as unread");
    refresh(&mut site, "local.service.http.showunreadcounts", "yes");
    wait_for("the count again", || counted(&mut http).then_some(()));
}

#[test]
fn sizes_of_the_webmail_are_obeyed_after_a_refresh() {
    let mut site = Site::new();
    let mut http = site.http_as("alice");
    assert!(http.get("/settings").text().contains("5.0 MB") || http.get("/settings").text().contains("5 MB"));
    refresh(&mut site, "service.http.maxmessagesize", "1M");
    wait_for("the new size", || http.get("/settings").text().contains("1 MB").then_some(()));
    let long = "x".repeat(2000);
    assert_ne!(http.post_form("/login", &[("user", &long)]).status, 413);
    refresh(&mut site, "service.http.maxpostsize", "1024");
    wait_for("the new limit", || (http.post_form("/login", &[("user", &long)]).status == 413).then_some(()));
}

#[test]
fn a_webmail_session_ends_by_the_new_time_and_the_mta_is_the_new_one() {
    let mut site = Site::start(SiteOptions::default().set("service.http.smtpport", suite::process::free_port()));
    let mut http = site.http_as("alice");
    let away = [("to", "x@elsewhere.example"), ("subject", "x"), ("body", "x")];
    assert_ne!(send(&mut http, &away), 303, "no MTA listens there");
    let mta = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    refresh(&mut site, "service.http.smtpport", &mta.local_addr().unwrap().port().to_string());
    mta.set_nonblocking(true).unwrap();
    let mut asked = false;
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            wait_for("the webmail at the new MTA", || {
                let (mut socket, _) = mta.accept().ok()?;
                // The first word of the MTA is that it will not: what counts is that it was asked.
                std::io::Write::write_all(&mut socket, b"554 no\r\n").ok()
            });
        });
        while !waiting.is_finished() {
            assert_ne!(send(&mut http, &away), 303);
            asked = true;
        }
    });
    assert!(asked);
}

#[test]
fn what_waits_for_a_restart_is_marked_and_named_in_the_log() {
    let mut site = Site::start(SiteOptions::default().users::<&str>(&[]));
    let list = site.tool(&["configutil", "-m", "-p", "service.imap."], "").success().stdout;
    assert!(list.contains("service.imap.maxsessions = 4000 [NOT REFRESHABLE]\n"), "{list}");
    assert!(list.contains("service.imap.idletimeout = 30 [REFRESHABLE]\n"), "{list}");
    site.tool(&["configutil", "-i"], "service.imap.maxsessions = 7\nservice.imap.idletimeout = 31\n").success();
    site.server().signal(Signal::SIGHUP);
    wait_for("the log to name the setting", || {
        let log = site.log();
        let line = log.lines().find(|line| line.contains("obeyed only after a restart"))?;
        assert!(line.contains("service.imap.maxsessions"), "{line}");
        assert!(!line.contains("idletimeout"), "{line}");
        Some(())
    });
}

#[test]
fn sign_in_rules_are_obeyed_after_a_refresh() {
    let mut site = Site::start(SiteOptions::default().set("service.loginseparator", "@"));
    let signs_in =
        |site: &Site, name: &str| site.imap().attempt(&format!("LOGIN \"{name}\" {}", suite::site::password())).is_ok();
    assert!(signs_in(&site, "alice@example.test") && !signs_in(&site, "alice%example.test"));
    refresh(&mut site, "service.loginseparator", "@%");
    wait_for("the new separator", || signs_in(&site, "alice%example.test").then_some(()));
    assert!(signs_in(&site, "alice@example.test"));
    // The webmail has the same rules: this panics unless it lets alice in.
    site.http_as("alice%example.test");
    // Administrators too: whoever is one may act for others.
    let proxied = |site: &Site| {
        let word = format!("alice\0bob\0{}", suite::site::password());
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, word);
        site.imap().attempt(&format!("AUTHENTICATE PLAIN {encoded}")).is_ok()
    };
    assert!(!proxied(&site));
    refresh(&mut site, "store.admins", "proxyadmin bob");
    wait_for("the new administrator", || proxied(&site).then_some(()));
}
