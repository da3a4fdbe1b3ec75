//! The IMAP transcripts of tests/imap, against ours and against Debian's Dovecot.

use std::{collections::BTreeSet, path::PathBuf};

use suite::{process::repository, transcript::TargetKind};

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
    append authenticate capability close concurrency copy create delete enable errors expunge fetch id idle
    limits list literal login r#move namespace noop rename search select special_use status store subscribe
    utf7
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
