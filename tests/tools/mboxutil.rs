//! `mboxutil` beside a running server.

use super::{lines, message, shown, site};

#[test]
fn mailboxes_are_made_listed_renamed_and_deleted_and_sessions_see_it() {
    let site = site();
    let mut imap = site.imap_as("alice");
    site.tool(&["mboxutil", "-c", "user/alice/Projects/Red"], "").success();
    assert!(imap.command("LIST \"\" Projects/Red").untagged.len() == 1);
    site.deliver("alice", &message("one", 3));
    let listed = site.tool(&["mboxutil", "-l"], "").success();
    let row: Vec<&str> = lines(&listed, "user/alice/INBOX")[0].split_ascii_whitespace().collect();
    assert_eq!((row[0], row[1], row[2]), ("1", "1", "primary"), "{row:?}");
    let short = site.tool(&["mboxutil", "-l", "-s", "-p", "user/alice/Proj*"], "").success();
    assert_eq!(short.stdout, "user/alice/Projects\nuser/alice/Projects/Red\n");
    let by_regexp = site.tool(&["mboxutil", "-l", "-s", "-P", "Red$"], "").success();
    assert_eq!(by_regexp.stdout, "user/alice/Projects/Red\n");
    let json = site.tool(&["mboxutil", "-l", "--json", "-x", "-p", "user/alice/INBOX"], "").success().stdout;
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((object["messages"].as_u64(), object["partition"].as_str()), (Some(1), Some("primary")));

    site.tool(&["mboxutil", "-r", "user/alice/Projects/Red", "user/alice/Projects/Blue"], "").success();
    imap.command("SELECT Projects/Blue");
    site.tool(&["mboxutil", "-d", "user/alice/Projects/Blue"], "").success();
    // The session had it open: it is told of the end and hung up on, and a new one no longer finds the mailbox.
    assert!(site.imap_as("alice").command("LIST \"\" Projects/*").untagged.is_empty());
    let wrong = site.tool(&["mboxutil", "-d", "user/alice/Projects/Blue"], "");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(wrong.stderr.contains("does not exist"), "{}", wrong.stderr);
    assert_eq!(site.tool(&["mboxutil"], "").status.code(), Some(2));
    assert_eq!(site.tool(&["mboxutil", "-l", "-t", "3"], "").status.code(), Some(2));
    // A name from a file, and an account that goes as a whole.
    site.tool(&["mboxutil", "-c", "-f", "-"], "user/bob/A\nuser/bob/B\n").success();
    site.tool(&["mboxutil", "-d", "user/bob/INBOX"], "").success();
    assert!(lines(&site.tool(&["mboxutil", "-l"], "").success(), "user/bob/").is_empty());
}

#[test]
fn expunged_messages_come_back() {
    let site = site();
    for number in 1..=3 {
        site.deliver("alice", &message(&format!("m{number}"), number));
    }
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    imap.command("STORE 2 +FLAGS (\\Deleted Keep)");
    imap.command("EXPUNGE");
    assert_eq!(shown(&site, "alice", "INBOX").len(), 2);
    let told = site.tool(&["mboxutil", "-R", "-t", "1", "user/alice/INBOX"], "").success();
    assert_eq!(told.stdout, "user/alice/INBOX: 1 messages restored\n");
    let now = shown(&site, "alice", "INBOX");
    assert_eq!(now.iter().map(|(uid, ..)| *uid).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(now[2].1, "Keep");
    assert!(String::from_utf8_lossy(&now[2].2).contains("Subject: m2"));
    // The session that expunged it hears of it as of any new message.
    assert!(imap.command("NOOP").untagged.iter().any(|line| line.text() == "* 3 EXISTS"));
}

#[test]
fn an_account_moves_between_partitions_and_to_another_name() {
    let site = site();
    for number in 1..=3 {
        site.deliver("alice", &message(&format!("m{number}"), number * 2000));
    }
    let before = shown(&site, "alice", "INBOX");
    site.tool(&["mboxutil", "-r", "user/alice/INBOX", "user/alice/INBOX", "second"], "").success();
    assert!(super::folder(&site, "alice").to_string_lossy().contains("/second/"));
    assert_eq!(shown(&site, "alice", "INBOX"), before);
    site.deliver("alice", &message("m4", 1));
    assert_eq!(shown(&site, "alice", "INBOX").len(), 4);

    site.tool(&["mboxutil", "-r", "user/alice/INBOX", "user/carol/INBOX"], "").success();
    let moved = shown(&site, "carol", "INBOX");
    assert_eq!(moved.len(), 4);
    assert!(moved.iter().zip(&before).all(|(new, old)| new.2 == old.2));
    assert!(lines(&site.tool(&["mboxutil", "-l"], "").success(), "user/alice/").is_empty());
}

#[test]
fn orphans_and_subscriptions_are_listed() {
    let site = site();
    site.deliver("bob", &message("one", 1));
    site.deliver("alice", &message("one", 1));
    site.tool(&["user", "delete", "bob"], "").success();
    let file = site.root().join("orphans");
    let orphans = site.tool(&["mboxutil", "-o", "-w", file.to_str().unwrap()], "").success();
    assert_eq!(orphans.stdout, "user/bob/INBOX\n");
    site.tool(&["mboxutil", "-d", "-f", file.to_str().unwrap()], "").success();
    assert!(site.tool(&["mboxutil", "-o"], "").success().stdout.is_empty());

    let mut imap = site.imap_as("alice");
    imap.command("SUBSCRIBE Nowhere");
    let missing = site.tool(&["mboxutil", "-S", "-n"], "").success();
    assert_eq!(missing.stdout, "alice: user/alice/Nowhere (missing)\n");
    site.tool(&["mboxutil", "-S", "-n", "-u"], "").success();
    assert!(imap.command("LSUB \"\" Nowhere").untagged.is_empty());
}

#[test]
fn a_tool_is_reached_by_its_old_name() {
    let site = site();
    let link = site.root().join("mboxutil");
    std::os::unix::fs::symlink(suite::process::heliograph(), &link).unwrap();
    site.deliver("alice", &message("one", 1));
    let mut command = std::process::Command::new(&link);
    command.args(["-l", "-s", "-p", "user/alice/INBOX", "--root"]).arg(site.root());
    assert_eq!(suite::process::run(&mut command, b"").success().stdout, "user/alice/INBOX\n");
}

#[test]
fn deliver_speaks_lmtp_and_obeys_the_right_to_post() {
    let site = site();
    let text = message("spoken", 2);
    let dialogue = [
        b"LHLO here.test\r\nMAIL FROM:<ann@elsewhere.test>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n".as_slice(),
        &text,
        b".\r\nQUIT\r\n",
    ]
    .concat();
    let spoken = site.tool(&["deliver", "-l"], &String::from_utf8(dialogue).unwrap()).success();
    assert!(spoken.stdout.starts_with("220 ") && spoken.stdout.contains("\r\n221 "), "{}", spoken.stdout);
    assert_eq!(shown(&site, "alice", "INBOX").len(), 1);

    let mut imap = site.imap_as("alice");
    imap.command("CREATE Posts");
    let post = |flags: &[&str]| {
        let words = [&["deliver", "-m", "Posts"], flags, &["alice"]].concat();
        site.tool(&words, "Subject: x\n\ny\n").success();
        (shown(&site, "alice", "INBOX").len(), shown(&site, "alice", "Posts").len())
    };
    assert_eq!(post(&["-a", "bob"]), (2, 0));
    assert_eq!(post(&["-a", "bob", "-F"]), (2, 1));
    assert_eq!(post(&[]), (2, 2));
    site.tool(&["readership", "-s", "user/alice/Posts", "bob", "lp"], "").success();
    assert_eq!(post(&["-a", "bob"]), (2, 3));
}

#[test]
fn nobody_gets_no_mailboxes() {
    let site = site();
    let output = site.tool(&["mboxutil", "-c", "user/nosuch/Work"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.contains("the directory has no user 'nosuch'"), "{}", output.stderr);
    let of_address = site.tool(&["hashdir", "alice@example.test"], "").success();
    assert_eq!(of_address.stdout, site.tool(&["hashdir", "alice"], "").success().stdout);
}

#[test]
fn users_are_told_in_json_without_their_passwords() {
    let site = site();
    let list = site.tool(&["user", "list", "--json"], "").success().stdout;
    assert!(
        list.lines().any(|line| line.contains(r#""uid":"alice""#) && line.contains(r#""status":"active""#)),
        "{list}"
    );
    let shown = site.tool(&["user", "show", "--json", "alice"], "").success().stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["attributes"]["uid"], serde_json::json!(["alice"]));
    assert!(shown["attributes"]["userPassword"].is_null());
}
