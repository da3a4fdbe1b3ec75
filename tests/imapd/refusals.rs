//! Every command that can be told apart gets its tagged answer, also after what cannot be read (RFC 3501 §2.2.1, §7.1.3).

use suite::{ImapClient, Site, SiteOptions};

/// Sends bytes, returns the next line.
#[track_caller]
fn next(imap: &mut ImapClient, bytes: &str) -> String {
    imap.send(bytes.as_bytes());
    imap.response().text()
}

#[test]
fn a_line_that_is_too_long_is_refused_under_its_tag() {
    let site = Site::new();
    let mut imap = site.imap();
    let long = "x".repeat(200_000);
    let refused = "BAD Command line is too long";
    assert_eq!(next(&mut imap, &format!("a1 LOGIN alice {long}\r\n")), format!("a1 {refused}"));
    assert_eq!(next(&mut imap, &format!("{long}\r\n")), format!("* {refused}"), "no tag can be seen");
    // The answer comes while the line has no end yet, and only once.
    assert_eq!(next(&mut imap, &format!("a2 LOGIN alice {long}")), format!("a2 {refused}"));
    imap.send(long.as_bytes());
    // An announced literal belongs to what is thrown away.
    imap.send(b" {9+}\r\na3 LOGOUT\r\n");
    imap.login("alice", suite::site::password());
    assert_eq!(next(&mut imap, &format!("a4 SEARCH TEXT {long}\r\n")), format!("a4 {refused}"));
    imap.command("NOOP");
}

#[test]
fn a_readable_command_is_answered_however_many_were_not() {
    let site = Site::new();
    let mut imap = site.imap();
    for _ in 0..3 {
        for _ in 0..5 {
            assert!(imap.attempt("NONSENSE").status.starts_with("BAD"));
        }
        let refused = imap.attempt("LOGIN alice wrong").status;
        assert!(refused.starts_with("NO [AUTHENTICATIONFAILED]"), "{refused}");
    }
    // Not allowed now, but readable.
    for _ in 0..10 {
        assert!(imap.attempt("SELECT INBOX").status.starts_with("BAD"));
    }
    for _ in 0..6 {
        assert!(imap.attempt("NONSENSE").status.starts_with("BAD"));
    }
    assert_eq!(imap.response().text(), "* BYE Too many invalid commands");
    assert!(imap.try_response().is_err());
}

#[test]
fn the_last_sign_in_that_fails_is_answered_too() {
    // Ten failures one after another would be delayed.
    let site = Site::start(SiteOptions::default().set("service.loginthrottle.enable", "no"));
    let mut imap = site.imap();
    for _ in 0..10 {
        let refused = imap.attempt("LOGIN alice wrong").status;
        assert!(refused.starts_with("NO [AUTHENTICATIONFAILED]"), "{refused}");
    }
    assert_eq!(imap.response().text(), "* BYE Too many failed sign-ins");
    assert!(imap.try_response().is_err());
}

/// A component of a name has 255 bytes, a name 1000: on the wire they may be longer (RFC 3501 §5.1.3).
#[test]
fn long_and_deep_names_are_names_up_to_the_limit() {
    let site = Site::new();
    let mut imap = site.imap_as("alice");
    let longest = "n".repeat(255);
    imap.command(&format!("CREATE {longest}"));
    imap.command(&format!("SELECT {longest}"));
    assert!(imap.attempt(&format!("CREATE {longest}n")).status.starts_with("NO [CANNOT]"));
    let deep = ["d".repeat(100).as_str(); 9].join("/");
    imap.command(&format!("CREATE {deep}"));
    let listed = imap.command(&format!("LIST \"\" {deep}")).untagged;
    assert_eq!(listed.len(), 1);
    assert!(imap.attempt(&format!("CREATE {deep}/{longest}")).status.starts_with("NO [CANNOT]"));
    imap.command(&format!("RENAME {deep} up"));
    imap.command("SELECT up");
    // 85 letters of three bytes each, which base64 makes longer.
    let wide = "漢".repeat(85);
    imap.send(format!("w1 CREATE \"{wide}\"\r\n").as_bytes());
    let created = imap.response().text();
    assert!(created.starts_with("w1 OK"), "{created}");
    let listed = imap.command("LIST \"\" %").untagged;
    assert!(
        listed.iter().any(|line| line
            .text()
            .split("\"/\" ")
            .nth(1)
            .is_some_and(|name| name.trim_start_matches('"').starts_with("&"))),
        "it is listed in modified UTF-7"
    );
    assert!(imap.attempt(&format!("CREATE {}", "x".repeat(5000))).status.starts_with("NO [CANNOT]"));
}

/// A bomb is let out in pieces: what it holds is read as commands are, and the limits of these hold (RFC 4978 §6).
#[test]
fn a_search_nested_without_end_and_a_set_without_end_are_refused() {
    let site = Site::new();
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    let nested = format!("SEARCH {}ALL", "NOT ".repeat(20_000));
    assert!(!imap.attempt(&nested).status.starts_with("OK"));
    let nested = format!("SEARCH {}ALL{}", "(".repeat(20_000), ")".repeat(20_000));
    assert!(!imap.attempt(&nested).status.starts_with("OK"));
    let set: Vec<String> = (1..60_000u32).step_by(3).map(|uid| uid.to_string()).collect();
    let status = imap.attempt(&format!("UID FETCH {} FLAGS", set.join(","))).status;
    assert!(status.starts_with("OK"), "a long set is no fault: {status}");
    let parts = vec!["1"; 5000].join(".");
    assert!(!imap.attempt(&format!("UID FETCH 1 BODY[{parts}]")).status.starts_with("OK"));
    imap.command("NOOP");
}
