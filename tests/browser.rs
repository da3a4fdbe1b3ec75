//! The webmail in a real browser, one file a screen: as a person uses it, with and without scripts, desktop and phone.

mod attachments;
mod compose;
mod folders;
mod list;
mod login;
mod message;
mod no_script;
mod odd;
mod repeated;
mod requests;
mod settings;
mod sharing;

use suite::site::password;
use suite::{Browser, BrowserOptions, Site};

/// Signs in through the page.
#[track_caller]
fn sign_in(browser: &mut Browser, site: &Site, user: &str) {
    browser.goto(&site.url("/login"));
    browser.fill("#user", user);
    browser.fill("#password", password());
    browser.click("form button.primary");
    browser.wait_for("#messages, .list .empty");
}

/// A browser with somebody signed in.
#[track_caller]
fn signed_in(options: &BrowserOptions, site: &Site, user: &str) -> Browser {
    let mut browser = Browser::open(options);
    sign_in(&mut browser, site, user);
    browser
}

/// The untagged responses of a command as text.
fn said(reply: &suite::imap::Reply) -> String {
    reply.untagged.iter().map(suite::imap::Response::text).collect()
}

/// Desktop light and dark, and a phone; the names are for the screenshots.
fn looks() -> [(&'static str, BrowserOptions); 3] {
    [
        ("light", BrowserOptions::default()),
        ("dark", BrowserOptions::default().dark()),
        ("phone", BrowserOptions::phone()),
    ]
}
