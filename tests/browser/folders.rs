//! The folder column: one's own folders as a tree, and below a heading of their own those that others share.

use suite::{BrowserOptions, Site};

use super::signed_in;

#[test]
fn shared_folders_stand_under_their_owner() {
    let site = Site::new();
    let mut alice = site.imap_as("alice");
    for command in ["CREATE Old", "CREATE Projects/2026", "SETACL Old bob lr", "SETACL Projects/2026 bob lrswi"] {
        alice.command(command);
    }
    let mut bob = site.imap_as("bob");
    for name in ["Work", "Work/Clients", "Work-old"] {
        bob.command(&format!("CREATE {name}"));
    }
    let mut browser = signed_in(&BrowserOptions::default(), &site, "bob");
    browser.wait_for("#folders li");
    assert_eq!(browser.texts("#folders h2"), ["Folders", "Shared Folders"]);
    let lines = browser.texts("#folders li");
    let at = lines.iter().position(|line| line == "Folders").expect("the heading");
    assert_eq!(
        lines[at..],
        ["Folders", "Work", "Clients", "Work-old", "Shared Folders", "alice", "Old\nread only", "Projects", "2026"]
    );
    assert_eq!(browser.texts("#folders .d1"), ["Clients", "Old\nread only", "Projects"]);
    assert_eq!(browser.texts("#folders .d2"), ["2026"]);
    browser.screenshot("folders-shared");
    browser.assert_accessible();
    browser.click("#folders .d2 a");
    browser.wait_for_text(".list .empty", "This folder is empty");
}
