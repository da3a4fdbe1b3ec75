//! mbsync (isync): a Maildir and the store, in step.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use suite::{
    Site,
    corpus::message,
    imap::Response,
    process::{find_program, run, temporary},
    site::password,
};

fn sync(site: &Site, folder: &Path) -> String {
    let imap = site.listener("imap");
    let configuration = format!(
        "IMAPStore store\nHost {}\nPort {}\nUser alice\nPass {}\nSSLType None\nAuthMechs LOGIN\n\n\
         MaildirStore local\nPath {folder}/mail/\nInbox {folder}/mail/INBOX\nSubFolders Verbatim\n\n\
         Channel all\nFar :store:\nNear :local:\nPatterns *\nCreate Both\nExpunge Both\nSync All\nSyncState {folder}/state/\n",
        imap.ip(),
        imap.port(),
        password(),
        folder = folder.display(),
    );
    let file = folder.join("mbsyncrc");
    fs::write(&file, configuration).unwrap();
    let mut command = Command::new(find_program("mbsync"));
    command.arg("-c").arg(&file).args(["--verbose", "--all"]).env("HOME", folder);
    let output = run(&mut command, b"").success();
    output.stdout + &output.stderr
}

/// The messages of one Maildir, in new/ and cur/.
fn messages(maildir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ["new", "cur"]
        .iter()
        .filter_map(|part| fs::read_dir(maildir.join(part)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Everything that a run with something to do would change: the Maildirs' files with their flags, and every
/// mailbox's UIDs and flags.
fn state(site: &Site, folder: &Path) -> (Vec<PathBuf>, Vec<String>) {
    let mut imap = site.imap_as("alice");
    let (mut files, mut lines) = (Vec::new(), Vec::new());
    // Work is a level only.
    for mailbox in ["INBOX", "Work/Deep", "Local", "Sent", "Drafts", "Junk", "Trash", "Archive"] {
        files.extend(messages(&folder.join("mail").join(mailbox)));
        let status = imap.command(&format!("STATUS {mailbox} (MESSAGES UIDNEXT UIDVALIDITY)"));
        lines.extend(status.untagged.iter().map(Response::text));
        imap.command(&format!("EXAMINE {mailbox}"));
        let fetched = imap.command("UID FETCH 1:* (FLAGS)").untagged;
        lines.extend(fetched.iter().map(|response| response.text().replace(" \\Recent", "").replace("\\Recent", "")));
    }
    (files, lines)
}

#[test]
fn both_ways_twice() {
    let site = Site::new();
    let folder = temporary("mbsync");
    fs::create_dir_all(folder.path().join("mail")).unwrap();
    fs::create_dir_all(folder.path().join("state")).unwrap();
    site.deliver("alice", &message("From the store", "down"));
    let mut imap = site.imap_as("alice");
    imap.command("CREATE \"Work/Deep\"");
    imap.append("Work/Deep", "(\\Seen \\Flagged)", &message("Deep", "down"));

    let first = sync(&site, folder.path());
    let inbox = folder.path().join("mail/INBOX");
    assert_eq!(messages(&inbox).len(), 1, "{first}");
    let deep = messages(&folder.path().join("mail/Work/Deep"));
    assert_eq!(deep.len(), 1, "{first}");
    assert!(deep[0].to_string_lossy().ends_with(":2,FS"), "{deep:?}");

    // Up: a message and a mailbox of the Maildir's own; a flag; a removal.
    fs::write(inbox.join("new/1700000000.1.here"), message("From the Maildir", "up")).unwrap();
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(folder.path().join("mail/Local").join(part)).unwrap();
    }
    fs::write(folder.path().join("mail/Local/cur/1700000001.1.here:2,S"), message("Local", "up")).unwrap();
    fs::remove_file(&deep[0]).unwrap();
    let second = sync(&site, folder.path());
    imap.command("SELECT INBOX");
    assert_eq!(imap.uids().len(), 2, "{second}");
    imap.command("SELECT Local");
    let flags = imap.command("FETCH 1 FLAGS").fetch_items("FLAGS");
    assert!(flags[0].1.to_string().contains("\\Seen"), "{flags:?}");
    imap.command("SELECT Work/Deep");
    assert!(imap.uids().is_empty(), "{second}");

    let settled = state(&site, folder.path());
    assert_eq!(settled.0.len(), 3, "{settled:?}");
    let third = sync(&site, folder.path());
    assert_eq!(state(&site, folder.path()), settled, "a run with nothing to do\n{third}");
}
