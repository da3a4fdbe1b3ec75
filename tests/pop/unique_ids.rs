//! UIDL: unique, of the right form, and the same for as long as a message is there (RFC 1939 §7).

use std::collections::BTreeSet;

use mailstore::MailboxName;

use super::fixture::{Options, Pop};

const MAIL: &[u8] = b"Subject: x\r\n\r\nbody\r\n";

fn ids(pop: &Pop) -> Vec<String> {
    let mut client = pop.alice();
    let lines = client.list("UIDL");
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(client.ok(&format!("UIDL {}", index + 1)), *line);
    }
    client.ok("QUIT");
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let (number, id) = line.split_once(' ').unwrap();
            assert_eq!(number, (index + 1).to_string());
            assert!((1..=70).contains(&id.len()) && id.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{id}");
            id.to_owned()
        })
        .collect()
}

#[test]
fn ids_are_unique_even_for_copies_and_are_never_used_again() {
    let pop = Pop::new();
    pop.put(&[MAIL, MAIL]);
    pop.inbox("alice").copy(&1.into(), &MailboxName::inbox()).unwrap();
    let before = ids(&pop);
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), 3);
    let mut client = pop.alice();
    client.ok("DELE 1");
    client.ok("DELE 3");
    client.ok("QUIT");
    pop.put(&[MAIL]);
    let after = ids(&pop);
    assert_eq!(after[0], before[1]);
    assert!(!before.contains(&after[1]), "{before:?} {after:?}");
}

#[test]
fn ids_survive_a_restart_and_a_move_to_another_host() {
    let pop = Pop::new();
    pop.put(&[MAIL, MAIL]);
    let before = ids(&pop);
    let folder = pop.folder();
    drop(pop);
    let again = Pop::with(Options { folder: Some(folder.clone()), ..Options::default() });
    assert_eq!(ids(&again), before);
    drop(again);
    // Another host gets the store's files.
    let elsewhere = tempfile::tempdir().unwrap();
    suite::process::run(
        std::process::Command::new("cp").arg("-a").arg(folder.path().join(".")).arg(elsewhere.path()),
        b"",
    )
    .success();
    let other = Pop::with(Options { folder: Some(std::sync::Arc::new(elsewhere)), ..Options::default() });
    assert_eq!(ids(&other), before);
}
