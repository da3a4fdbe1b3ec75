//! tests/imap/DIFFERENCES.md: what the transcripts say of this server and Dovecot, on one page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use suite::process::{repository, target_folder};
use suite::transcript::{Marker, Transcript, read};

const HEAD: &str = "\
# Where this server and Dovecot differ

Every transcript of this folder is played against this server, and against Dovecot 2.3 as Debian has it. Cases that Dovecot answers
differently say how, and by which section ours is right; cases that it is not asked say why. This page is made of what they say:
`tests/imap/differences.rs` checks that it is up to date. \"It\" is Dovecot.

## Answers that differ
";

/// Every transcript with its first line, by name.
fn transcripts() -> Vec<(String, Transcript)> {
    let folder = repository().join("tests/imap");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let heading = |text: &str| text.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned();
    files.iter().map(|file| (heading(&fs::read_to_string(file).unwrap()), read(file))).collect()
}

fn page(transcripts: &[(String, Transcript)]) -> String {
    let mut page = HEAD.to_owned();
    for (heading, transcript) in transcripts {
        let differing = transcript.cases.iter().filter_map(|case| match &case.marker {
            Marker::DiffersFromDovecot(reason) => Some(format!("- {}: {reason}\n", case.title)),
            _ => None,
        });
        let differing: String = differing.collect();
        if !differing.is_empty() {
            write!(page, "\n**{}.txt**: {heading}\n\n{differing}", transcript.name).unwrap();
        }
    }
    page.push_str("\n## What Dovecot is not asked\n\n| transcript | cases | why |\n|---|---|---|\n");
    for (_, transcript) in transcripts {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for case in &transcript.cases {
            if let Marker::OnlyHeliograph(reason) = &case.marker {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        for (reason, cases) in reasons {
            writeln!(page, "| {} | {cases} of {} | {reason} |", transcript.name, transcript.cases.len()).unwrap();
        }
    }
    page
}

#[test]
fn the_page_says_what_the_transcripts_say() {
    let page = page(&transcripts());
    let file = repository().join("tests/imap/DIFFERENCES.md");
    if fs::read_to_string(&file).unwrap_or_default() != page {
        let made = target_folder().join("DIFFERENCES.md");
        fs::write(&made, page).unwrap();
        panic!("{} is not up to date: put {} in its place", file.display(), made.display());
    }
}

/// A difference counts for nothing without the standard's word on it.
#[test]
fn every_difference_names_its_section() {
    let named = |text: &str| text.contains('§') || text.contains("draft-");
    for (_, transcript) in transcripts() {
        for case in &transcript.cases {
            if let Marker::DiffersFromDovecot(reason) = &case.marker {
                let (name, line) = (&transcript.name, case.line);
                assert!(named(reason) || named(&case.title), "{name}.txt:{line}: no section is named");
            }
        }
    }
}
