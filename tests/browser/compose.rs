//! Writing: new, reply, what is refused, drafts that save themselves and are resumed.

use suite::corpus::message;
use suite::{BrowserOptions, Site};

use super::{looks, said, signed_in};

#[test]
fn every_look_is_accessible() {
    let site = Site::new();
    for (name, options) in looks() {
        let mut browser = signed_in(&options, &site, "alice");
        browser.goto(&site.url("/compose?to=bob@example.test&subject=Hello&body=Some%20words"));
        browser.wait_for("#compose");
        assert_eq!(browser.value("#to"), "bob@example.test");
        browser.screenshot(&format!("compose-{name}"));
        browser.assert_accessible();
    }
}

#[test]
fn a_message_arrives_and_leaves_its_marks() {
    let site = Site::new();
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.click("#folders .primary");
    browser.wait_for("#compose");
    browser.fill("#to", "bob@example.test");
    browser.fill("#subject", "Grüße");
    browser.fill("#text", "Dear Bob,\n\nall is well.");
    browser.click("#compose button[value=send]");
    browser.wait_for_text("#toasts", "Message sent");
    let mut bob = site.imap_as("bob");
    bob.command("SELECT INBOX");
    assert!(said(&bob.command("UID FETCH 1 (BODY.PEEK[TEXT])")).contains("all is well."));
    let mut alice = site.imap_as("alice");
    assert!(said(&alice.command("STATUS Sent (MESSAGES)")).contains("MESSAGES 1"));
    assert!(said(&alice.command("STATUS Drafts (MESSAGES)")).contains("MESSAGES 0"));
}

#[test]
fn a_reply_quotes_threads_and_marks() {
    let site = Site::new();
    site.deliver("alice", &message("Question", "Who comes?"));
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.wait_for("#messages .m > a");
    browser.click("#messages .m > a");
    browser.wait_for("#message");
    browser.press("r");
    browser.wait_for("#compose");
    assert_eq!(browser.value("#subject"), "Re: Question");
    assert!(browser.value("#to").contains("sender@elsewhere.test"));
    assert!(browser.value("#text").contains("> Who comes?"));
    browser.screenshot("compose-reply");
    browser.fill("#to", "bob@example.test");
    browser.click("#compose button[value=send]");
    browser.wait_for_text("#toasts", "Message sent");
    let mut bob = site.imap_as("bob");
    bob.command("SELECT INBOX");
    let head = said(&bob.command("UID FETCH 1 (BODY.PEEK[HEADER])"));
    assert!(head.contains("In-Reply-To: <") && head.contains("References: <"), "{head}");
    let mut alice = site.imap_as("alice");
    alice.command("SELECT INBOX");
    assert!(said(&alice.command("UID FETCH 1 (FLAGS)")).contains("\\Answered"));
}

#[test]
fn a_refused_recipient_is_named_and_the_draft_stays() {
    let site = Site::new();
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.click("#folders .primary");
    browser.wait_for("#compose");
    browser.fill("#to", "nobody@example.test");
    browser.fill("#subject", "Lost");
    browser.fill("#text", "Precious words");
    browser.click("#compose button[value=send]");
    browser.wait_for_text("#compose .note", "nobody@example.test");
    assert_eq!(browser.value("#text"), "Precious words");
    browser.screenshot("compose-refused");
    browser.assert_accessible();
    let mut alice = site.imap_as("alice");
    assert!(said(&alice.command("STATUS Drafts (MESSAGES)")).contains("MESSAGES 1"));
}

#[test]
fn a_draft_saves_itself_and_is_resumed() {
    let site = Site::new();
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.click("#folders .primary");
    browser.wait_for("#compose");
    browser.fill("#to", "bob@example.test");
    browser.fill("#subject", "Half");
    browser.fill("#text", "Half a thought");
    browser.wait_for_text("#saved", "Saved");
    browser.goto(&site.url("/mail/Drafts"));
    if browser.has_alert() {
        browser.accept_alert();
    }
    browser.wait_for("#messages .m > a");
    assert_eq!(browser.count("#messages .m"), 1, "later versions take the place of earlier ones");
    browser.click("#messages .m > a");
    browser.wait_for("#message .primary");
    browser.click("#message .primary");
    browser.wait_for("#compose");
    assert_eq!(browser.value("#text"), "Half a thought");
    assert_eq!(browser.value("#to"), "bob@example.test");
}
