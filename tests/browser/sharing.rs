//! Sharing a folder, and folders in which not everything is allowed: nothing is offered that the server would refuse.

use suite::corpus::message;
use suite::{BrowserOptions, Site};

use super::{looks, said, signed_in};

/// A site on which alice has a folder with a message and an unusual list.
fn site() -> Site {
    let site = Site::new();
    let mut alice = site.imap_as("alice");
    for command in ["CREATE Plans", "SETACL Plans carol lr", "SETACL Plans group=staff lrsw", "SETACL Plans -dave r"] {
        alice.command(command);
    }
    alice.append("Plans", "()", &message("Summer", "Where to?"));
    site
}

#[test]
fn a_folder_is_shared_changed_and_taken_back_in_every_look() {
    for (name, options) in looks() {
        let site = site();
        let mut browser = signed_in(&options, &site, "alice");
        browser.goto(&site.url("/mail/Plans"));
        browser.wait_for("#messages");
        browser.click("a[href='/mail/Plans/share']");
        browser.wait_for(".who-may li");
        let people = browser.texts(".who-may .name > span > span");
        assert_eq!(people, ["alice (you)", "dave", "carol", "staff"]);
        assert_eq!(browser.text(".who-may li:first-child .muted"), "May do all: it is your folder");
        assert_eq!(browser.text(".who-may li:nth-child(2) .muted"), "May not: read (r)");
        assert_eq!(browser.text(".who-may li:nth-child(3) option:checked"), "As it is (lr)");
        assert_eq!(browser.text(".who-may li:nth-child(3) small"), "see the folder, read (lr)");
        assert_eq!(browser.text(".who-may li:nth-child(4) option:checked"), "May read and mark");
        browser.screenshot(&format!("share-{name}"));
        browser.assert_accessible();

        // A name that nobody has, and then one.
        browser.fill("#who", "nobody-here");
        browser.click(".add button");
        browser.wait_for_text(".note.bad", "Nobody here is called");
        browser.screenshot(&format!("share-problem-{name}"));
        browser.assert_accessible();
        browser.fill("#who", &site.address("bob"));
        browser.eval("document.getElementById('rights').value = 'lrswite'");
        browser.click(".add button");
        browser.wait_for_text("#toasts", "Shared");
        let mut imap = site.imap_as("alice");
        assert!(said(&imap.command("GETACL Plans")).contains(" bob lrswite"));

        // Removed again; what was not touched is as it was.
        browser.click("button[aria-label='Remove bob']");
        browser.wait_for_text("#toasts", "Taken off the list");
        let list = said(&imap.command("GETACL Plans"));
        assert!(!list.contains("bob") && list.contains(" carol lr ") && list.contains(" -dave r"), "{list}");
    }
}

#[test]
fn sharing_works_as_plain_forms() {
    let site = site();
    let mut browser = signed_in(&BrowserOptions::default().without_scripts(), &site, "alice");
    browser.goto(&site.url("/mail/Plans/share"));
    browser.click("input[value=anyone]");
    browser.click(".add button");
    browser.wait_for_text("#toasts", "Shared");
    browser.click(".who-may li:nth-child(2) button[value=remove]");
    browser.wait_for_text("#toasts", "Taken off the list");
    let list = said(&site.imap_as("alice").command("GETACL Plans"));
    assert!(list.contains(" anyone lrs") && list.contains(" carol lr "), "{list}");
    assert_eq!(list.matches('-').count(), 0, "{list}");
}

#[test]
fn everybody_is_not_given_the_right_to_share() {
    let site = site();
    let mut http = site.http_as("alice");
    let token = http.get("/mail/Plans/share").input_value("csrf").expect("a token");
    let mut post = |fields: &[(&str, &str)]| {
        let fields: Vec<(&str, &str)> = [("csrf", token.as_str())].iter().chain(fields).copied().collect();
        http.post_form("/mail/Plans/share", &fields)
    };
    let answer = post(&[("do", "add"), ("kind", "anyone"), ("rights", "lrswipkxtea")]);
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("Choose less for everybody"));
    let answer = post(&[("do", "add"), ("kind", "person"), ("who", "bob"), ("rights", "la")]);
    assert!(answer.text().contains("Choose what they may do"), "only roles are given");
    let answer = post(&[("do", "change"), ("identifier", "-dave"), ("rights", "lrs")]);
    assert!(answer.text().contains("not on the list"));
    let list = said(&site.imap_as("alice").command("GETACL Plans"));
    assert!(!list.contains("anyone") && !list.contains("bob"), "{list}");
}

#[test]
fn a_read_only_folder_offers_nothing_that_would_be_refused() {
    for (name, options) in looks() {
        let site = Site::new();
        let mut alice = site.imap_as("alice");
        for command in ["CREATE Projects/2026/Accounting", "SETACL Projects/2026/Accounting bob lrs"] {
            alice.command(command);
        }
        alice.append("Projects/2026/Accounting", "(\\Flagged)", &message("Figures", "All of them."));
        let mut browser = signed_in(&options, &site, "bob");
        let folder = "/mail/Shared%20Folders%2FUser%2Falice%2FProjects%2F2026%2FAccounting";
        browser.goto(&site.url(folder));
        browser.wait_for("#messages");
        assert_eq!(browser.text("#list-title"), "Accounting · alice");
        let full = browser.attribute("#list-title", "title");
        assert_eq!(full.as_deref(), Some("Shared Folders/User/alice/Projects/2026/Accounting"));
        assert_eq!(browser.text(".bar .chip"), "Read only");
        assert_eq!(browser.count("#folders .lock"), 1);
        assert_eq!(
            browser.count("#rows button[value=delete], #rows details.menu, #rows button.star, a[href$='/share']"),
            0
        );
        assert_eq!(browser.count("#rows button[value=read]"), 1, "what one has read is one's own");
        browser.screenshot(&format!("read-only-list-{name}"));
        browser.assert_accessible();
        browser.click("#messages .m > a");
        browser.wait_for_text("#message .body", "All of them.");
        assert_eq!(
            browser.count("#message button[value=delete], #message button[value=archive], #message [data-key=s]"),
            0
        );
        assert_eq!(browser.count("#message button[value=junk], #message details.menu.start"), 0);
        browser.screenshot(&format!("read-only-message-{name}"));
        browser.assert_accessible();
    }
}

#[test]
fn messages_are_moved_only_where_they_may_be_put() {
    let site = Site::new();
    let mut alice = site.imap_as("alice");
    for command in ["CREATE Read", "CREATE Write", "SETACL Read bob lrs", "SETACL Write bob lrswite"] {
        alice.command(command);
    }
    site.deliver("bob", &message("One", "x"));
    let mut browser = signed_in(&BrowserOptions::default(), &site, "bob");
    let places = browser
        .eval("return [...document.querySelectorAll('#rows button[name=move]')].map((one) => one.value).join(' ')");
    let places = places.as_str().unwrap_or_default().to_owned();
    assert!(places.contains("alice/Write") && !places.contains("alice/Read"), "{places}");
}
