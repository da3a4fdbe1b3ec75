//! mutt on a terminal, as a person uses it: search, flag, move, and in step with what others did meanwhile (CONDSTORE, QRESYNC).

use std::{fs, path::Path, process::Command};

use suite::{
    Site,
    corpus::message,
    process::{find_program, run, temporary},
    site::password,
};

/// Opens alice's INBOX, types `keys`, and leaves.
fn mutt(site: &Site, home: &Path, keys: &str) {
    mutt_as("alice", "INBOX", site, home, keys);
}

/// The same with a mailbox of somebody.
fn mutt_as(user: &str, mailbox: &str, site: &Site, home: &Path, keys: &str) {
    let url = format!("imap://{}/", site.listener("imap"));
    let configuration = format!(
        "set imap_user={user}\nset imap_pass=\"{}\"\nset ssl_starttls=no\nset ssl_force_tls=no\nset folder=\"{url}\"\n\
         set header_cache=\"{}\"\nset imap_condstore=yes\nset imap_qresync=yes\nset confirmappend=no\nset delete=yes\n\
         set quit=yes\nset wait_key=no\nset sort=mailbox-order\nset mark_old=no\npush \"{keys}<sync-mailbox><quit>\"\n",
        password(),
        home.join("cache").display(),
    );
    let file = home.join("muttrc");
    fs::write(&file, configuration).unwrap();
    find_program("mutt");
    let mut command = Command::new(find_program("script"));
    command.args(["--quiet", "--return", "--command"]);
    command.arg(format!("mutt -n -F {} -f {url}{mailbox}", file.display())).arg("/dev/null");
    run(command.env("HOME", home).env("TERM", "xterm"), b"").success();
}

/// Subject and flags of each message.
fn listed(site: &Site, mailbox: &str) -> Vec<String> {
    listed_by("alice", site, mailbox)
}

fn listed_by(user: &str, site: &Site, mailbox: &str) -> Vec<String> {
    let mut imap = site.imap_as(user);
    imap.command(&format!("EXAMINE {mailbox}"));
    let reply = imap.command("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])");
    let told = reply.untagged.iter().map(|response| response.text()).filter(|text| text.contains("FETCH"));
    told.map(|text| {
        let between = |start: &str, end: &str| {
            let rest = text.split_once(start).unwrap().1;
            rest.split_once(end).unwrap().0.to_owned()
        };
        let mut flags: Vec<String> =
            between("FLAGS (", ")").split(' ').filter(|flag| *flag != "\\Recent").map(str::to_owned).collect();
        flags.sort();
        format!("{} {}", between("Subject: ", "\r\n"), flags.join(" ")).trim_end().to_owned()
    })
    .collect()
}

#[test]
fn search_flag_move_and_delete() {
    let site = Site::new();
    let home = temporary("mutt");
    let mut imap = site.imap_as("alice");
    imap.command("CREATE Kept");
    for (subject, body) in [("one", "hay"), ("two", "a needle"), ("three", "hay"), ("four", "hay")] {
        imap.append("INBOX", "()", &message(subject, body));
    }
    let keys = "<limit>~b needle<enter><flag-message><limit>all<enter><first-entry><save-message>=Kept<enter>";
    mutt(&site, home.path(), keys);
    assert_eq!(listed(&site, "Kept").len(), 1);
    assert_eq!(listed(&site, "INBOX"), ["two \\Flagged", "three", "four"]);

    // mutt comes back with what it remembers, while somebody else has been there.
    imap.command("SELECT INBOX");
    imap.command("STORE 2 +FLAGS (\\Deleted)");
    imap.command("EXPUNGE");
    imap.command("STORE 2 +FLAGS (\\Flagged)");
    imap.append("INBOX", "()", &message("five", "hay"));
    mutt(&site, home.path(), "<delete-pattern>~F ~s two<enter>");
    assert_eq!(listed(&site, "INBOX"), ["four \\Flagged", "five"]);
}

#[test]
fn a_shared_mailbox_is_read_marked_and_copied_from() {
    let site = Site::new();
    let home = temporary("mutt");
    let mut imap = site.imap_as("alice");
    imap.command("CREATE Team");
    imap.command("SETACL Team bob lrsw");
    for subject in ["one", "two"] {
        imap.append("Team", "()", &message(subject, "hay"));
    }
    let keys = "<display-message><exit><flag-message><first-entry><copy-message>=INBOX<enter>";
    mutt_as("bob", "Shared%20Folders/User/alice/Team", &site, home.path(), keys);
    assert_eq!(listed(&site, "Team"), ["one \\Flagged", "two"], "what bob has read is unread to alice");
    let shared = "\"Shared Folders/User/alice/Team\"";
    assert_eq!(listed_by("bob", &site, shared), ["one \\Flagged \\Seen", "two"]);
    assert_eq!(listed_by("bob", &site, "INBOX").len(), 1);
}
