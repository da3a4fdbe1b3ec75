//! The kit's own peers: each starts, answers and stops.

use suite::{
    Browser, BrowserOptions, Dovecot, LmtpClient, Postfix, Trap,
    corpus::message,
    postfix::PostfixOptions,
    site::password,
    transcript::{Captures, Pattern},
};

#[test]
fn dovecot_delivers_and_reads() {
    let dovecot = Dovecot::start(&["alice"]);
    dovecot.lmtp().deliver("sender@elsewhere.test", &["alice@example.test"], &message("Hello", "World"));
    let mut imap = dovecot.imap_as("alice");
    imap.command("SELECT INBOX");
    let uids = imap.uids();
    assert_eq!(uids.len(), 1);
    assert!(imap.message(uids[0]).ends_with(b"World\r\n"));
}

#[test]
fn dovecot_lets_the_master_in_as_anyone() {
    let dovecot = Dovecot::start(&["alice"]);
    let mut imap = suite::ImapClient::connect(dovecot.imap_address());
    imap.command(&format!("LOGIN \"alice*{}\" {}", suite::dovecot::MASTER, password()));
    imap.command("SELECT INBOX");
}

#[test]
fn postfix_relays_and_refuses() {
    let dovecot = Dovecot::start(&["alice"]);
    let mut options = PostfixOptions::new("example.test", dovecot.lmtp_address());
    options.refuse.push(("nobody@example.test".to_owned(), "550 5.1.1 Nobody lives here".to_owned()));
    let postfix = Postfix::start(&options);
    let mut smtp = LmtpClient::connect_silent(postfix.smtp_address());
    assert_eq!(smtp.command("EHLO client.test").code, 250);
    let replies = smtp.attempt("sender@elsewhere.test", &["nobody@example.test"], &message("To nobody", "text"));
    assert_eq!((replies[0].code, replies[0].lines[0].contains("Nobody lives here")), (550, true), "{replies:?}");
    smtp.deliver("sender@elsewhere.test", &["alice@example.test"], &message("Through Postfix", "text"));
    suite::wait_for("the message behind Postfix", || {
        let mut imap = dovecot.imap_as("alice");
        imap.command("SELECT INBOX");
        (!imap.uids().is_empty()).then_some(())
    });
}

#[test]
fn a_browser_runs_scripts_unless_told_not_to() {
    let page = "data:text/html,<!doctype html><html lang=en><title>t</title><main><h1>no</h1>\
        <script>document.querySelector('h1').textContent = 'yes'</script></main>";
    let mut browser = Browser::open(&BrowserOptions::default());
    browser.goto(page);
    browser.wait_for_text("h1", "yes");
    assert_eq!(browser.eval("return innerWidth"), 1280);
    browser.assert_accessible();
    let mut browser = Browser::open(&BrowserOptions::phone().dark().without_scripts());
    browser.goto(page);
    browser.wait_for_text("h1", "no");
    assert_eq!(browser.eval("return innerWidth"), 390);
    assert_eq!(browser.eval("return matchMedia('(prefers-color-scheme: dark)').matches"), true);
}

#[test]
fn the_trap_catches_what_a_page_asks_outside() {
    let trap = Trap::new();
    let mut browser = Browser::open(&BrowserOptions::default().trapped(&trap));
    browser.goto("data:text/html,<title>t</title><p>quiet");
    browser.wait_for("p");
    trap.assert_empty();
    browser.goto("data:text/html,<title>t</title><p>loud<img src='http://outside.test/pixel'>");
    suite::wait_for("a connection into the trap", || (!trap.caught().is_empty()).then_some(()));
}

#[test]
fn patterns_compare_meaning() {
    let matches =
        |pattern: &str, line: &str| Pattern::new(pattern).unwrap().matches(line.as_bytes(), &mut Captures::new());
    assert!(matches(
        "* 1 FETCH (UID 3 FLAGS (\\Seen \\Deleted))",
        "* 1 FETCH (FLAGS (\\deleted \\Seen \\Recent) UID 3)"
    ));
    assert!(!matches("* 1 FETCH (UID 3)", "* 1 FETCH (UID 3 FLAGS ())"));
    assert!(matches("* 1 FETCH (UID 3 $..)", "* 1 FETCH (FLAGS () UID 3)"));
    assert!(matches("* 1 FETCH (BODY[] \"a\\r\\nb\")", "* 1 FETCH (BODY[] {4}\r\na\r\nb)"));
    assert!(!matches("* 1 FETCH (X NIL)", "* 1 FETCH (X \"NIL\")"));
    assert!(matches("* SEARCH 3 1", "* SEARCH 1 3"));
    assert!(!matches("* SEARCH 3", "* SEARCH 1 3"));
    assert!(matches("a OK", "a OK [READ-WRITE] done"));
    assert!(!matches("a OK [READ-ONLY]", "a OK [READ-WRITE] done"));
    assert!(matches("* LIST (\\HasNoChildren) \"/\" INBOX", "* LIST (\\HasNoChildren) \"/\" \"INBOX\""));
    assert!(matches("a NO [OVERQUOTA] $*quota$*", "a NO [OVERQUOTA] the quota is full"));
    let mut captures = Captures::new();
    assert!(Pattern::new("a OK [APPENDUID $v $u]").unwrap().matches(b"a OK [APPENDUID 7 9] x", &mut captures));
    assert_eq!(captures["u"], b"9");
    assert!(!Pattern::new("* $u EXISTS").unwrap().matches(b"* 8 EXISTS", &mut captures));
}
