//! curl's IMAP.

use std::process::Command;

use suite::{
    Site,
    corpus::message,
    process::{Output, find_program, run, temporary},
    site::password,
};

fn curl(site: &Site, path: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(find_program("curl"));
    command.args(["--silent", "--show-error", "--max-time", "30", "--user"]);
    command.arg(format!("alice:{}", password())).args(arguments);
    command.arg(format!("imap://{}/{path}", site.listener("imap")));
    run(&mut command, b"")
}

#[test]
fn list_append_fetch_and_search() {
    let site = Site::new();
    let first = message("By curl", "A needle.");
    let folder = temporary("curl");
    for (name, bytes) in [("first", first.clone()), ("second", message("Other", "Hay."))] {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        curl(&site, "INBOX", &["--upload-file", file.to_str().unwrap()]).success();
    }
    let list = curl(&site, "", &[]).success().stdout;
    assert!(list.contains("INBOX") && list.contains("\\Sent"), "{list}");
    let fetched = curl(&site, "INBOX;MAILINDEX=1", &[]).success().stdout;
    assert_eq!(fetched.as_bytes(), first, "MAILINDEX");
    let fetched = curl(&site, "INBOX;UID=1", &[]).success().stdout;
    assert_eq!(fetched.as_bytes(), first, "UID");
    let part = curl(&site, "INBOX;UID=1;SECTION=TEXT", &[]).success().stdout;
    assert_eq!(part, "A needle.\r\n");
    let found = curl(&site, "INBOX?BODY%20needle", &[]).success().stdout;
    assert_eq!(found.trim_end(), "* SEARCH 1");
    let custom = curl(&site, "INBOX", &["--request", "STORE 2 +Flags \\Deleted"]).success().stdout;
    assert!(custom.contains("\\Deleted"), "{custom}");
    curl(&site, "INBOX", &["--request", "EXPUNGE"]).success();
    let missing = curl(&site, "INBOX;UID=2", &[]);
    assert!(!missing.status.success(), "an expunged message is gone: {}", missing.stdout);
}

#[test]
fn move_rights_and_what_has_changed() {
    let site = Site::new();
    let mut imap = site.imap_as("alice");
    imap.command("CREATE Kept");
    for subject in ["one", "two"] {
        imap.append("INBOX", "()", &message(subject, "text"));
    }
    let request = |path: &str, command: &str| curl(&site, path, &["--request", command]).success().stdout;
    let moved = request("INBOX", "UID MOVE 1 Kept");
    assert!(moved.contains("COPYUID") && moved.contains("* 1 EXPUNGE"), "{moved}");
    assert_eq!(curl(&site, "Kept?ALL", &[]).success().stdout.trim_end(), "* SEARCH 1");
    assert!(request("", "STATUS Kept (MESSAGES)").contains("(MESSAGES 1)"));

    request("", "SETACL Kept bob lr");
    // curl prints what is named as the command; ACL is not.
    assert!(imap.command("GETACL Kept").untagged[0].text().contains(" bob lr"));
    assert!(request("", "MYRIGHTS Kept").contains("lrswipkxte"));
    let mut command = Command::new(find_program("curl"));
    command.args(["--silent", "--show-error", "--max-time", "30", "--user"]).arg(format!("bob:{}", password()));
    command.arg(format!("imap://{}/Shared%20Folders%2FUser%2Falice%2FKept;UID=1;SECTION=TEXT", site.listener("imap")));
    assert_eq!(run(&mut command, b"").success().stdout, "text\r\n", "somebody else reads it");

    imap.command("SELECT INBOX (CONDSTORE)");
    let before = request("INBOX", "STATUS INBOX (HIGHESTMODSEQ)");
    let since = before.rsplit(' ').next().unwrap_or_default().trim_end().trim_end_matches(')').to_owned();
    imap.command("STORE 1 +FLAGS (\\Flagged)");
    let changed = request("INBOX", &format!("FETCH 1:* (FLAGS) (CHANGEDSINCE {since})"));
    assert!(changed.contains("\\Flagged"), "{changed}");
}
