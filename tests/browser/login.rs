//! Signing in and out.

use suite::site::password;
use suite::{Browser, BrowserOptions, Site};

use super::{looks, sign_in};

#[test]
fn every_look_is_accessible() {
    let site = Site::new();
    for (name, options) in looks() {
        let mut browser = Browser::open(&options);
        browser.goto(&site.url("/login"));
        browser.wait_for("#user");
        browser.screenshot(&format!("login-{name}"));
        browser.assert_accessible();
    }
}

#[test]
fn a_wrong_password_says_so_and_keeps_the_name() {
    let site = Site::new();
    let mut browser = Browser::open(&BrowserOptions::default());
    browser.goto(&site.url("/login"));
    browser.fill("#user", "alice");
    browser.fill("#password", "not it");
    browser.click("form button.primary");
    browser.wait_for_text("#problem", "User name or password is wrong.");
    assert_eq!(browser.value("#user"), "alice");
    assert_eq!(browser.value("#password"), "");
    browser.screenshot("login-refused");
    browser.assert_accessible();
}

#[test]
fn after_signing_in_one_is_where_one_wanted_to_be() {
    let site = Site::new();
    let mut browser = Browser::open(&BrowserOptions::default());
    browser.goto(&site.url("/mail/Drafts"));
    browser.wait_for_url("/login?next=");
    browser.fill("#user", "alice");
    browser.fill("#password", password());
    browser.click("form button.primary");
    browser.wait_for_text("#list-title", "Drafts");
}

#[test]
fn sign_in_gives_a_new_session_that_sign_out_ends() {
    let site = Site::new();
    let mut browser = Browser::open(&BrowserOptions::default());
    sign_in(&mut browser, &site, "alice");
    let mut thief = site.http();
    let session =
        browser.cookies().into_iter().find(|cookie| cookie["name"] == "heliograph").expect("a session cookie");
    assert_eq!(session["httpOnly"], true);
    assert_eq!(session["sameSite"], "Strict");
    let value = session["value"].as_str().expect("a value").to_owned();
    assert!(value.len() >= 22, "128 bits in base64: {value}");
    thief.cookies().insert("heliograph".to_owned(), value);
    assert_eq!(thief.get("/mail/INBOX").status, 200);
    browser.click(".top details.menu summary");
    browser.click("form[action='/logout'] button");
    browser.wait_for_text("main", "You are signed out.");
    assert_eq!(thief.get("/mail/INBOX").status, 303, "the id is worth nothing after the sign-out");
}
