//! Search over texts: what is found is the same with what earlier searches have kept and without it, whatever happens to that.

mod accidents;
mod charsets;
mod corpus;
mod gists;

use suite::{ImapClient, Site};

/// UIDs that a search finds.
fn found(imap: &mut ImapClient, condition: &[u8]) -> Vec<u64> {
    imap.send(&[b"f UID SEARCH CHARSET UTF-8 ", condition, b"\r\n"].concat());
    let mut uids = Vec::new();
    loop {
        let line = imap.response().text();
        if let Some(numbers) = line.strip_prefix("* SEARCH") {
            uids = numbers.split_whitespace().map(|uid| uid.parse().unwrap()).collect();
        }
        if let Some(status) = line.strip_prefix("f ") {
            assert!(status.starts_with("OK"), "{status}");
            return uids;
        }
    }
}

/// `KEY {5+}` and the text.
fn key(key: &str, text: &str) -> Vec<u8> {
    format!("{key} {{{}+}}\r\n{text}", text.len()).into_bytes()
}

fn selected(site: &Site, user: &str) -> ImapClient {
    let mut imap = site.imap_as(user);
    imap.command("SELECT INBOX");
    imap
}

/// The files that keep what searches have read, of all accounts.
fn kept_files(site: &Site) -> Vec<std::path::PathBuf> {
    let mut folders = vec![site.root().join("store")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if folder.ends_with("search") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
