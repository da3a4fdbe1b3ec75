//! `reconstruct`: damage done to real files, repaired while the server runs; nothing that can be read is lost.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use suite::site::Site;

use super::{folder, message, shown, site};

/// A stopped site with mail of all sizes in two mailboxes of alice.
fn filled(count: usize) -> Site {
    let mut site = site();
    let mut lmtp = site.lmtp();
    for number in 1..=count {
        let lines = if number % 5 == 0 { 2500 } else { number % 60 };
        lmtp.deliver("ann@elsewhere.test", &[&site.address("alice")], &message(&format!("m{number}"), lines));
    }
    drop(lmtp);
    let mut imap = site.imap_as("alice");
    imap.command("CREATE Kept");
    imap.command("SELECT INBOX");
    imap.command(&format!("COPY 1:{} Kept", count / 2));
    imap.command("STORE 1 +FLAGS (\\Flagged Mine)");
    drop(imap);
    assert!(site.stop().success());
    site
}

fn contents(site: &Site) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder(site, "alice").join("content")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Every text that any mailbox of alice shows.
fn texts(site: &Site) -> Vec<Vec<u8>> {
    let listed = site.tool(&["mboxutil", "-l", "-s", "-p", "user/alice/*"], "").success().stdout;
    let mailboxes = listed.lines().filter_map(|line| line.strip_prefix("user/alice/"));
    let mut texts: Vec<Vec<u8>> =
        mailboxes.flat_map(|mailbox| shown(site, "alice", mailbox)).map(|(_, _, text)| text).collect();
    texts.sort();
    texts.dedup();
    texts
}

fn scribble(path: &Path, at: u64, bytes: &[u8]) {
    fs::File::options().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}

#[test]
fn short_changed_and_missing_contents_stay_visible() {
    let mut site = filled(20);
    let files = contents(&site);
    assert_eq!(files.len(), 4);
    fs::File::options().write(true).open(&files[0]).unwrap().set_len(5000).unwrap();
    scribble(&files[1], 3000, b"XXXX");
    fs::remove_file(&files[2]).unwrap();
    site.run();
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    let check = site.tool(&["reconstruct", "-n", "user/alice"], "");
    assert_eq!(check.status.code(), Some(1));
    site.tool(&["reconstruct", "user/alice/INBOX"], "").success();
    site.tool(&["imcheck", "alice"], "").success();
    let inbox = shown(&site, "alice", "INBOX");
    assert_eq!(inbox.len(), 20);
    assert!(inbox.iter().any(|(_, _, text)| text.len() == 5000), "what there was of the short one");
    assert!(inbox.iter().any(|(_, _, text)| text.windows(4).any(|window| window == b"XXXX")));
    let lost: Vec<_> =
        inbox.iter().filter(|(_, _, text)| String::from_utf8_lossy(text).contains("damaged on the server")).collect();
    assert_eq!(lost.len(), 1);
    let text = String::from_utf8_lossy(&lost[0].2).into_owned();
    assert!(text.contains("Subject: m") && text.contains("From: ann@elsewhere.test"), "{text}");
    // The running session goes on and is told.
    let told = imap.command("NOOP");
    let expunged = told.untagged.iter().filter(|line| line.text().ends_with("EXPUNGE")).count();
    assert_eq!(expunged, 3, "{told:?}");
    assert!(told.untagged.iter().any(|line| line.text() == "* 20 EXISTS"));
    assert!(site.tool(&["reconstruct", "-r"], "").success().stdout.contains("user/alice: sound"));
}

#[test]
fn wrong_counts_and_shares_are_counted_anew() {
    let mut site = filled(12);
    let path = folder(&site, "alice").join("account.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("UPDATE mailbox SET messages = 99, size = 1, unseen = 0; DELETE FROM shared; UPDATE body SET digest = X'00' WHERE id = 2;").unwrap();
    drop(db);
    site.run();
    site.tool(&["reconstruct", "-q", "-r"], "").success();
    site.tool(&["imcheck"], "").success();
    let status = site.imap_as("alice").command("STATUS INBOX (MESSAGES UNSEEN)").untagged[0].text();
    assert!(status.contains("MESSAGES 12") && status.contains("UNSEEN 12"), "{status}");
}

#[test]
fn a_database_that_is_none_any_more_is_rebuilt_from_its_pages() {
    let mut site = filled(60);
    site.run();
    let before = texts(&site);
    assert_eq!(before.len(), 60);
    assert!(site.stop().success());
    let path = folder(&site, "alice").join("account.db");
    // The first page: header and schema.
    scribble(&path, 0, &[0x5a; 4096]);
    site.run();
    site.tool(&["reconstruct", "user/alice"], "").success();
    assert_eq!(texts(&site), before);
    let kept = shown(&site, "alice", "Kept");
    assert_eq!(kept.len(), 30);
    assert_eq!(shown(&site, "alice", "INBOX")[0].1, "Mine \\Flagged");
    site.deliver("alice", &message("later", 1));
    assert_eq!(shown(&site, "alice", "INBOX").len(), 61);
    site.tool(&["imcheck"], "").success();
}

#[test]
fn a_rebuild_changes_nothing_in_a_sound_account_under_a_session() {
    let mut site = filled(30);
    site.run();
    let (inbox, kept) = (shown(&site, "alice", "INBOX"), shown(&site, "alice", "Kept"));
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    site.tool(&["reconstruct", "-f", "user/alice"], "").success();
    assert!(imap.command("NOOP").untagged.iter().all(|line| !line.text().contains("EXPUNGE")));
    assert!(imap.command("STORE 2 +FLAGS (\\Answered)").untagged.iter().any(|line| line.text().contains("\\Answered")));
    imap.command("STORE 2 -FLAGS (\\Answered)");
    site.deliver("alice", &message("later", 1));
    assert!(imap.command("NOOP").untagged.iter().any(|line| line.text() == "* 31 EXISTS"));
    assert_eq!(shown(&site, "alice", "INBOX")[..30], inbox[..]);
    assert_eq!(shown(&site, "alice", "Kept"), kept);
    site.tool(&["imcheck"], "").success();
}

#[test]
fn random_damage_loses_no_message_whose_pages_were_spared() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut site = filled(60);
    site.run();
    let before = texts(&site);
    assert!(site.stop().success());
    let path = folder(&site, "alice").join("account.db");
    let sound = fs::read(&path).unwrap();
    for round in 0..4 {
        let mut bytes = sound.clone();
        let pages = bytes.len() / 4096;
        let page = random.random_range(0..pages);
        bytes[page * 4096..(page + 1) * 4096].fill_with(|| random.random());
        for name in ["account.db-wal", "account.db-shm"] {
            let _ = fs::remove_file(path.with_file_name(name));
        }
        fs::write(&path, &bytes).unwrap();
        site.run();
        let told = site.tool(&["reconstruct", "user/alice"], "").success();
        let after = texts(&site);
        // Texts of files are all there; of those in the damaged page at most a page full is not.
        let lost: Vec<_> = before.iter().filter(|text| !after.contains(text)).collect();
        let in_page = lost.iter().map(|text| text.len()).sum::<usize>();
        assert!(
            lost.len() <= 40 && lost.iter().all(|text| text.len() < 65536),
            "round {round}: {} lost: {}",
            lost.len(),
            told.stdout
        );
        assert!(
            lost.len() <= 1 || in_page <= 3 * 4096,
            "round {round}, page {page}: {in_page} bytes lost: {}",
            told.stdout
        );
        site.tool(&["imcheck"], "").success();
        site.deliver("alice", &message(&format!("after {round}"), 1));
        assert!(site.stop().success());
    }
}
