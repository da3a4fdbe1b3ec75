//! Commands as a whole: tags, names, arguments, and what is said about broken ones.

use imap_wire::command::{Numbers, SelectArgs};
use imap_wire::store::{Echo, StoreAction};
use imap_wire::{Command, Refusal, Request};

fn command(text: &str) -> Command {
    Request::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error:?}")).command
}

fn refused(text: &str) -> (Option<String>, Refusal) {
    let error = Request::parse(text.as_bytes()).expect_err(text);
    (error.tag, error.error.refusal)
}

#[test]
fn simple_commands_are_read_in_any_case() {
    assert_eq!(command("a1 noop"), Command::Noop);
    assert_eq!(command("* NOOP".replace('*', "A.]x").as_str()), Command::Noop);
    assert_eq!(command("a UID expunge 3:4"), Command::Expunge(Some(imap_wire::SequenceSet::of([(3, 4)]))));
    assert_eq!(
        command("a Select inbox"),
        Command::Select(SelectArgs { mailbox: "INBOX".into(), condstore: false, qresync: None })
    );
    assert_eq!(
        command("a EXAMINE \"a b\" (CONDSTORE)"),
        Command::Examine(SelectArgs { mailbox: "a b".into(), condstore: true, qresync: None })
    );
    assert_eq!(command("a LOGIN \"a\\\"b\" {3}\r\nx y"), Command::Login(b"a\"b".to_vec(), b"x y".to_vec()));
    assert_eq!(command("a LOGIN x]y \"\""), Command::Login(b"x]y".to_vec(), Vec::new()));
    assert_eq!(command("a AUTHENTICATE plain ="), Command::Authenticate("PLAIN".into(), Some(Vec::new())));
    assert_eq!(command("a AUTHENTICATE PLAIN"), Command::Authenticate("PLAIN".into(), None));
    assert_eq!(command("a CREATE x (USE (\\Sent))"), Command::Create("x".into(), vec!["\\Sent".into()]));
    assert_eq!(command("a ID NIL"), Command::Id(Vec::new()));
    assert_eq!(
        command("a ID (\"name\" \"x\" \"os\" NIL)"),
        Command::Id(vec![(b"name".to_vec(), Some(b"x".to_vec())), (b"os".to_vec(), None)])
    );
    assert_eq!(command("a ENABLE condstore x-y"), Command::Enable(vec!["CONDSTORE".into(), "X-Y".into()]));
    assert_eq!(command("a RENAME a \"b/&AOk-\""), Command::Rename("a".into(), "b/é".into()));
}

#[test]
fn a_broken_command_is_answered_with_its_tag_where_it_has_one() {
    let tag = |text: &str| Some(text.to_owned());
    for (text, expected) in [
        ("", None),
        (" NOOP", None),
        ("+a NOOP", None),
        ("a+b NOOP", None),
        ("(x NOOP", None),
        ("a", tag("a")),
        ("a ", tag("a")),
        ("a FOO", tag("a")),
        ("a NOOP x", tag("a")),
        ("a NOOP ", tag("a")),
        ("a  NOOP", tag("a")),
        ("a UID", tag("a")),
        ("a UID NOOP", tag("a")),
        ("a EXPUNGE 1", tag("a")),
        ("a SELECT", tag("a")),
        ("a SELECT  x", tag("a")),
        ("a LOGIN a", tag("a")),
        ("a LOGIN \"a b", tag("a")),
        ("a LOGIN \"a\\b\" c", tag("a")),
        ("a LOGIN {4}\r\nabc d", tag("a")),
        ("a STORE 1 FLAGS", tag("a")),
        ("a STORE 1 FLAGS (\\Recent)", tag("a")),
        ("a STORE 1 FLAGS (\\Foo)", tag("a")),
        ("a STORE 1 *FLAGS (x)", tag("a")),
        ("a STATUS x ()", tag("a")),
        ("a STATUS x (FOO)", tag("a")),
        ("a APPEND x", tag("a")),
        ("a LOGIN {3}\r\na\0b c", tag("a")),
    ] {
        assert_eq!(refused(text), (expected, Refusal::Bad), "{text:?}");
    }
    assert_eq!(refused("a SELECT &bad"), (tag("a"), Refusal::Cannot));
}

#[test]
fn store_has_all_its_forms() {
    for (text, action, echo, flags) in [
        ("a STORE 1 FLAGS ()", StoreAction::Replace, Echo::Flags, 0),
        ("a STORE 1 +flags.silent (\\Seen a b A)", StoreAction::Add, Echo::Silent, 2),
        ("a STORE 1 -FLAGS \\Seen $x y", StoreAction::Remove, Echo::Flags, 2),
        ("a UID STORE 1 (UNCHANGEDSINCE 12) FLAGS.SILENT (x)", StoreAction::Replace, Echo::Silent, 1),
    ] {
        let Command::Store(_, args) = command(text) else { panic!("{text}") };
        assert_eq!((args.action, args.echo, args.flags.keywords.len()), (action, echo, flags), "{text}");
    }
    let Command::Store(numbers, args) = command("a UID STORE 1:* (UNCHANGEDSINCE 12) FLAGS.SILENT (x)") else {
        panic!()
    };
    assert_eq!((numbers, args.unchanged_since), (Numbers::Uid, Some(12)));
}
