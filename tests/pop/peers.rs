//! The program with clients that other people wrote: poplib, curl, fetchmail and mpop fetch, leave, delete, and resume after a cut.

mod curl;
mod fetchmail;
mod mpop;
mod poplib;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use suite::corpus::message;
use suite::process::temporary;
use suite::site::password;
use suite::{Site, wait_for};
use tempfile::TempDir;

use super::client::Client;
use super::relay::Relay;

/// A site with mail for alice.
struct Post {
    site: Site,
    /// What was delivered, without the headers that delivery adds.
    messages: Vec<Vec<u8>>,
    folder: TempDir,
}

impl Post {
    /// Dots in all places, a large message, and an ordinary one.
    fn new() -> Post {
        let site = Site::new();
        let bodies =
            ["Ordinary.", ".\n..\n...dots\n.\n\n.", &"A line of the large one.\n.\n".repeat(20_000), "The last."];
        let messages: Vec<Vec<u8>> =
            bodies.iter().enumerate().map(|(index, body)| message(&format!("Number {}", index + 1), body)).collect();
        for message in &messages {
            site.deliver("alice", message);
        }
        Post { site, messages, folder: temporary("pop-peer") }
    }

    /// One message with UTF-8 in its headers, from a client that knows nothing else.
    fn utf8() -> Post {
        let site = Site::new();
        let text = "From: Jürgen Müller <juergen@müller.example>\r\nTo: alice@example.test\r\nSubject: Grüße aus Köln\r\n\
            Date: Sun, 22 Nov 2026 08:00:00 +0000\r\nMessage-ID: <utf8@example.test>\r\nMIME-Version: 1.0\r\n\
            Content-Type: text/plain; charset=utf-8; name=\"Übersicht.txt\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSchöne Grüße.\r\n";
        let message = text.as_bytes().to_vec();
        site.deliver("alice", &message);
        Post { site, messages: vec![message], folder: temporary("pop-peer") }
    }

    fn address(&self) -> SocketAddr {
        self.site.listener("pop")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn certificate(&self) -> PathBuf {
        self.site.root().join("config/cert.pem")
    }

    /// Messages that are still on the server.
    fn left(&self) -> usize {
        let mut imap = self.site.imap_as("alice");
        imap.command("SELECT INBOX");
        imap.uids().len()
    }

    /// Waits until no session holds the maildrop: the server has seen that a line was cut.
    fn is_free(&self) {
        wait_for("the maildrop", || {
            let mut client = Client::connect(self.address());
            client.ok("USER alice");
            let free = client.command(&format!("PASS {}", password())).starts_with("+OK");
            client.ok("QUIT");
            free.then_some(())
        });
    }
}

/// Writes a file that only its owner may read, as these clients want it.
fn write_private(path: &Path, text: &str) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .expect("a private file");
    file.write_all(text.as_bytes()).expect("the file is written");
}

/// The messages in the files of a folder, with LF as line ends.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("the folder of what was fetched");
    entries.map(|entry| lf(&std::fs::read(entry.unwrap().path()).unwrap())).collect()
}

fn lf(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| *byte != b'\r').collect()
}

/// Checks that each message was fetched whole, as often as one of `times` says. Clients put headers of their own in front.
#[track_caller]
fn assert_fetched(post: &Post, fetched: &[Vec<u8>], times: std::ops::RangeInclusive<usize>) {
    for (index, message) in post.messages.iter().enumerate() {
        let (_, body) = split(message);
        let subject = format!("\nSubject: Number {}\n", index + 1);
        let found = fetched.iter().filter(|text| {
            let text = String::from_utf8_lossy(text);
            text.contains(&subject) && text.ends_with(&String::from_utf8_lossy(&lf(body)).into_owned())
        });
        let count = found.count();
        assert!(times.contains(&count), "message {} was fetched whole {count} times", index + 1);
    }
}

/// Checks that the one message was fetched as its ASCII form.
#[track_caller]
fn assert_ascii_form(fetched: &[Vec<u8>]) {
    let [text] = fetched else { panic!("{} messages", fetched.len()) };
    let text = String::from_utf8(text.clone()).expect("UTF-8 in the body");
    let (header, body) = text.split_once("\n\n").expect("a header");
    assert!(header.is_ascii(), "{header}");
    for field in [
        "\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= aus =?UTF-8?Q?K=C3=B6ln?=\n",
        "\nFrom: =?UTF-8?Q?J=C3=BCrgen_M=C3=BCller?= <juergen@xn--mller-kva.example>\n",
        "name*=UTF-8''%C3%9Cbersicht.txt",
    ] {
        assert!(format!("\n{header}\n").contains(field), "{field}\n{header}");
    }
    assert!(body.ends_with("Schöne Grüße.\n"), "{body}");
}

/// Header, and body with the blank line before it.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let at = message.windows(4).position(|four| four == b"\r\n\r\n").expect("a header");
    message.split_at(at + 2)
}
