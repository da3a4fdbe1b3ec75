//! What is kept of large mailboxes for the next search, sort and thread is never behind, and never another's.

use std::collections::BTreeMap;

use suite::{ImapClient, Site};

const WORDS: [&str; 6] = ["Garden", "report", "=?utf-8?q?=C3=A4rger?=", "Zebra", "lunch", "=?utf-8?q?=C3=84rger?="];

/// Number `n`'s subject as it is written and as it is read.
fn subject(n: usize) -> (String, String) {
    let word = WORDS[n * 7 % WORDS.len()];
    let reply = if n.is_multiple_of(3) { "Re: " } else { "" };
    let read = match word {
        "=?utf-8?q?=C3=A4rger?=" => "ärger",
        "=?utf-8?q?=C3=84rger?=" => "Ärger",
        plain => plain,
    };
    (format!("{reply}{word} {:03}", n % 400), format!("{reply}{read} {:03}", n % 400))
}

fn append(imap: &mut ImapClient, numbers: std::ops::Range<usize>) {
    let mut command = b"APPEND INBOX".to_vec();
    for n in numbers {
        let text =
            format!("Message-ID: <{n}@x>\r\nReferences: <{}@x>\r\nSubject: {}\r\n\r\nx\r\n", n / 10, subject(n).0);
        command.extend_from_slice(format!(" {{{}+}}\r\n{text}", text.len()).as_bytes());
    }
    imap.send(b"many ");
    imap.send(&command);
    imap.send(b"\r\n");
    loop {
        let line = imap.response().text();
        if let Some(status) = line.strip_prefix("many ") {
            assert!(status.starts_with("OK"), "{status}");
            return;
        }
    }
}

/// The numbers behind `* WORD`.
fn numbers(imap: &mut ImapClient, command: &str, word: &str) -> Vec<usize> {
    let reply = imap.command(command);
    let line = reply.untagged.iter().map(|line| line.text()).find(|line| line.starts_with(&format!("* {word}")));
    line.unwrap_or_default().split(' ').skip(2).map(|number| number.parse().unwrap()).collect()
}

/// Everything twice: the second time from what was kept the first time.
fn check(imap: &mut ImapClient, known: &BTreeMap<usize, usize>) {
    let read = |n: usize| subject(n).1.to_uppercase();
    for _ in 0..2 {
        for needle in ["garden", "ÄRGER", "re: ", "7", "nowhere"] {
            let expected: Vec<usize> =
                known.iter().filter(|(_, n)| read(**n).contains(&needle.to_uppercase())).map(|(uid, _)| *uid).collect();
            imap.send(format!("u1 UID SEARCH SUBJECT {{{}+}}\r\n{needle}\r\n", needle.len()).as_bytes());
            let line = imap.response().text();
            let found: Vec<usize> = line.split(' ').skip(2).map(|uid| uid.parse().unwrap()).collect();
            assert!(imap.response().text().starts_with("u1 OK"));
            assert_eq!(found, expected, "SUBJECT {needle}");
            assert_eq!(numbers(imap, "UID SEARCH NOT SUBJECT lunch SUBJECT garden", "SEARCH").len(), {
                known.values().filter(|n| read(**n).contains("GARDEN")).count()
            });
        }
        let base = |n: usize| read(n).trim_start_matches("RE: ").replace('Ä', "A\u{308}");
        let mut expected: Vec<usize> = known.keys().copied().collect();
        expected.sort_by_key(|uid| (base(known[uid]), *uid));
        assert_eq!(numbers(imap, "UID SORT (SUBJECT) UTF-8 ALL", "SORT"), expected);
        expected.sort_by(|one, other| base(known[other]).cmp(&base(known[one])).then(one.cmp(other)));
        assert_eq!(numbers(imap, "UID SORT (REVERSE SUBJECT) UTF-8 ALL", "SORT"), expected);
        let reply = imap.command("UID THREAD REFERENCES UTF-8 ALL");
        let line = reply.untagged.iter().map(|line| line.text()).find(|line| line.starts_with("* THREAD")).unwrap();
        let digits = line.split(|letter: char| !letter.is_ascii_digit()).filter(|number| !number.is_empty());
        let mut threaded: Vec<usize> = digits.map(|number| number.parse().unwrap()).collect();
        threaded.sort_unstable();
        assert_eq!(threaded, known.keys().copied().collect::<Vec<_>>(), "each message is in one thread");
    }
}

#[test]
fn searches_and_sorts_of_a_large_mailbox_stay_right() {
    let site = Site::new();
    let mut imap = site.imap_as("alice");
    let mut other = site.imap_as("alice");
    append(&mut imap, 0..700);
    imap.command("SELECT INBOX");
    let mut known: BTreeMap<usize, usize> = (0..700).map(|n| (n + 1, n)).collect();
    check(&mut imap, &known);
    // New ones are looked up, old ones go.
    append(&mut other, 700..900);
    known.extend((700..900).map(|n| (n + 1, n)));
    imap.command("NOOP");
    check(&mut imap, &known);
    other.command("SELECT INBOX");
    other.command("UID STORE 100:300 +FLAGS.SILENT (\\Deleted)");
    other.command("EXPUNGE");
    known.retain(|uid, _| !(100..=300).contains(uid));
    imap.command("NOOP");
    check(&mut imap, &known);
    // A mailbox of the same name is another one.
    imap.command("RENAME INBOX Old");
    append(&mut imap, 5..605);
    imap.command("SELECT Old");
    imap.command("SELECT INBOX");
    let first = numbers(&mut imap, "UID SEARCH ALL", "SEARCH")[0];
    let known = (5..605).map(|n| (n - 5 + first, n)).collect();
    check(&mut imap, &known);
}
