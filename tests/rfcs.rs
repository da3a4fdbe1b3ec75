//! store/RFCS.md says of every standard that the code names where it stands, and of every capability which standard it is of.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use suite::process::repository;

/// RFC number, state, capabilities.
fn rows() -> Vec<(u32, String, Vec<String>)> {
    let text = fs::read_to_string(repository().join("store/RFCS.md")).unwrap();
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    text.lines()
        .map(cells)
        .filter_map(|cells| {
            let number = cells.get(1)?.parse().ok()?;
            Some((number, cells[3].clone(), cells[4].split_whitespace().map(str::to_owned).collect()))
        })
        .collect()
}

/// The private capabilities.
fn private() -> Vec<String> {
    let text = fs::read_to_string(repository().join("store/RFCS.md")).unwrap();
    let table = text.split("## What has no RFC").nth(1).unwrap();
    table.lines().filter_map(|line| line.split('|').nth(1)).map(|cell| cell.trim().to_owned()).collect()
}

/// Numbers behind `RFC ` in the sources below a folder.
fn named(folder: &Path, found: &mut BTreeSet<u32>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
            found.extend(text.split("RFC ").skip(1).filter_map(|rest| digits(rest).parse::<u32>().ok()));
        }
    }
}

/// The words of the capability line as the source has them.
fn announced() -> BTreeSet<String> {
    let source = fs::read_to_string(repository().join("store/imapd/src/command/capability.rs")).unwrap();
    let list = source.split("const EXTENSIONS: &str = \"").nth(1).unwrap().split("\";").next().unwrap().to_owned();
    list.replace('\\', " ").split_whitespace().map(str::to_owned).collect()
}

#[test]
fn every_standard_that_the_code_names_has_a_row() {
    let rows: BTreeSet<u32> = rows().into_iter().map(|(number, ..)| number).collect();
    let mut found = BTreeSet::new();
    for folder in ["store/imapd/src", "store/imap-wire/src", "store/popd/src", "store/lmtpd/src", "core/auth/src"] {
        named(&repository().join(folder), &mut found);
    }
    let missing: Vec<_> = found.difference(&rows).collect();
    assert!(missing.is_empty(), "store/RFCS.md has no row for {missing:?}");
}

#[test]
fn what_is_called_whole_is_announced_and_what_is_announced_has_a_row() {
    let rows = rows();
    let source = fs::read_to_string(repository().join("store/imapd/src/command/capability.rs")).unwrap();
    for (number, state, capabilities) in &rows {
        for capability in capabilities.iter().filter(|_| state.starts_with("whole")) {
            assert!(source.contains(capability.as_str()), "RFC {number}: {capability} is not announced");
        }
    }
    let mut known: BTreeSet<String> = rows.into_iter().flat_map(|(.., capabilities)| capabilities).collect();
    known.extend(private());
    let missing: Vec<_> = announced().difference(&known).cloned().collect();
    assert!(missing.is_empty(), "store/RFCS.md has no row for {missing:?}");
}
