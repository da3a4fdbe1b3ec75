//! A whole site on slapd: every service signs in and delivers, says so when the directory is away, and goes on when it is back.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use suite::{
    ImapClient, Site, SiteOptions,
    http::hidden_inputs,
    site::password,
    slapd::Slapd,
    wait::{DEADLINE, wait_for},
};

/// A site whose people are in slapd, loaded from its own file unchanged.
fn site_on_slapd(users: &[&str], settings: &[(&str, &str)]) -> (Site, Slapd) {
    let mut site = Site::make(SiteOptions::default().users(users));
    let file = site.root().join("config/directory.ldif");
    let slapd = Slapd::with_entries(&file);
    // Nobody may be found there any more.
    std::fs::remove_file(file).unwrap();
    site.settings(&slapd.settings());
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    site.settings(&settings.collect::<Vec<_>>());
    site.run();
    (site, slapd)
}

/// What POP answers to USER and PASS.
fn pop(site: &Site, user: &str) -> String {
    let mut stream = TcpStream::connect(site.listener("pop")).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    lines.next();
    write!(stream, "USER {user}\r\n").unwrap();
    lines.next();
    write!(stream, "PASS {}\r\n", password()).unwrap();
    lines.next().unwrap().unwrap()
}

/// What the login page answers.
fn web(site: &Site, user: &str) -> u16 {
    let mut http = site.http();
    let page = http.get_following("/login");
    let hidden = hidden_inputs(&page.text());
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("user", user), ("password", password())]);
    http.post_form("/login", &fields).status
}

fn imap(site: &Site, user: &str) -> String {
    site.imap().attempt(&format!("LOGIN {user} {}", password())).status
}

/// Messages in INBOX.
fn exists(imap: &mut ImapClient) -> usize {
    imap.command("SELECT INBOX");
    imap.uids().len()
}

#[test]
fn every_service_works_on_it_and_says_when_it_is_away() {
    let off = [("service.authcachettl", "0")];
    let (site, mut slapd) = site_on_slapd(&["alice", "bob mailAlternateAddress=robert@example.test"], &off);
    site.deliver("robert", b"Subject: by LDAP\r\n\r\nHello\r\n");
    let mut mailbox = site.imap_as("bob");
    assert_eq!(exists(&mut mailbox), 1);
    assert!(pop(&site, "alice").starts_with("+OK"));
    assert_eq!(web(&site, "alice") / 100, 3);
    assert!(site.http_as("bob").get_following("/mail/INBOX").text().contains("by LDAP"));

    slapd.kill();
    assert!(imap(&site, "alice").contains("UNAVAILABLE"), "{}", imap(&site, "alice"));
    assert!(pop(&site, "alice").starts_with("-ERR [SYS/TEMP]"));
    assert_eq!(web(&site, "alice"), 503);
    let mut lmtp = site.lmtp();
    lmtp.command("MAIL FROM:<sender@elsewhere.test>");
    let refused = lmtp.command("RCPT TO:<alice@example.test>");
    assert_eq!(refused.code / 100, 4, "{refused:?}");
    // Who is in goes on working.
    mailbox.command("NOOP");

    slapd.restart();
    wait_for("the directory to be found again", || pop(&site, "alice").starts_with("+OK").then_some(()));
    site.deliver("alice", b"Subject: again\r\n\r\nHello\r\n");
    let log = site.log();
    assert_eq!(log.matches(" is away").count(), 1, "one line when it goes\n{log}");
    assert_eq!(log.matches(" answers again").count(), 1, "one line when it is back\n{log}");
    assert!(!log.contains(slapd.password()) && !log.contains(password()));
}

#[test]
fn killed_under_twenty_sign_ins_a_second_it_fails_them_only_while_it_is_away() {
    // A remembered password would hide the outage.
    let (site, mut slapd) = site_on_slapd(&["alice"], &[("service.authcachettl", "0")]);
    assert!(imap(&site, "alice").contains("OK"));
    let stop = AtomicBool::new(false);
    /// Ends the load however the test ends.
    struct Ends<'a>(&'a AtomicBool);
    impl Drop for Ends<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    // Each sign-in: when it began, how long it took, whether it was let in.
    type SignIn = (Instant, Duration, bool);
    let (sign_ins, killed, back): (Vec<SignIn>, Instant, Instant) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let start = Instant::now();
                        let answer = imap(&site, "alice");
                        assert!(answer.contains("OK") || answer.contains("UNAVAILABLE"), "{answer}");
                        seen.push((start, start.elapsed(), !answer.contains("UNAVAILABLE")));
                        // 5 a second each: the pace of the load, not a wait for anything.
                        std::thread::sleep(Duration::from_millis(200).saturating_sub(start.elapsed()));
                    }
                    seen
                })
            })
            .collect();
        let ends = Ends(&stop);
        let many = |count: usize| wait_for("sign-ins", || (slapd.count("BIND dn=\"uid=alice") >= count).then_some(()));
        many(20);
        let killed = Instant::now();
        slapd.kill();
        wait_for("the outage to be noticed", || site.log().contains(" is away").then_some(()));
        slapd.restart();
        wait_for("the return to be noticed", || site.log().contains(" answers again").then_some(()));
        let back = Instant::now();
        let before = slapd.count("BIND dn=\"uid=alice");
        wait_for("sign-ins", || (slapd.count("BIND dn=\"uid=alice") >= before + 20).then_some(()));
        drop(ends);
        (workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect(), killed, back)
    });
    for (start, took, let_in) in &sign_ins {
        let during = *start < back && *start + *took > killed;
        assert!(*let_in || during, "a sign-in failed while slapd was there");
        assert!(*let_in || *took < Duration::from_secs(2), "a refusal took {took:?}");
    }
    assert!(sign_ins.iter().any(|(_, _, let_in)| !let_in), "the outage was seen");
    assert_eq!(site.log().matches(" is away").count(), 1);
}

#[test]
fn people_are_edited_through_ldap_as_in_the_file() {
    let (site, slapd) = site_on_slapd(&["alice"], &[("service.authcachettl", "0")]);
    site.tool(
        &["user", "add", "--password-stdin", "dora", "cn=Dora Quist", "mailQuota=2G"],
        &format!("{}\n", password()),
    )
    .success();
    site.imap_as("dora");
    let shown = site.tool(&["user", "show", "dora"], "").success().stdout;
    assert!(
        shown.contains("mailQuota: 2G") && shown.contains("cn: Dora Quist") && !shown.contains("userPassword"),
        "{shown}"
    );
    site.tool(
        &["user", "set", "dora", "mailAlternateAddress+=d@example.test", "mailQuota=", "mailUserStatus=active"],
        "",
    )
    .success();
    site.deliver("d", b"Subject: hello\r\n\r\nHello\r\n");
    let shown = site.tool(&["user", "show", "dora"], "").success().stdout;
    assert!(!shown.contains("mailQuota"), "{shown}");
    let listed = site.tool(&["user", "list"], "").success().stdout;
    assert!(
        listed.contains("alice\talice@example.test\tactive") && listed.contains("dora\tdora@example.test"),
        "{listed}"
    );
    for (words, why) in [
        (vec!["user", "set", "alice", "mailAlternateAddress=d@example.test"], "taken"),
        (vec!["user", "set", "alice", "mailQuota=much"], "no quota"),
        (vec!["user", "set", "alice", "userPassword=x"], "passwd"),
        (vec!["user", "set", "nobody", "cn=x"], "unknown"),
        (vec!["user", "add", "dora"], "there already"),
        (vec!["user", "delete", "nobody"], "unknown"),
    ] {
        assert!(!site.tool(&words, "").status.success(), "{why}");
    }
    site.tool(&["user", "passwd", "--password-stdin", "dora"], "another one\n").success();
    assert!(imap(&site, "dora").contains("AUTHENTICATIONFAILED"));
    site.imap().login("dora", "another one");
    site.tool(&["user", "delete", "dora"], "").success();
    assert!(!site.tool(&["user", "show", "dora"], "").status.success());
    assert!(!slapd.tool("ldapsearch", &["-b", "", "(uid=dora)", "uid"], "").stdout.contains("uid: dora"));
}

#[test]
fn the_old_store_tools_find_people_there() {
    let (site, _slapd) = site_on_slapd(&["alice"], &[]);
    site.tool(&["deliver", "alice"], "Subject: by hand\n\nHello\n").success();
    assert_eq!(exists(&mut site.imap_as("alice")), 1);
}
