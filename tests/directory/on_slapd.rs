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
    wait::{DEADLINE, wait_for, within},
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
                        // 5 a second each, at once at the end.
                        let pace = Duration::from_millis(200).saturating_sub(start.elapsed());
                        within(pace, &mut || stop.load(Ordering::Relaxed).then_some(()));
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

/// The `authPassword` values of a user.
fn verifiers(slapd: &Slapd, uid: &str) -> Vec<String> {
    let found = slapd.tool(
        "ldapsearch",
        &["-LLL", "-o", "ldif-wrap=no", "-b", "", &format!("(uid={uid})"), "authPassword"],
        "",
    );
    found.success().stdout.lines().filter_map(|line| line.strip_prefix("authPassword: ")).map(str::to_owned).collect()
}

#[test]
fn a_new_password_brings_its_verifier_or_the_reason_why_not() {
    let (site, slapd) = site_on_slapd(&["alice"], &[("service.authcachettl", "0")]);
    let [before] = &verifiers(&slapd, "alice")[..] else { panic!("one verifier") };
    let told = site.tool(&["user", "passwd", "--password-stdin", "alice"], "another one\n").success();
    assert_eq!(told.stderr, "");
    let [after] = &verifiers(&slapd, "alice")[..] else { panic!("one verifier") };
    assert_ne!(before, after);
    assert!(after.starts_with("SCRAM-SHA-256$"), "{after}");
    site.imap().login("alice", "another one");
    site.tool(&["user", "add", "--password-stdin", "dora"], "hers\n").success();
    assert_eq!(verifiers(&slapd, "dora").len(), 1);
    // An entry whose classes have no such attribute.
    let plain = "dn: uid=erik,ou=People,o=example.test\nobjectClass: inetOrgPerson\nuid: erik\ncn: Erik\nsn: Erik\n";
    slapd.tool("ldapadd", &[], plain).success();
    let told = site.tool(&["user", "passwd", "--password-stdin", "erik"], "his\n").success();
    assert!(told.stderr.contains("no SCRAM-SHA-256 verifier"), "{}", told.stderr);
    site.imap().login("erik", "his");
}

#[test]
fn a_domain_over_its_quota_gets_its_status_and_loses_it_again() {
    let (site, slapd) = site_on_slapd(&["alice"], &[]);
    site.deliver("alice", &[b"Subject: big\r\n\r\n".as_slice(), &[b'x'; 3000]].concat());
    let quota = |value: &str| {
        slapd.modify(&format!(
            "dn: o=example.test\nchangetype: modify\nreplace: mailDomainDiskQuota\nmailDomainDiskQuota: {value}\n"
        ));
    };
    let status = || {
        let found = slapd.tool("ldapsearch", &["-LLL", "-b", "o=example.test", "-s", "base", "mailDomainStatus"], "");
        found.success().stdout.lines().find_map(|line| line.strip_prefix("mailDomainStatus: ")).unwrap().to_owned()
    };
    quota("1K");
    let said = site.tool(&["imquotacheck", "-d", "example.test"], "").success().stdout;
    assert!(said.contains("domain example.test: ") && said.contains(" of 1,") && said.contains("active"), "{said}");
    assert_eq!(status(), "active", "nothing is enforced without -f");
    site.tool(&["imquotacheck", "-f"], "").success();
    assert_eq!(status(), "overquota");
    quota("1M");
    site.tool(&["imquotacheck", "-f", "-d", "example.test"], "").success();
    assert_eq!(status(), "active");
}

#[test]
fn tracing_begins_and_ends_with_a_refresh() {
    let (site, _slapd) = site_on_slapd(&["alice"], &[("service.authcachettl", "0")]);
    let traced = || site.log().matches("bind \"uid=alice").count();
    assert!(imap(&site, "alice").contains("OK"));
    assert_eq!(traced(), 0);
    site.configure("local.ldaptrace", "yes");
    site.refresh();
    wait_for("a traced sign-in", || {
        imap(&site, "alice");
        (traced() > 0).then_some(())
    });
    site.configure("local.ldaptrace", "no");
    site.refresh();
    wait_for("a sign-in that is not traced", || {
        let before = traced();
        imap(&site, "alice");
        (traced() == before).then_some(())
    });
    assert!(!site.log().contains(password()));
}

#[test]
fn a_user_id_outside_ascii_needs_an_address_inside_it() {
    let (site, slapd) = site_on_slapd(&["alice"], &[]);
    let add = |arguments: &[&str]| site.tool(&[&["user", "add"][..], arguments].concat(), "");
    let refused = add(&["jörg"]);
    assert_eq!(refused.status.code(), Some(1));
    let why = "mail: 'jörg@example.test' has letters that a mail address in LDAP cannot have; give one in ASCII, mail=NAME@DOMAIN";
    assert!(refused.stderr.contains(why), "{}", refused.stderr);
    assert!(!slapd.log().contains("rc=21") && !slapd.log().contains("err=21"), "it was never sent");
    let added = site.tool(&["user", "add", "jörg", "mail=joerg@example.test", "--password-stdin"], password());
    assert_eq!(added.status.code(), Some(0), "{}", added.stderr);
    assert!(
        site.imap()
            .attempt(&format!("AUTHENTICATE PLAIN {}", {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.encode(format!("\0jörg\0{}", password()))
            }))
            .is_ok()
    );
    let refused = site.tool(&["user", "set", "jörg", "mailAlternateAddress+=jörg@example.test"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("mailAlternateAddress: 'jörg@example.test' has letters"), "{}", refused.stderr);
}

#[test]
fn what_the_server_refuses_is_told_by_its_meaning() {
    let (site, slapd) = site_on_slapd(&["alice"], &[]);
    let said = |arguments: &[&str]| {
        let output = site.tool(&[&["user"][..], arguments].concat(), "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", output.stdout);
        output.stderr
    };
    for (change, words) in [
        ("nosuchthing=1", "its schema does not know the attribute (undefinedAttributeType)"),
        ("seeAlso=not a name", "a value has letters that its attribute cannot hold (invalidAttributeSyntax)"),
        ("cACertificate;binary+=x", "the LDAP server refuses it: "),
    ] {
        let text = said(&["set", "alice", change]);
        assert!(text.contains(words) && !text.contains("unavailable"), "{change}: {text}");
    }
    // As somebody who may read and not write.
    let reader = "dn: cn=reader,o=example.test\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: readonly\n";
    slapd.tool("ldapadd", &[], reader).success();
    site.settings(&[
        ("local.ugldapbinddn".to_owned(), "cn=reader,o=example.test".to_owned()),
        ("local.ugldapbindcred".to_owned(), "readonly".to_owned()),
    ]);
    site.tool(&["user", "show", "alice"], "").success();
    for arguments in [&["add", "dora"][..], &["set", "alice", "cn=Other"], &["delete", "alice"], &["passwd", "alice"]] {
        let text = said(arguments);
        assert!(
            text.contains("local.ugldapbinddn may not do this (insufficientAccessRights)"),
            "{arguments:?}: {text}"
        );
        assert!(!text.contains("unavailable"), "{arguments:?}: {text}");
    }
}

/// The life of a hosted domain, by command line, on a running site.
fn hosts_a_domain(site: &Site) {
    let domain = |arguments: &[&str]| site.tool(&[&["domain"][..], arguments].concat(), "");
    let add = ["add", "hosted.example", "--alias", "www.hosted.example", "mailDomainMsgQuota=1000"];
    let search = "inetDomainSearchFilter=(&(objectClass=inetMailUser)(|(uid=%U)(telephoneNumber=%U)))";
    domain(&[&add[..], &[search]].concat()).success();
    let user = ["user", "add", "--password-stdin", "dora@hosted.example", "telephoneNumber=555"];
    site.tool(&user, password()).success();
    wait_for("the new domain", || imap(site, "dora@hosted.example").starts_with("OK").then_some(()));
    assert!(imap(site, "555@www.hosted.example").starts_with("OK"), "by the filter, and by the other name");
    let shown = domain(&["show", "www.hosted.example"]).success().stdout;
    for line in
        ["sunPreferredDomain: hosted.example\n", "associatedDomain: www.hosted.example\n", "mailDomainMsgQuota: 1000\n"]
    {
        assert!(shown.contains(line), "{shown}");
    }
    let listed = domain(&["list"]).success().stdout;
    assert!(listed.contains("hosted.example\tactive\twww.hosted.example\n"), "{listed}");
    let listed = domain(&["list", "--json"]).success().stdout;
    let objects: Vec<serde_json::Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(objects.iter().any(|one| one["domain"] == "hosted.example" && one["aliases"][0] == "www.hosted.example"));
    domain(&["set", "hosted.example", "associatedDomain+=mx.hosted.example", "mailDomainStatus=inactive"]).success();
    assert!(domain(&["list"]).success().stdout.contains("hosted.example\tinactive\t"), "{listed}");
    domain(&["set", "hosted.example", "mailDomainStatus=active"]).success();
    for (arguments, why) in [
        (&["add", "hosted.example"][..], "hosted.example: already in the directory"),
        (&["add", "other.example", "--alias", "mx.hosted.example"], "mx.hosted.example: already in the directory"),
        (&["add", "not a domain"], "not a domain"),
        (&["set", "hosted.example", "associatedDomain+=example.test"], "example.test: already in the directory"),
        (&["set", "hosted.example", "sunPreferredDomain=x.example"], "cannot be changed"),
        (&["set", "hosted.example", "mailDomainStatus=perhaps"], "must be one of active"),
        (&["set", "hosted.example", "mailDomainDiskQuota=much"], "mailDomainDiskQuota: "),
        (&["set", "hosted.example", "inetDomainSearchFilter=(uid=%U"], "inetDomainSearchFilter: "),
        (&["set", "nowhere.example", "mailDomainStatus=active"], "domain nowhere.example: no such entry"),
        (&["show", "nowhere.example"], "domain nowhere.example: no such entry"),
        (&["remove", "nowhere.example"], "domain nowhere.example: no such entry"),
        (&["remove", "hosted.example"], "the domain hosted.example is not empty"),
        (&["remove", "example.test"], "the domain example.test is not empty"),
    ] {
        let output = domain(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stderr.contains(why), "{arguments:?}: {}", output.stderr);
    }
    site.tool(&["user", "delete", "dora@hosted.example"], "").success();
    domain(&["remove", "hosted.example"]).success();
    assert!(!domain(&["list"]).success().stdout.contains("hosted.example"));
    site.tool(&["user", "add", "erik@hosted.example"], "").status.code().filter(|code| *code == 1).expect("gone");
}

#[test]
fn a_domain_comes_and_goes_in_the_file() {
    hosts_a_domain(&Site::start(SiteOptions::default().set("service.authcachettl", "0")));
}

#[test]
fn a_domain_comes_and_goes_in_ldap() {
    let (site, _slapd) = site_on_slapd(&["alice"], &[("service.authcachettl", "0")]);
    hosts_a_domain(&site);
}

#[test]
fn the_directory_hears_at_once_of_room_that_a_user_has_made() {
    let (site, _slapd) = site_on_slapd(&["alice mailQuota=4K"], &[("store.overquotastatus", "yes")]);
    let status = || -> String {
        let shown = site.tool(&["user", "show", "alice"], "").success().stdout;
        shown.lines().find_map(|line| line.strip_prefix("mailUserStatus: ")).unwrap_or_default().to_owned()
    };
    let large = format!("Subject: large\r\n\r\n{}", "0123456789\r\n".repeat(500));
    site.deliver("alice", large.as_bytes());
    wait_for("the status", || (status() == "overquota").then_some(()));
    let mut imap = site.imap_as("alice");
    assert_eq!(exists(&mut imap), 1);
    imap.command("STORE 1 +FLAGS (\\Deleted)");
    imap.command("EXPUNGE");
    wait_for("the status to be as before", || (status() == "active").then_some(()));
}
