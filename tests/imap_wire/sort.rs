//! SORT and THREAD arguments, and `$` where a set stands.

use imap_wire::search::{Key, Returns};
use imap_wire::sort::{Algorithm, Criterion, Direction, SortArgs, SortKey, ThreadArgs};
use imap_wire::{Command, Refusal, Request};

fn command(text: &str) -> Result<Command, Refusal> {
    Request::parse(text.as_bytes()).map(|request| request.command).map_err(|error| error.error.refusal)
}

fn sort(arguments: &str) -> Result<SortArgs, Refusal> {
    match command(&format!("a UID SORT {arguments}"))? {
        Command::Sort(_, args) => Ok(args),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sort_program_is_read_in_order() {
    let args = sort("(reverse DATE subject) utf-8 ALL").unwrap();
    let first = Criterion { key: SortKey::Date, direction: Direction::Descending };
    let second = Criterion { key: SortKey::Subject, direction: Direction::Ascending };
    assert_eq!(
        args,
        SortArgs {
            returns: None,
            fetch: Vec::new(),
            criteria: vec![first, second],
            charset: "UTF-8".into(),
            key: Key::All
        }
    );
    let args = sort("RETURN (SAVE COUNT) (DISPLAYFROM) \"US-ASCII\" ALL").unwrap();
    assert_eq!(args.returns, Some(Returns { save: true, count: true, ..Returns::default() }));
}

#[test]
fn what_is_no_sort_is_refused() {
    for arguments in [
        "",
        "()",
        "(DATE)",
        "(DATE) UTF-8",
        "(REVERSE) UTF-8 ALL",
        "(REVERSE REVERSE DATE) UTF-8 ALL",
        "DATE UTF-8 ALL",
    ] {
        assert_eq!(sort(arguments), Err(Refusal::Bad), "{arguments}");
    }
    assert_eq!(sort(&format!("({}DATE) UTF-8 ALL", "DATE ".repeat(40))), Err(Refusal::Limit));
}

#[test]
fn threads_have_three_algorithms() {
    for (name, algorithm) in [
        ("OrderedSubject", Algorithm::OrderedSubject),
        ("REFERENCES", Algorithm::References),
        ("refs", Algorithm::Refs),
    ] {
        let Ok(Command::Thread(_, args)) = command(&format!("a THREAD {name} UTF-8 ALL")) else { panic!("{name}") };
        assert_eq!(args, ThreadArgs { algorithm, charset: "UTF-8".into(), key: Key::All });
    }
    assert_eq!(command("a THREAD JWZ UTF-8 ALL"), Err(Refusal::Bad));
}

#[test]
fn a_dollar_is_a_whole_set() {
    let Ok(Command::Copy(_, set, _)) = command("a COPY $ Keep") else { panic!() };
    assert!(set.is_saved());
    assert_eq!(set.to_string(), "$");
    for text in ["a COPY $,1 Keep", "a COPY 1,$ Keep", "a COPY $:* Keep"] {
        assert_eq!(command(text), Err(Refusal::Bad), "{text}");
    }
}
