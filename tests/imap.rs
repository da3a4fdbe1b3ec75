//! The IMAP transcripts of tests/imap, against ours and against Debian's Dovecot.

mod differences;

use std::{collections::BTreeSet, path::PathBuf};

use suite::{Site, process::repository, transcript::TargetKind};

fn file(group: &str) -> PathBuf {
    // `move` is a word of Rust too.
    let group = group.trim_start_matches("r#");
    repository().join("tests/imap").join(format!("{group}.txt"))
}

/// One test per transcript and server: `imap::heliograph::fetch`, `imap::against_dovecot::fetch`.
macro_rules! transcripts {
    ($($group:ident)*) => {
        mod heliograph {
            $(#[test] fn $group() { suite::transcript::run_file(&super::file(stringify!($group)), super::TargetKind::Heliograph); })*
        }
        mod against_dovecot {
            $(#[test] fn $group() { suite::transcript::run_file(&super::file(stringify!($group)), super::TargetKind::Dovecot); })*
        }
        const GROUPS: &[&str] = &[$(stringify!($group)),*];
    };
}

transcripts! {
    acl annotation append authenticate binary capability catenate close comparator concurrency condstore context copy create delete enable errors esearch
    expunge fetch filter fuzzy id idle inprogress language limits list list_extended literal login metadata r#move names namespace netscape noop notify objectid partial
    preview qresync quota rename replace rev2 rights search searchres select shared sort special_use status store subscribe thread uidbatches uidonly
    unauthenticate urlauth utf7 utf8
}

/// A literal of any size goes in and comes out, whole and in windows.
#[test]
fn a_message_of_24_mb_goes_in_and_out() {
    let site = Site::new();
    let mut message = suite::corpus::message("Large", "");
    while message.len() < 24 << 20 {
        let line = format!("{:>76}\r\n", message.len());
        message.extend_from_slice(line.as_bytes());
    }
    let mut imap = site.imap_as("alice");
    imap.append("INBOX", "", &message);
    imap.command("SELECT INBOX");
    let size = imap.command("FETCH 1 RFC822.SIZE").fetch_items("RFC822.SIZE");
    assert_eq!(size[0].1.number(), Some(message.len() as u64));
    assert!(imap.message(1) == message, "the message is not what was appended");
    let (start, length) = (17_000_000, 100_000);
    let window =
        imap.command(&format!("FETCH 1 BODY.PEEK[]<{start}.{length}>")).fetch_items(&format!("BODY[]<{start}>"));
    assert!(window[0].1.bytes() == Some(&message[start..start + length]), "the window is another one");
}

#[test]
fn every_transcript_is_played() {
    let files: BTreeSet<String> = std::fs::read_dir(repository().join("tests/imap"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let groups: BTreeSet<String> = GROUPS.iter().map(|group| group.trim_start_matches("r#").to_owned()).collect();
    assert_eq!(files, groups);
}
