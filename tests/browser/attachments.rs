//! Files: uploaded with progress, refused over the limit, the same bytes at the other end.

use std::fs;

use suite::process::temporary;
use suite::{BrowserOptions, Site, SiteOptions};

use super::signed_in;

#[test]
fn three_megabytes_arrive_byte_for_byte() {
    let site = Site::new();
    let folder = temporary("upload");
    let picture = folder.path().join("holiday photo.jpg");
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(&picture, &bytes).expect("a file");
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.click("#folders .primary");
    browser.wait_for("#compose");
    browser.fill("#to", "bob@example.test");
    browser.fill("#subject", "Picture");
    browser.choose_file("#file", &picture);
    browser.wait_for("#files button[value^='remove:']");
    browser.wait_for_text("#room", "of 5 MB");
    browser.screenshot("attachments");
    browser.assert_accessible();
    browser.click("#compose button[value=send]");
    browser.wait_for_text("#toasts", "Message sent");
    let mut bob = site.http_as("bob");
    let answer = bob.get("/mail/INBOX/1/part/2");
    assert_eq!(answer.status, 200);
    assert!(answer.body == bytes, "the same bytes");
    let disposition = answer.header("content-disposition").unwrap_or_default();
    assert!(disposition.starts_with("attachment") && disposition.contains("holiday photo.jpg"), "{disposition}");
}

#[test]
fn over_the_limit_the_page_says_both_sizes() {
    let site = Site::start(SiteOptions::default().set("service.http.maxmessagesize", 1_048_576));
    let folder = temporary("upload");
    let file = folder.path().join("big.bin");
    fs::write(&file, vec![7u8; 2_000_000]).expect("a file");
    let mut browser = signed_in(&BrowserOptions::default(), &site, "alice");
    browser.click("#folders .primary");
    browser.wait_for("#compose");
    browser.choose_file("#file", &file);
    browser.wait_for_text("#files", "1 MB are allowed");
    browser.wait_for_text("#files", "2.7 MB");
    // Saving by itself leaves the alert where it is.
    browser.fill("#subject", "Big");
    browser.wait_for_text("#saved", "Saved");
    browser.wait_for_text("#files [role=alert]", "1 MB are allowed");
    browser.screenshot("attachments-too-large");
    browser.assert_accessible();
}
