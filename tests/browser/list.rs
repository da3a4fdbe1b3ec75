//! The message list: what it shows, selection, pages, search, new mail as it comes.

use suite::corpus::message;
use suite::{BrowserOptions, Site};

use super::{looks, signed_in};

#[test]
fn every_look_is_accessible() {
    let site = Site::new();
    for number in 1..=3 {
        site.deliver("alice", &message(&format!("Number {number}"), "Some text."));
    }
    for (name, options) in looks() {
        let mut browser = signed_in(&options, &site, "alice");
        browser.wait_for("#messages .m");
        assert_eq!(browser.texts("#messages .sub b"), ["Number 3", "Number 2", "Number 1"], "newest first");
        browser.screenshot(&format!("list-{name}"));
        browser.assert_accessible();
    }
}

#[test]
fn an_empty_folder_explains_itself() {
    let site = Site::new();
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.wait_for_text(".list .empty", "All done");
    browser.screenshot("list-empty");
    browser.assert_accessible();
}

#[test]
fn long_foreign_and_empty_subjects_keep_the_row() {
    let site = Site::new();
    site.deliver("alice", &message(&"A very long subject that goes on and on ".repeat(20), "x"));
    site.deliver("alice", &message("=?utf-8?B?15HXlden16gg15jXldeR?=", "x"));
    site.deliver("alice", &message("", "x"));
    site.deliver("alice", &message("<script>alert(1)</script><b>bold</b>", "x"));
    let mut browser = signed_in(&BrowserOptions::phone(), &site, "alice");
    browser.wait_for("#messages .m");
    assert_eq!(browser.texts("#messages .sub b")[0], "<script>alert(1)</script><b>bold</b>");
    assert_eq!(browser.texts("#messages .sub b")[1], "(no subject)");
    let wide = browser.eval("return document.documentElement.scrollWidth <= innerWidth");
    assert_eq!(wide, true, "nothing sticks out at 390 px");
    assert!(!browser.has_alert());
    browser.screenshot("list-subjects");
    browser.assert_accessible();
}

#[test]
fn selected_messages_are_moved_together() {
    let site = Site::new();
    for number in 1..=4 {
        site.deliver("alice", &message(&format!("Number {number}"), "x"));
    }
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.wait_for("#messages .m");
    browser
        .eval("for (const box of [...document.querySelectorAll('#messages input[name=uid]')].slice(0, 2)) box.click()");
    browser.screenshot("list-selected");
    browser.assert_accessible();
    browser.click("#rows button[value=archive]");
    browser.wait_for_text("#toasts", "2 messages moved to Archive");
    assert_eq!(browser.texts("#messages .sub b"), ["Number 2", "Number 1"]);
    browser.click("#folders a[data-go=a]");
    browser.wait_for_text("#list-title", "Archive");
    assert_eq!(browser.texts("#messages .sub b"), ["Number 4", "Number 3"]);
    assert_eq!(browser.count("main"), 1, "a folder opens in place");
}

#[test]
fn a_star_stays() {
    let site = Site::new();
    site.deliver("alice", &message("Starred", "x"));
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.wait_for("#messages .star[aria-pressed=false]");
    browser.click("#messages .star");
    browser.wait_for("#messages .star[aria-pressed=true]");
    browser.reload();
    browser.wait_for("#messages .star[aria-pressed=true]");
}

#[test]
fn pages_of_fifty() {
    let site = Site::new();
    for number in 1..=52 {
        site.deliver("alice", &message(&format!("Number {number}"), "x"));
    }
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.wait_for_text(".pager", "1–50 of 52");
    assert_eq!(browser.count("#messages .m"), 50);
    browser.click(".pager a[rel=next]");
    browser.wait_for_text(".pager", "51–52 of 52");
    assert_eq!(browser.texts("#messages .sub b"), ["Number 2", "Number 1"]);
    browser.wait_for_url("page=2");
    browser.back();
    browser.wait_for_text(".pager", "1–50 of 52");
    assert_eq!(browser.count("main"), 1);
}

#[test]
fn search_finds_words_of_the_text() {
    let site = Site::new();
    site.deliver("alice", &message("One", "about heliostats"));
    site.deliver("alice", &message("Two", "about lunch"));
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.wait_for("#messages .m");
    browser.fill("#q", "heliostats\u{e007}");
    browser.wait_for_text("#unread", "1 found");
    assert_eq!(browser.texts("#messages .sub b"), ["One"]);
    browser.screenshot("list-found");
    browser.fill("#q", "nowhere to be found\u{e007}");
    browser.wait_for_text(".list .empty", "Nothing found");
    browser.assert_accessible();
}

#[test]
fn new_mail_appears_by_itself() {
    let site = Site::new();
    site.deliver("alice", &message("First", "x"));
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.wait_for("#messages .m");
    site.deliver("alice", &message("Second", "x"));
    browser.wait_for_text("#messages", "Second");
    browser.wait_for_text("#live", "One new message");
    assert_eq!(browser.count("main"), 1, "only the list is replaced");
    assert_eq!(browser.texts("#messages .sub b"), ["Second", "First"]);
    assert!(browser.title().starts_with("(2) Inbox"), "{}", browser.title());
}

#[test]
fn keys_show_and_work() {
    let site = Site::new();
    site.deliver("alice", &message("First", "Some words."));
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.wait_for("#messages .m");
    browser.press("?");
    browser.wait_for_text("#keys", "New message");
    browser.screenshot("keys");
    browser.assert_accessible();
    browser.click("#keys .primary");
    browser.press("jo");
    browser.wait_for_text("#message", "Some words.");
    browser.press("e");
    browser.wait_for_text("#toasts", "Message moved to Archive");
}
