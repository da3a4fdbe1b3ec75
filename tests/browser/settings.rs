//! Settings: how pages look.

use suite::{BrowserOptions, Site};

use super::{looks, signed_in};

#[test]
fn every_look_is_accessible() {
    let site = Site::new();
    for (name, options) in looks() {
        let mut browser = signed_in(&options, &site, "alice");
        browser.goto(&site.url("/settings"));
        browser.wait_for("fieldset");
        browser.screenshot(&format!("settings-{name}"));
        browser.assert_accessible();
    }
}

#[test]
fn dark_and_compact_are_kept() {
    let site = Site::new();
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.goto(&site.url("/settings"));
    browser.click("input[value=dark]");
    browser.click("input[value=compact]");
    browser.click(".settings form button");
    browser.wait_for_text("#toasts", "Settings saved");
    browser.goto(&site.url("/mail/INBOX"));
    browser.wait_for("html[data-theme=dark][data-density=compact]");
    browser.screenshot("settings-dark-compact");
    browser.assert_accessible();
}
