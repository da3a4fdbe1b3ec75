//! Commands of every kind, mutated: the grammar returns for all of them, and what it takes it takes the same way again.

use imap_wire::fetch::FetchItem;
use imap_wire::search::Key;
use imap_wire::{Command, Names, Request, append};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// A command of each group, as clients send them.
const COMMANDS: &[&str] = &[
    "a LOGIN \"us\\\"er\" {4}\r\npass",
    "a AUTHENTICATE PLAIN AGEAYg==",
    "a SELECT INBOX (CONDSTORE QRESYNC (67890007 20050715194045000 41,43:211,214:541 (1,3:5 2,4:9)))",
    "a CREATE &AOk-t&AOk- (USE (\\Sent \\Trash))",
    "a RENAME \"a b\" c/d",
    "a LIST (SUBSCRIBED RECURSIVEMATCH SPECIAL-USE) \"\" (% \"x*\") RETURN (CHILDREN STATUS (MESSAGES SIZE) METADATA (/shared/comment))",
    "a LSUB \"\" %",
    "a STATUS x (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ DELETED-STORAGE MAILBOXID APPENDLIMIT)",
    "a APPEND x (\\Seen $Work) \"17-Jul-1996 02:44:25 -0700\" UTF8 (~{3}\r\nabc)",
    "a APPEND x CATENATE (URL \"/INBOX;UIDVALIDITY=1/;UID=2/;SECTION=1.2\" TEXT {3}\r\nabc)",
    "a UID FETCH 1:*,$ (UID FLAGS BODY.PEEK[1.2.HEADER.FIELDS (From \"To\")]<10.20> BINARY.SIZE[1] PREVIEW (LAZY)) (CHANGEDSINCE 5 VANISHED)",
    "a FETCH 2:4 (ENVELOPE BODYSTRUCTURE BODY[HEADER.FIELDS.NOT (x)] RFC822.SIZE SAVEDATE EMAILID THREADID XSENDER)",
    "a STORE 1 (UNCHANGEDSINCE 12) +FLAGS.SILENT (\\Deleted kw)",
    "a UID SEARCH RETURN (MIN MAX COUNT SAVE PARTIAL 1:10) CHARSET UTF-8 OR (SUBJECT {3}\r\nabc) NOT (SINCE 1-Jan-2020 HEADER X \"\") UID 1:3",
    "a SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338 YOUNGER 10 FUZZY TEXT x FILTER f SAVEDSINCE 1-Feb-2020 EMAILID M1",
    "a ESEARCH IN (subtree-one (a b) selected personal) RETURN (COUNT) UNSEEN",
    "a SORT RETURN (ALL UPDATE) (REVERSE DATE SUBJECT DISPLAYFROM) UTF-8 UNDELETED",
    "a THREAD REFERENCES UTF-8 ALL",
    "a GETMETADATA (MAXSIZE 1024 DEPTH infinity) \"\" (/shared/comment /private/x)",
    "a SETMETADATA INBOX (/private/comment ~{3}\r\na\0b /shared/x NIL)",
    "a GETANNOTATION INBOX (\"/comment\" \"/*\") (\"value.priv\" \"size\")",
    "a SETANNOTATION INBOX (\"/comment\" (\"value.priv\" \"x\" \"value.shared\" NIL))",
    "a SETQUOTA \"user/x\" (STORAGE 512 MESSAGE 10)",
    "a GENURLAUTH \"imap://j@h/INBOX/;uid=20;urlauth=submit+f\" INTERNAL",
    "a URLFETCH (\"imap://j@h/x;uid=1;urlauth=anonymous:internal:91\" BODYPARTSTRUCTURE BINARY)",
    "a ID (\"name\" \"x\" \"version\" NIL)",
    "a ENABLE CONDSTORE IMAP4rev2",
    "a LANGUAGE de-AT \"default\"",
    "a COMPARATOR \"cbor;*\" i;octet",
    "a XSERVERINFO MANAGEACCOUNTURL MANAGELISTSURL",
    "a XMAILBOXINFO \"a b\" MANAGEURL POSTURL",
    "a CANCELUPDATE \"A1\" \"A2\"",
    "a UID EXPUNGE 3:5",
    "a UID MOVE 1,3,5:* dest",
    "a COPY $ x",
    "a RESETKEY x INTERNAL",
];

/// Pieces that stand where others stood.
const PIECES: &[&str] = &[
    "(",
    ")",
    " ",
    "\"",
    "\\",
    "{",
    "}",
    "{0}\r\n",
    "{1+}\r\n",
    "~{2}\r\n",
    "*",
    ":",
    ",",
    "$",
    "[",
    "]",
    "<",
    ">",
    "NIL",
    "0",
    "4294967295",
    "4294967296",
    "18446744073709551616",
    "-1",
    "\0",
    "\u{7f}",
    "é",
    "\u{1f4e7}",
    "&",
    "&-",
    "&AOk-",
    "%",
    "=",
    "\r",
    "\n",
    "NOT ",
    "OR ",
    "ALL",
    "((((((((",
    "RETURN (",
    "1:*",
    "",
];

fn mutated(random: &mut StdRng) -> Vec<u8> {
    let mut text = COMMANDS.choose(random).copied().unwrap_or_default().as_bytes().to_vec();
    for _ in 0..random.random_range(0..5) {
        let at = random.random_range(0..=text.len());
        let end = (at + random.random_range(0..6)).min(text.len());
        match random.random_range(0..5) {
            0 => drop(text.drain(at..end)),
            1 => {
                let piece = PIECES.choose(random).copied().unwrap_or_default();
                text.splice(at..end, piece.bytes());
            }
            2 => {
                let again = text[at..end].to_vec();
                text.splice(at..at, again);
            }
            3 => text[at..end].iter_mut().for_each(|byte| *byte ^= 1 << random.random_range(0..8)),
            _ => {
                let other = COMMANDS.choose(random).copied().unwrap_or_default().as_bytes();
                let from = random.random_range(0..other.len());
                text.splice(at..end, other[from..].iter().copied().take(30));
            }
        }
    }
    text
}

#[test]
fn mutated_commands_are_taken_or_refused() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut taken = 0;
    for _ in 0..150_000 {
        let text = mutated(&mut random);
        for dialect in [Names::Utf7, Names::Utf8] {
            match Request::parse_in(&text, dialect) {
                Ok(request) => {
                    taken += 1;
                    assert!(!request.tag.is_empty());
                    check(&request.command);
                }
                Err(unreadable) => {
                    let why = unreadable.error.text;
                    assert!(!why.is_empty() && why.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{why:?}");
                }
            }
            let _ = append::parse_head(&text, dialect);
        }
        let _ = append::Parser::default().parse(&text);
        let _ = Key::parse(&text);
        let _ = imap_wire::url::MessageUrl::parse(&text);
    }
    assert!(taken > 1000, "only {taken} were commands");
}

/// What was read is within the bounds that those rely on who obey it.
fn check(command: &Command) {
    match command {
        Command::Fetch(_, args) => {
            for item in &args.items {
                if let FetchItem::Section { section, partial, .. } = item {
                    assert!(section.part.iter().all(|number| *number > 0));
                    assert!(partial.is_none_or(|partial| partial.count > 0));
                    // What is printed is read as the same again.
                    let mut printed = b"a FETCH 1 BODY[".to_vec();
                    section.print(&mut printed);
                    printed.push(b']');
                    let again = Request::parse(&printed).expect("a section that was printed").command;
                    let Command::Fetch(_, again) = again else { panic!("no FETCH") };
                    assert!(matches!(&again.items[..], [FetchItem::Section { section: same, .. }] if same == section));
                }
            }
        }
        Command::Search(_, args) => assert!(depth(&args.key) < 1000),
        _ => {}
    }
}

fn depth(key: &Key) -> usize {
    1 + match key {
        Key::Not(key) | Key::Fuzzy(key) => depth(key),
        Key::Or(one, other) => depth(one).max(depth(other)),
        Key::And(keys) => keys.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
