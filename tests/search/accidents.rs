//! What searches keep is damaged, cut off, made by somebody who is killed, of another time: what is found stays right.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use suite::{Site, SiteOptions, corpus, wait_for};

use super::{found, kept_files, key, selected};

const MESSAGES: usize = 600;

/// Number `n`'s own word, and filling.
fn text(n: usize) -> String {
    format!("word{}end number {n}\r\n{}", n * 7919, "All work and no play makes a dull day.\r\n".repeat(n % 40))
}

fn fill(site: &Site, user: &str, numbers: std::ops::Range<usize>) {
    let mut imap = site.imap_as(user);
    let mut command = b"many APPEND INBOX".to_vec();
    for n in numbers {
        let message = corpus::message(&format!("number {n}"), &text(n));
        command.extend_from_slice(format!(" {{{}+}}\r\n", message.len()).as_bytes());
        command.extend_from_slice(&message);
    }
    imap.send(&command);
    imap.send(b"\r\n");
    while !imap.response().text().starts_with("many OK") {}
}

fn site() -> Site {
    let site = Site::start(SiteOptions::default().users(&["alice"]));
    fill(&site, "alice", 0..MESSAGES);
    site
}

/// Searches for several messages' own words, one for all, and one for none.
fn assert_right(site: &Site) {
    let mut imap = selected(site, "alice");
    for n in [0, 1, 17, 255, 256, 300, MESSAGES - 1] {
        assert_eq!(found(&mut imap, &key("BODY", &format!("WORD{}END", n * 7919))), [n as u64 + 1], "{n}");
        assert_eq!(found(&mut imap, &key("TEXT", &format!("subject: number {n}\r\n"))), [n as u64 + 1], "{n}");
    }
    assert_eq!(found(&mut imap, &key("BODY", "ND NUMBER")).len(), MESSAGES);
    assert_eq!(found(&mut imap, &key("BODY", "word and no end")), [0_u64; 0]);
    assert_eq!(found(&mut imap, &key("NOT BODY", "word and no end")).len(), MESSAGES);
}

fn kept(site: &Site) -> std::path::PathBuf {
    let files = kept_files(site);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn damage_changes_nothing_that_is_found() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let site = site();
    assert_right(&site);
    for round in 0..24 {
        let file = kept(&site);
        let mut octets = fs::read(&file).unwrap();
        assert!(octets.len() > 50_000);
        match round % 6 {
            // A bit of what is kept; with luck one that a search looks at.
            0 | 1 => {
                for _ in 0..200 {
                    let at = random.random_range(0..octets.len());
                    octets[at] ^= 1 << random.random_range(0..8);
                }
            }
            2 => octets.truncate(random.random_range(0..octets.len())),
            3 => octets[8] ^= 1,
            4 => octets.extend_from_slice(&b"GBLK\xff\xff\xff\xffGBLK"[..random.random_range(1..12)]),
            _ => {
                let from = random.random_range(16..octets.len());
                octets[from..].fill(0);
            }
        }
        fs::write(&file, octets).unwrap();
        assert_right(&site);
        // The first search after the damage has mended it.
        assert_right(&site);
        assert!(fs::metadata(kept(&site)).unwrap().len() > 50_000, "round {round}");
    }
}

#[test]
fn a_process_killed_while_it_keeps_leaves_nothing_wrong() {
    let mut site = site();
    for round in 0..8 {
        for file in kept_files(&site) {
            fs::remove_file(file).unwrap();
        }
        let mut imap = selected(&site, "alice");
        imap.send(b"s SEARCH TEXT \"no message has this\"\r\n");
        // At another moment each time: before, while and after something is kept.
        if round % 2 == 1 {
            wait_for("something to be kept", || (!kept_files(&site).is_empty()).then_some(()));
        }
        site.kill();
        site.run();
        assert_right(&site);
        assert_right(&site);
    }
}

#[test]
fn mail_that_comes_while_searches_run_is_found_at_once() {
    let site = site();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for searcher in 0..2 {
            let (site, done) = (&site, &done);
            scope.spawn(move || {
                let mut imap = selected(site, "alice");
                let mut least = MESSAGES;
                while !done.load(Ordering::Relaxed) {
                    let all = found(&mut imap, &key("BODY", if searcher == 0 { "ND NUMBER" } else { "t no play|||" }));
                    if searcher == 0 {
                        assert!(all.len() >= least, "{} after {least}", all.len());
                        least = all.len();
                    }
                }
            });
        }
        let mut imap = selected(&site, "alice");
        for n in MESSAGES..MESSAGES + 60 {
            site.deliver("alice", &corpus::message(&format!("number {n}"), &text(n)));
            assert_eq!(found(&mut imap, &key("BODY", &format!("WORD{}END", n * 7919))), [n as u64 + 1]);
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn what_is_kept_of_another_past_is_not_believed() {
    let mut site = site();
    site.stop();
    let old = snapshot(site.root());
    site.run();
    fill(&site, "alice", MESSAGES..MESSAGES + 50);
    let mut imap = selected(&site, "alice");
    assert_eq!(found(&mut imap, &key("BODY", "word and no end")), [0_u64; 0]);
    drop(imap);
    site.stop();
    // An administrator puts yesterday's database back: UIDs are given again, to other messages.
    for (path, octets) in old {
        fs::write(path, octets).unwrap();
    }
    site.run();
    fill(&site, "alice", 5000..5050);
    let mut imap = selected(&site, "alice");
    for n in [5000, 5049] {
        let uid = (MESSAGES + n - 5000 + 1) as u64;
        assert_eq!(found(&mut imap, &key("BODY", &format!("WORD{}END", n * 7919))), [uid]);
    }
    assert_right_before(&mut imap);
}

fn assert_right_before(imap: &mut suite::ImapClient) {
    assert_eq!(found(imap, &key("BODY", &format!("WORD{}END", 17 * 7919))), [18]);
}

/// The databases of all accounts.
fn snapshot(root: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut folders = vec![root.join("store")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "account.db") {
                files.push((path.clone(), fs::read(&path).unwrap()));
            }
        }
    }
    files
}

#[test]
fn what_is_expunged_leaves_what_is_kept() {
    let site = site();
    assert_right(&site);
    let size = || fs::metadata(kept(&site)).unwrap().len();
    let own = |n: usize| key("BODY", &format!("WORD{}END", n * 7919));
    let whole = size();
    let mut imap = selected(&site, "alice");
    let mut expunge = |numbers: &str| {
        imap.command(&format!("STORE {numbers} +FLAGS (\\Deleted)"));
        imap.command("EXPUNGE");
        [17, 590].map(|n| found(&mut imap, &own(n)))
    };
    // Most of the mailbox goes: the search itself makes the file smaller.
    assert_eq!(expunge("1:350"), [vec![], vec![591]]);
    let half = size();
    assert!(half < whole / 2, "{half} of {whole}");
    // Some go: housekeeping does.
    assert_eq!(expunge("1:40"), [vec![], vec![591]]);
    assert_eq!(size(), half);
    site.tool(&["imexpire", "-c"], "").success();
    assert!(size() < half);
    // What is left is soon read.
    assert_eq!(expunge("1:100"), [vec![], vec![591]]);
    site.tool(&["imexpire", "-c"], "").success();
    assert_eq!(kept_files(&site).len(), 0);
}

#[test]
fn a_deleted_mailbox_leaves_nothing_behind() {
    let site = Site::start(SiteOptions::default().users(&["alice"]));
    fill(&site, "alice", 0..250);
    let mut imap = selected(&site, "alice");
    imap.command("CREATE Elsewhere");
    imap.command("COPY 1:* Elsewhere");
    imap.command("SELECT Elsewhere");
    assert_eq!(found(&mut imap, &key("BODY", "nd number")).len(), 250);
    kept(&site);
    imap.command("RENAME Elsewhere Here");
    assert_eq!(found(&mut imap, &key("BODY", &format!("WORD{}END", 17 * 7919))), [18]);
    kept(&site);
    imap.command("UNSELECT");
    imap.command("DELETE Here");
    assert_eq!(kept_files(&site).len(), 0);
}

#[test]
fn reconstruct_makes_it_anew_and_housekeeping_adds_to_it() {
    let site = site();
    site.tool(&["imexpire", "-c"], "").success();
    assert_eq!(kept_files(&site).len(), 0, "nobody has looked for anything yet");
    assert_right(&site);
    let file = kept(&site);
    let whole = fs::metadata(&file).unwrap().len();
    fs::write(&file, b"HELIGIST, or not").unwrap();
    site.tool(&["reconstruct", "user/alice/INBOX"], "").success();
    assert_eq!(fs::metadata(&file).unwrap().len(), whole);
    fill(&site, "alice", MESSAGES..MESSAGES + 100);
    site.tool(&["imexpire", "-c"], "").success();
    let more = fs::metadata(&file).unwrap().len();
    assert!(more > whole, "{more} after {whole}");
    let mut imap = selected(&site, "alice");
    assert_eq!(found(&mut imap, &key("BODY", "ND NUMBER")).len(), MESSAGES + 100);
    assert_eq!(fs::metadata(&file).unwrap().len(), more, "all was there");
}
