//! The store's tools, run as processes beside a running server.

mod backup;
mod imexpire;
mod mboxutil;
mod quota;
mod reconstruct;
mod reports;

use std::path::PathBuf;

use suite::{
    process::Output,
    site::{Site, SiteOptions},
};

/// A site with a second partition, running.
fn site() -> Site {
    Site::start(SiteOptions::default().users(&["alice", "bob", "carol"]).set("store.partition.second.path", "second"))
}

fn message(subject: &str, lines: usize) -> Vec<u8> {
    let mut text = format!(
        "From: Ann <ann@elsewhere.test>\r\nSubject: {subject}\r\nMessage-ID: <{subject}@elsewhere.test>\r\n\r\n"
    );
    for line in 0..lines {
        text.push_str(&format!("line {line} of {subject}, which no other message has\r\n"));
    }
    text.into_bytes()
}

/// Lines of a tool's standard output that hold `part`.
fn lines<'a>(output: &'a Output, part: &str) -> Vec<&'a str> {
    output.stdout.lines().filter(|line| line.contains(part)).collect()
}

/// The folder of an account, by `hashdir`.
fn folder(site: &Site, account: &str) -> PathBuf {
    PathBuf::from(site.tool(&["hashdir", "-a", account], "").success().stdout.trim())
}

/// What IMAP shows of a mailbox: UID, flags and text of each message.
fn shown(site: &Site, user: &str, mailbox: &str) -> Vec<(u64, String, Vec<u8>)> {
    let mut imap = site.imap_as(user);
    imap.command(&format!("EXAMINE \"{mailbox}\""));
    let reply = imap.command("UID FETCH 1:* (FLAGS BODY.PEEK[])");
    let mut shown: Vec<_> = reply
        .untagged
        .iter()
        .filter_map(|line| {
            let (_, uid) = line.fetch_item("UID")?;
            let (_, flags) = line.fetch_item("FLAGS")?;
            let (_, body) = line.fetch_item("BODY[]")?;
            let mut flags: Vec<String> = flags
                .items()
                .iter()
                .filter_map(|flag| Some(String::from_utf8_lossy(flag.bytes()?).into_owned()))
                .collect();
            flags.retain(|flag| flag != "\\Recent");
            flags.sort();
            Some((uid.number()?, flags.join(" "), body.bytes().unwrap_or_default().to_vec()))
        })
        .collect();
    shown.sort();
    shown
}
