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
    sync_as("alice", "Far :store:\nNear :local:\nPatterns *", site, folder)
}

/// Brings what `places` says into step for somebody.
fn sync_as(user: &str, places: &str, site: &Site, folder: &Path) -> String {
    let imap = site.listener("imap");
    let configuration = format!(
        "IMAPStore store\nHost {}\nPort {}\nUser {user}\nPass {}\nSSLType None\nAuthMechs LOGIN\n\n\
         MaildirStore local\nPath {folder}/mail/\nInbox {folder}/mail/INBOX\nSubFolders Verbatim\n\n\
         Channel all\n{places}\nCreate Both\nExpunge Both\nSync All\nSyncState {folder}/state/\n",
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

/// The one file whose message has this subject.
fn about(maildir: &Path, subject: &str) -> PathBuf {
    let line = format!("Subject: {subject}");
    let mut found = messages(maildir);
    found.retain(|file| fs::read_to_string(file).unwrap().lines().any(|each| each.trim_end() == line));
    assert_eq!(found.len(), 1, "{subject}");
    found.remove(0)
}

/// Flags of each message, by subject, as somebody sees them.
fn flags(site: &Site, user: &str, mailbox: &str) -> Vec<String> {
    let mut imap = site.imap_as(user);
    imap.command(&format!("EXAMINE {mailbox}"));
    let told = imap.command("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])").untagged;
    let told = told.iter().map(Response::text).filter(|text| text.contains("FETCH"));
    told.map(|text| {
        let between = |start: &str, end: &str| text.split_once(start).unwrap().1.split_once(end).unwrap().0.to_owned();
        let mut flags: Vec<String> =
            between("FLAGS (", ")").split(' ').filter(|flag| *flag != "\\Recent").map(str::to_owned).collect();
        flags.sort();
        format!("{} {}", between("Subject: ", "\r\n"), flags.join(" ")).trim_end().to_owned()
    })
    .collect()
}

#[test]
fn a_shared_mailbox_both_ways_with_flags_and_removals() {
    let site = Site::new();
    let folder = temporary("mbsync");
    fs::create_dir_all(folder.path().join("mail")).unwrap();
    fs::create_dir_all(folder.path().join("state")).unwrap();
    let mut alice = site.imap_as("alice");
    alice.command("CREATE Team");
    alice.command("SETACL Team bob lrswite");
    for (subject, flags) in [("First", "()"), ("Second", "(\\Flagged)"), ("Third", "()")] {
        alice.append("Team", flags, &message(subject, "text"));
    }
    let places = "Far \":store:Shared Folders/User/alice/Team\"\nNear :local:Team";
    let sync = || sync_as("bob", places, &site, folder.path());
    let team = folder.path().join("mail/Team");
    let first = sync();
    assert_eq!(messages(&team).len(), 3, "{first}");
    assert!(about(&team, "Second").to_string_lossy().ends_with(":2,F"), "{first}");

    // Up: read and answered; a message. Down: a star.
    let second = about(&team, "Second");
    let answered = second.to_string_lossy().replace(":2,F", ":2,FRS");
    fs::rename(&second, answered.replace("/new/", "/cur/")).unwrap();
    fs::write(team.join("new/1700000000.1.here"), message("Fourth", "up")).unwrap();
    alice.command("SELECT Team");
    alice.command("STORE 1 +FLAGS (\\Flagged)");
    let second = sync();
    let theirs = "\"Shared Folders/User/alice/Team\"";
    assert_eq!(
        flags(&site, "bob", theirs),
        ["First \\Flagged", "Second \\Answered \\Flagged \\Seen", "Third", "Fourth"],
        "{second}"
    );
    assert_eq!(
        flags(&site, "alice", "Team"),
        ["First \\Flagged", "Second \\Answered \\Flagged", "Third", "Fourth"],
        "what bob has read is not what alice has read"
    );
    assert!(about(&team, "First").to_string_lossy().ends_with(":2,F"), "{second}");

    // Removals: one here, one there.
    fs::remove_file(about(&team, "First")).unwrap();
    alice.command("STORE 3 +FLAGS (\\Deleted)");
    alice.command("EXPUNGE");
    let third = sync();
    assert_eq!(flags(&site, "alice", "Team"), ["Second \\Answered \\Flagged", "Fourth"], "{third}");
    assert_eq!(messages(&team).len(), 2, "{third}");
}
