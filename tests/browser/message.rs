//! Reading a message: the pane, `\Seen`, hostile HTML in its frame, remote images.

use suite::corpus::{crlf, message};
use suite::{Browser, BrowserOptions, Site, Trap};

use super::{looks, said, signed_in};

/// Opens the first message of the list.
#[track_caller]
fn open_first(browser: &mut Browser) {
    browser.wait_for("#messages .m > a");
    browser.click("#messages .m > a");
    browser.wait_for("#message");
}

fn html(body: &str) -> Vec<u8> {
    let head = "From: Sender <sender@elsewhere.test>\nTo: Alice <alice@example.test>\nSubject: HTML\n\
        Date: Tue, 3 Nov 2026 10:11:12 +0000\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n";
    crlf(format!("{head}{body}\n").as_bytes())
}

#[test]
fn every_look_is_accessible() {
    let site = Site::new();
    site.deliver("alice", &message("Hello", "Dear Alice,\n\nsee https://elsewhere.test/x for more.\n\n> quoted\n"));
    for (name, options) in looks() {
        let mut browser = signed_in(&options, &site, "alice");
        open_first(&mut browser);
        browser.wait_for_text("#message .body", "Dear Alice");
        browser.screenshot(&format!("message-{name}"));
        browser.assert_accessible();
    }
}

#[test]
fn opening_marks_as_read_and_get_alone_does_not() {
    let site = Site::new();
    site.deliver("alice", &message("Hello", "x"));
    let mut http = site.http_as("alice");
    assert_eq!(http.get("/mail/INBOX/1").status, 200);
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    assert!(!said(&imap.command("UID FETCH 1 (FLAGS)")).contains("\\Seen"), "a GET changes nothing");
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.wait_for("#messages .m.new");
    open_first(&mut browser);
    browser.wait_until_gone("#messages .m.new");
    assert!(said(&imap.command("UID FETCH 1 (FLAGS)")).contains("\\Seen"));
}

#[test]
fn hostile_html_neither_runs_nor_calls_out() {
    let trap = Trap::new();
    let site = Site::new();
    site.deliver(
        "alice",
        &html(
            "<p>Visible words</p><script>top.location='http://evil.test/'</script><img src='http://evil.test/a.png' onerror='alert(1)'>\
             <svg onload=alert(1)><iframe src='http://evil.test/f'></iframe><style>body{background:url(http://evil.test/b)}</style>\
             <div style='background:url(http://evil.test/c);position:fixed;inset:0'>over</div><form action='http://evil.test/'><button>x</button></form>\
             <meta http-equiv=refresh content='0;url=http://evil.test/'><base href='http://evil.test/'><a href='javascript:alert(1)'>js</a>",
        ),
    );
    let mut browser = signed_in(&BrowserOptions::default().trapped(&trap), &site, "alice");
    open_first(&mut browser);
    browser.wait_for_text(".note", "Remote images are not shown.");
    assert_eq!(
        browser.attribute("iframe.mail", "sandbox").as_deref(),
        Some("allow-popups allow-popups-to-escape-sandbox")
    );
    browser.enter_frame("iframe.mail");
    browser.wait_for_text("body", "Visible words");
    assert_eq!(browser.count("script, svg, iframe, form, meta[http-equiv], base, [onerror], [href^=javascript]"), 0);
    browser.leave_frame();
    assert!(!browser.has_alert());
    browser.screenshot("message-hostile");
    browser.assert_accessible();
    trap.assert_empty();
}

#[test]
fn remote_images_load_once_when_asked() {
    let trap = Trap::new();
    let site = Site::new();
    site.deliver("alice", &html("<p>Words</p><img src='http://pictures.test/a.png'>"));
    let mut browser = signed_in(&BrowserOptions::default().trapped(&trap), &site, "alice");
    open_first(&mut browser);
    browser.wait_for_text(".note", "Remote images are not shown.");
    trap.assert_empty();
    browser.click("#message .note a");
    browser.wait_until_gone("#message .note");
    suite::wait_for("the picture is asked for", || (!trap.caught().is_empty()).then_some(()));
}

#[test]
fn inline_pictures_show_without_cookie() {
    let site = Site::new();
    let picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let text = format!(
        "From: a@elsewhere.test\nTo: alice@example.test\nSubject: Picture\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n\
         --b\nContent-Type: text/html\n\n<p>Words</p><img src=\"cid:one@x\">\n--b\nContent-Type: image/png\nContent-ID: <one@x>\n\
         Content-Transfer-Encoding: base64\n\n{picture}\n--b--\n"
    );
    site.deliver("alice", &crlf(text.as_bytes()));
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    open_first(&mut browser);
    browser.wait_for("iframe.mail");
    browser.enter_frame("iframe.mail");
    browser.wait_for("img");
    suite::wait_for("the picture is there", || {
        (browser.eval("return document.querySelector('img').naturalWidth") == 1).then_some(())
    });
}

#[test]
fn a_message_that_is_gone_says_so() {
    let site = Site::new();
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.goto(&site.url("/mail/INBOX/999"));
    browser.wait_for_text("main", "This message is not here any more.");
    browser.screenshot("message-gone");
    browser.assert_accessible();
}
