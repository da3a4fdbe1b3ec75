//! `imsbackup` and `imsrestore`: everything comes back as it was, also when a restore is killed.

use std::process::{Command, Stdio};

use suite::process::{heliograph, run};

use super::{message, shown, site};
use suite::site::Site;

fn filled() -> Site {
    let site = site();
    for number in 1..=4 {
        site.deliver("alice", &message(&format!("m{number}"), number * 700));
    }
    let mut imap = site.imap_as("alice");
    imap.command("CREATE \"Work/R&-D\"");
    imap.command("SELECT INBOX");
    imap.command("STORE 2 +FLAGS (\\Flagged \\Seen Urgent)");
    imap.command("COPY 1,3 \"Work/R&-D\"");
    imap.command("STORE 1 +FLAGS (\\Deleted)");
    imap.command("EXPUNGE");
    site.deliver("bob", &message("for bob", 2));
    site
}

fn validity(site: &Site, user: &str, mailbox: &str) -> String {
    let reply = site.imap_as(user).command(&format!("STATUS \"{mailbox}\" (UIDVALIDITY)"));
    reply.untagged[0].text().split("UIDVALIDITY").nth(1).unwrap().to_owned()
}

#[test]
fn a_restore_brings_mail_flags_and_numbers_back() {
    let site = filled();
    let file = site.root().join("backup.tar");
    let name = file.to_str().unwrap();
    site.tool(&["imsbackup", "-f", name], "").success();
    let (inbox, work) = (shown(&site, "alice", "INBOX"), shown(&site, "alice", "Work/R&-D"));
    assert_eq!((inbox.len(), work.len()), (3, 2));
    let numbers = validity(&site, "alice", "INBOX");

    // Any tar reads it, and each message lies in it as it is.
    let listed = run(Command::new("tar").args(["-tf", name]), b"").success().stdout;
    assert!(listed.contains("user/alice/mail/INBOX/2.eml\n") && listed.contains("user/bob/"), "{listed}");
    let text = run(Command::new("tar").args(["-xOf", name, "user/alice/mail/INBOX/2.eml"]), b"").success().stdout;
    assert_eq!(text.as_bytes(), inbox[0].2);

    // Nothing is doubled where all is there.
    let again = site.tool(&["imsrestore", "-f", name], "").success();
    assert!(again.stderr.contains("0 messages restored"), "{}", again.stderr);
    assert_eq!(shown(&site, "alice", "INBOX"), inbox);

    // One mailbox of a lost account, then the rest.
    site.tool(&["mboxutil", "-d", "user/alice/INBOX"], "").success();
    site.tool(&["imsrestore", "-f", name, "user/alice/INBOX"], "").success();
    assert_eq!(shown(&site, "alice", "INBOX"), inbox);
    assert_eq!(validity(&site, "alice", "INBOX"), numbers);
    site.tool(&["imsrestore", "-f", name], "").success();
    assert_eq!(shown(&site, "alice", "Work/R&-D"), work);
    // No UID that a client may know is given to another message.
    site.deliver("alice", &message("later", 1));
    assert!(shown(&site, "alice", "INBOX")[3].0 > 1_000_000);
    site.tool(&["imcheck"], "").success();
}

#[test]
fn another_name_a_pipe_and_a_table_of_contents() {
    let site = filled();
    let map = site.root().join("map");
    std::fs::write(&map, "alice=carol\n").unwrap();
    let mut backup = Command::new(heliograph())
        .args(["imsbackup", "-f", "-", "user/alice", "--root"])
        .arg(site.root())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let restored = Command::new(heliograph())
        .args(["imsrestore", "-f", "-", "-m"])
        .arg(&map)
        .arg("--root")
        .arg(site.root())
        .stdin(backup.stdout.take().unwrap())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(backup.wait().unwrap().success() && restored.success());
    assert_eq!(shown(&site, "carol", "INBOX"), shown(&site, "alice", "INBOX"));

    let file = site.root().join("one.tar");
    site.tool(&["imsbackup", "-f", file.to_str().unwrap(), "/primary/user/alice/Work"], "").success();
    let contents = site.tool(&["imsrestore", "-t", "-f", file.to_str().unwrap()], "").success().stdout;
    assert_eq!(contents.lines().filter(|line| line.contains(".eml")).count(), 2, "{contents}");
    assert!(!contents.contains("INBOX"));
    // Only what came since tomorrow: nothing.
    site.tool(&["imsbackup", "-d", "20990101", "-f", file.to_str().unwrap()], "").success();
    let contents = site.tool(&["imsrestore", "-t", "-f", file.to_str().unwrap()], "").success().stdout;
    assert!(!contents.contains(".eml"), "{contents}");
}

#[test]
fn a_damaged_or_short_backup_is_noticed() {
    let site = filled();
    let file = site.root().join("backup.tar");
    let name = file.to_str().unwrap();
    site.tool(&["imsbackup", "-f", name, "user/alice/INBOX"], "").success();
    let sound = std::fs::read(&file).unwrap();
    site.tool(&["mboxutil", "-d", "user/alice/INBOX"], "").success();

    let mut bytes = sound.clone();
    let wanted = b"line 100 of m3";
    let at = bytes.windows(wanted.len()).position(|window| window == wanted).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let restored = site.tool(&["imsrestore", "-c", "y", "-f", name], "");
    assert_eq!(restored.status.code(), Some(1));
    assert!(restored.stderr.contains("checksum") && restored.stderr.contains("1 failed"), "{}", restored.stderr);
    assert_eq!(shown(&site, "alice", "INBOX").len(), 2);

    std::fs::write(&file, &sound[..sound.len() / 2]).unwrap();
    let restored = site.tool(&["imsrestore", "-c", "y", "-f", name], "");
    assert_eq!(restored.status.code(), Some(1));
    assert!(restored.stderr.contains("cut short"), "{}", restored.stderr);
    std::fs::write(&file, b"no backup at all").unwrap();
    assert_eq!(site.tool(&["imsrestore", "-f", name], "").status.code(), Some(1));
    std::fs::write(&file, &sound).unwrap();
    site.tool(&["imsrestore", "-f", name], "").success();
    assert_eq!(shown(&site, "alice", "INBOX").len(), 3);
}

#[test]
fn a_restore_that_is_killed_is_simply_repeated() {
    let site = site();
    let mut lmtp = site.lmtp();
    for number in 1..=600 {
        lmtp.deliver("ann@elsewhere.test", &[&site.address("alice")], &message(&format!("m{number}"), 40));
    }
    let before = shown(&site, "alice", "INBOX");
    let file = site.root().join("backup.tar");
    let name = file.to_str().unwrap();
    site.tool(&["imsbackup", "-f", name, "alice"], "").success();
    site.tool(&["mboxutil", "-d", "user/alice/INBOX"], "").success();
    // Half of the backup through a pipe, then the program dies where it stands.
    let bytes = std::fs::read(&file).unwrap();
    let mut restore = Command::new(heliograph())
        .args(["imsrestore", "-f", "-", "--root"])
        .arg(site.root())
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut pipe = restore.stdin.take().unwrap();
    std::io::Write::write_all(&mut pipe, &bytes[..bytes.len() / 2]).unwrap();
    restore.kill().unwrap();
    restore.wait().unwrap();
    drop(pipe);
    site.tool(&["imcheck", "alice"], "");
    site.tool(&["imsrestore", "-f", name], "").success();
    assert_eq!(shown(&site, "alice", "INBOX"), before);
    site.tool(&["imcheck", "alice"], "").success();
}

#[test]
fn what_is_not_there_is_named_and_what_is_no_backup_is_refused() {
    let site = filled();
    let file = site.root().join("backup.tar");
    let name = file.to_str().unwrap();
    for object in ["user/nobody", "user/bob/Nope"] {
        let output = site.tool(&["imsbackup", "-f", name, object], "");
        assert_eq!(output.status.code(), Some(1), "{object}");
        assert!(
            output.stderr.contains(object.trim_start_matches("user/").split('/').next().unwrap()),
            "{}",
            output.stderr
        );
    }
    site.tool(&["imsbackup", "-f", name, "user/bob"], "").success();
    std::fs::write(&file, [0xff_u8, 0x1b, b'[', 0].repeat(700)).unwrap();
    let output = site.tool(&["imsrestore", "-f", name], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr.trim_end(), "heliograph: this is not a backup made by imsbackup");
}

#[test]
fn annotations_come_back_whose_they_were() {
    let site = filled();
    let mut imap = site.imap_as("alice");
    imap.command("SETMETADATA INBOX (/shared/comment \"for all\" /private/comment \"mine\")");
    imap.command("SETMETADATA \"Work/R&-D\" (/private/comment \"later\")");
    imap.command("SETMETADATA \"\" (/private/filters/values/boss \"FROM boss\")");
    let said = |site: &Site| {
        let mut imap = site.imap_as("alice");
        [
            "INBOX (/shared/comment /private/comment)",
            "\"Work/R&-D\" /private/comment",
            "\"\" /private/filters/values/boss",
        ]
        .map(|what| {
            imap.command(&format!("GETMETADATA {what}"))
                .untagged
                .iter()
                .map(suite::imap::Response::text)
                .collect::<String>()
        })
    };
    let before = said(&site);
    assert!(before[0].contains("for all") && before[0].contains("mine") && before[2].contains("boss"), "{before:?}");
    let file = site.root().join("backup.tar");
    let name = file.to_str().unwrap();
    site.tool(&["imsbackup", "-f", name], "").success();
    site.tool(&["mboxutil", "-d", "user/alice/INBOX"], "").success();
    site.tool(&["imsrestore", "-f", name], "").success();
    assert_eq!(said(&site), before);
    // What is there now is newer than the backup, and stays.
    site.imap_as("alice").command("SETMETADATA \"\" (/private/filters/values/boss \"FROM nobody\")");
    site.tool(&["imsrestore", "-f", name], "").success();
    assert!(said(&site)[2].contains("nobody"));
}

#[test]
fn what_is_asked_for_and_not_in_the_backup_is_a_failure() {
    let site = site();
    site.deliver("alice", &message("one", 1));
    let file = site.root().join("backup");
    let name = file.to_str().unwrap();
    site.tool(&["imsbackup", "-f", name], "").success();
    site.tool(&["imsrestore", "-f", name, "user/alice", "user/alice/INBOX"], "").success();
    for options in [&["-f", name][..], &["-t", "-f", name]] {
        let output =
            site.tool(&[&["imsrestore"][..], options, &["user/alice/Nowhere", "alice", "user/nobody"]].concat(), "");
        assert_eq!(output.status.code(), Some(1), "{options:?}");
        let told: Vec<&str> = output.stderr.lines().filter(|line| line.contains("is not in the backup")).collect();
        assert_eq!(
            told,
            ["imsrestore: user/alice/Nowhere is not in the backup", "imsrestore: user/nobody is not in the backup"],
            "{}",
            output.stderr
        );
    }
}
