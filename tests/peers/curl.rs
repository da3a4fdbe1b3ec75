//! curl's IMAP.

use std::process::Command;

use suite::{
    Site,
    corpus::message,
    process::{Output, find_program, run},
    site::password,
};

fn curl(site: &Site, path: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(find_program("curl"));
    command.args(["--silent", "--show-error", "--max-time", "30", "--user"]);
    command.arg(format!("alice:{}", password())).args(arguments);
    command.arg(format!("imap://{}/{path}", site.listener("imap")));
    run(&mut command, input)
}

#[test]
fn list_append_fetch_and_search() {
    let site = Site::new();
    let first = message("By curl", "A needle.");
    curl(&site, "INBOX", &["--upload-file", "-"], &first).success();
    curl(&site, "INBOX", &["--upload-file", "-"], &message("Other", "Hay.")).success();
    let list = curl(&site, "", &[], b"").success().stdout;
    assert!(list.contains("INBOX") && list.contains("\\Sent"), "{list}");
    let fetched = curl(&site, "INBOX;MAILINDEX=1", &[], b"").success().stdout;
    assert_eq!(fetched.as_bytes(), first, "MAILINDEX");
    let fetched = curl(&site, "INBOX;UID=1", &[], b"").success().stdout;
    assert_eq!(fetched.as_bytes(), first, "UID");
    let part = curl(&site, "INBOX;UID=1;SECTION=TEXT", &[], b"").success().stdout;
    assert_eq!(part, "A needle.\r\n");
    let found = curl(&site, "INBOX?BODY%20needle", &[], b"").success().stdout;
    assert_eq!(found.trim_end(), "* SEARCH 1");
    let custom = curl(&site, "INBOX", &["--request", "STORE 2 +Flags \\Deleted"], b"").success().stdout;
    assert!(custom.contains("\\Deleted"), "{custom}");
    curl(&site, "INBOX", &["--request", "EXPUNGE"], b"").success();
    let missing = curl(&site, "INBOX;UID=2", &[], b"");
    assert!(!missing.status.success(), "an expunged message is gone: {}", missing.stdout);
}
