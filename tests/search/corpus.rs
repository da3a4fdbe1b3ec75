//! Real mail, searched with what searches keep and without it.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use suite::{Site, SiteOptions, process::temporary};

use super::gists::{in_charsets, substring};
use super::{found, kept_files, key, selected};

/// A site with all of the corpus and messages in many charsets.
fn site(messages: &[Vec<u8>]) -> Site {
    let folder = temporary("maildir");
    let current = folder.path().join("cur");
    std::fs::create_dir(&current).unwrap();
    for (number, message) in messages.iter().enumerate() {
        std::fs::write(current.join(format!("{:08}.x:2,", number + 10)), message).unwrap();
    }
    for name in ["new", "tmp"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let site = Site::start(SiteOptions::default().users(&["alice"]));
    site.tool(&["import", "--user", "alice", "--mailbox", "INBOX", folder.path().to_str().unwrap()], "").success();
    site
}

/// What can stand in a search: a part of some message as it is read, in any case.
fn parts(random: &mut StdRng, messages: &[Vec<u8>], count: usize) -> Vec<String> {
    let mut strings = Vec::new();
    while strings.len() < count {
        let message = messages.choose(random).unwrap();
        let text = message::charset::decode(message, None);
        let Some(part) = substring(random, &text) else { continue };
        if !part.contains(['\0', '\u{fffd}']) {
            strings.push(part);
        }
    }
    strings
}

/// Some that no message has as octets, and some that are not rare.
const OTHERS: [&str; 14] = [
    "köln",
    "ΕΛΛΗΝΙΚΆ",
    "ПРИВЕТ мир",
    "日本語",
    "你好世",
    "안녕",
    "soft breaks, ÉTÉ",
    "die nie endet",
    "fin, РУС",
    "no such thing anywhere",
    "e",
    "th",
    "the",
    "from:",
];

#[test]
fn searches_of_real_mail_find_the_same_with_and_without_what_is_kept() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut messages: Vec<Vec<u8>> = suite::corpus::spam_assassin().into_iter().map(|(_, message)| message).collect();
    messages.extend((0..40).flat_map(in_charsets));
    let mut site = site(&messages);
    let mut strings = parts(&mut random, &messages, 6);
    strings.extend(parts(&mut random, &messages[messages.len() - 440..], 6));
    strings.extend(OTHERS.map(str::to_owned));
    let conditions: Vec<Vec<u8>> = strings
        .into_iter()
        .enumerate()
        .flat_map(|(number, text)| match number % 4 {
            0 => vec![key("TEXT", &text), key("BODY", &text)],
            1 => vec![key("BODY", &text), key("NOT BODY", &text), key("FROM", &text)],
            2 => vec![key("OR HEADER Received", &text).into_iter().chain(key(" BODY", &text)).collect()],
            _ => vec![key("HEADER Subject", &text), key("TO", &text)],
        })
        .collect();
    let ask = |site: &Site| -> Vec<Vec<u64>> {
        let mut imap = selected(site, "alice");
        conditions.iter().map(|condition| found(&mut imap, condition)).collect()
    };
    let first = ask(&site);
    assert_eq!(kept_files(&site).len(), 1, "searches have kept what they read");
    site.stop();
    site.run();
    let again = ask(&site);
    site.stop();
    site.configure("store.searchindex", "no");
    site.run();
    let without = ask(&site);
    for (condition, ((first, again), without)) in conditions.iter().zip(first.iter().zip(&again).zip(&without)) {
        let condition = String::from_utf8_lossy(condition);
        assert_eq!(first, without, "first: {condition}");
        assert_eq!(again, without, "again: {condition}");
    }
    assert!(without.iter().filter(|found| !found.is_empty()).count() > conditions.len() / 3);
    // Housekeeping takes what is not wanted any more.
    site.tool(&["imexpire", "-c"], "").success();
    assert_eq!(kept_files(&site), Vec::<std::path::PathBuf>::new());
}
