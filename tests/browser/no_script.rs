//! The whole way without JavaScript: sign in, read, mark, answer with a file, sign out.

use std::fs;

use suite::corpus::message;
use suite::process::temporary;
use suite::{BrowserOptions, Site};

use super::{said, signed_in};

#[test]
fn plain_forms_and_links_do_everything() {
    let site = Site::new();
    site.deliver("alice", &message("Question", "Who comes?"));
    let mut browser = signed_in(&BrowserOptions::default().without_scripts(), &site, "alice");
    browser.screenshot("no-script-list");
    browser.click("#messages .m > a");
    browser.wait_for_text("#message .body", "Who comes?");
    browser.wait_for_text("noscript .note", "still counts as unread");
    browser.screenshot("no-script-message");
    browser.click("noscript button[value=read]");
    browser.wait_until_gone("noscript .note");
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    assert!(said(&imap.command("UID FETCH 1 (FLAGS)")).contains("\\Seen"));

    browser.click("#message [data-key=r]");
    browser.wait_for("#compose");
    browser.fill("#to", "bob@example.test");
    let folder = temporary("upload");
    let file = folder.path().join("notes.txt");
    fs::write(&file, "some notes").expect("a file");
    browser.choose_file("#file", &file);
    browser.click("noscript button[value=attach]");
    browser.wait_for_text("#files", "notes.txt");
    assert!(browser.value("#text").contains("> Who comes?"), "the text is still there");
    browser.screenshot("no-script-compose");
    browser.click("#compose button[value=save]");
    browser.wait_for_text("#saved", "Saved");
    browser.click("#compose button[value=send]");
    browser.wait_for_text("#toasts", "Message sent");
    let mut bob = site.http_as("bob");
    assert_eq!(bob.get("/mail/INBOX/1/part/2").text(), "some notes");

    browser.goto(&site.url("/mail/INBOX"));
    browser.click("#messages .m input[name=uid]");
    browser.click("#rows button[value=delete]");
    browser.wait_for_text("#toasts", "moved to Trash");
    browser.click(".top details.menu summary");
    browser.click("form[action='/logout'] button");
    browser.wait_for_text("main", "You are signed out.");
}
