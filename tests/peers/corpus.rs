//! Real mail: the SpamAssassin corpus with all its faults, through delivery, IMAP and the webmail.

use std::{collections::BTreeMap, fs, thread};

use suite::{
    Dovecot, ImapClient, Site, SiteOptions,
    corpus::spam_assassin,
    imap::Response,
    process::{repository, target_folder},
    tree::Node,
};

/// Each user gets a part of the corpus over a connection of its own, so that UIDs are in the corpus's order.
const USERS: [&str; 4] = ["u0", "u1", "u2", "u3"];

type Message = (String, Vec<u8>);

#[test]
fn real_mail_is_kept_described_and_shown() {
    let site = Site::start(SiteOptions::default().users(&USERS).set("service.lmtp.maxmessagesize", 50_000_000));
    let messages = spam_assassin();
    let parts: Vec<&[Message]> = messages.chunks(messages.len().div_ceil(USERS.len())).collect();
    thread::scope(|scope| {
        for (user, part) in USERS.iter().zip(&parts) {
            let site = &site;
            scope.spawn(move || deliver(site, user, part));
        }
    });
    let dovecot = Dovecot::start(&USERS);
    let mut differences = Vec::new();
    for (user, part) in USERS.iter().zip(&parts) {
        let stored = fetched_back(&site, user, part);
        differences.extend(described_differently(&site, &dovecot, user, part, &stored));
    }
    check_differences(&differences);
    thread::scope(|scope| {
        for (user, part) in USERS.iter().zip(&parts) {
            let site = &site;
            scope.spawn(move || opened_in_the_webmail(site, user, part));
        }
    });
}

fn deliver(site: &Site, user: &str, part: &[Message]) {
    let mut lmtp = site.lmtp();
    for (name, message) in part {
        let replies = lmtp.attempt("sender@elsewhere.test", &[&site.address(user)], message);
        assert_eq!(replies[0].code, 250, "{name}: {replies:?}");
    }
}

/// Every message comes back byte for byte after the header fields that delivery puts before it.
fn fetched_back(site: &Site, user: &str, part: &[Message]) -> Vec<Vec<u8>> {
    let mut imap = site.imap_as(user);
    imap.command("SELECT INBOX");
    let mut stored = Vec::new();
    for (start, slice) in (1..).step_by(100).zip(part.chunks(100)) {
        let reply =
            imap.command(&format!("UID FETCH {start}:{} (UID RFC822.SIZE BODY.PEEK[])", start + slice.len() - 1));
        assert_eq!(reply.untagged.len(), slice.len(), "messages of {user}");
        for (response, (name, message)) in reply.untagged.iter().zip(slice) {
            let item = |item: &str| response.fetch_item(item).unwrap_or_else(|| panic!("{name}: no {item}")).1;
            let body = item("BODY[]").bytes().unwrap().to_vec();
            assert_eq!(item("RFC822.SIZE").number(), Some(body.len() as u64), "{name}: RFC822.SIZE");
            assert_eq!(item("UID").number(), Some(stored.len() as u64 + 1), "{name}: UID");
            let added = body.strip_suffix(message.as_slice());
            let added = added.unwrap_or_else(|| panic!("{name}: not what was delivered"));
            let added = String::from_utf8_lossy(added);
            for line in added.lines() {
                let known = ["Return-Path:", "Delivered-To:", "Received:", " ", "\t"];
                assert!(known.iter().any(|start| line.starts_with(start)), "{name}: delivery added '{line}'");
            }
            stored.push(body);
        }
    }
    stored
}

/// The messages whose ENVELOPE or BODYSTRUCTURE Dovecot sees differently.
fn described_differently(
    site: &Site,
    dovecot: &Dovecot,
    user: &str,
    part: &[Message],
    stored: &[Vec<u8>],
) -> Vec<Difference> {
    let mut theirs = dovecot.imap_as(user);
    for message in stored {
        theirs.append("INBOX", "", message);
    }
    let mut ours = site.imap_as(user);
    let (ours, theirs) = (descriptions(&mut ours), descriptions(&mut theirs));
    assert_eq!((ours.len(), theirs.len()), (part.len(), part.len()), "descriptions for {user}");
    let mut differences = Vec::new();
    for ((ours, theirs), (name, _)) in ours.iter().zip(&theirs).zip(part) {
        for item in ["ENVELOPE", "BODYSTRUCTURE"] {
            let value = |response: &Response| response.fetch_item(item).unwrap_or_else(|| panic!("{name}: {item}")).1;
            let (ours, theirs) = (value(ours), value(theirs));
            if !same(&ours, &theirs, item == "BODYSTRUCTURE") {
                differences.push(Difference { name: name.clone(), item, ours, theirs });
            }
        }
    }
    differences
}

fn descriptions(imap: &mut ImapClient) -> Vec<Response> {
    imap.command("SELECT INBOX");
    let fetched = imap.command("FETCH 1:* (ENVELOPE BODYSTRUCTURE)").untagged;
    fetched.into_iter().filter(|response| response.fetch_item("ENVELOPE").is_some()).collect()
}

/// Strings by their bytes; those of body structures without regard to case.
fn same(ours: &Node, theirs: &Node, fold: bool) -> bool {
    match (ours, theirs) {
        (Node::List(ours), Node::List(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs, fold))
        }
        (Node::Atom(ours), Node::Atom(theirs)) => ours.eq_ignore_ascii_case(theirs),
        (Node::Text(ours), Node::Text(theirs)) if fold => ours.eq_ignore_ascii_case(theirs),
        _ => ours == theirs,
    }
}

struct Difference {
    name: String,
    item: &'static str,
    ours: Node,
    theirs: Node,
}

/// Every difference must be listed with its reason in corpus_differences.txt, and nothing else may be.
fn check_differences(differences: &[Difference]) {
    let file = repository().join("tests/peers/corpus_differences.txt");
    let text = fs::read_to_string(&file).unwrap();
    let listed: BTreeMap<(&str, &str), &str> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let mut words = line.splitn(3, ' ');
            let (item, name, reason) = (words.next(), words.next(), words.next());
            let reason = reason.filter(|reason| !reason.trim().is_empty());
            ((name.unwrap(), item.unwrap()), reason.unwrap_or_else(|| panic!("no reason in '{line}'")))
        })
        .collect();
    let report = target_folder().join("corpus-differences.txt");
    let all: Vec<String> = differences
        .iter()
        .map(|difference| {
            let Difference { name, item, ours, theirs } = difference;
            format!("{item} {name}\n  ours   {ours}\n  theirs {theirs}\n")
        })
        .collect();
    fs::write(&report, all.concat()).unwrap();
    let unlisted: Vec<&String> = differences
        .iter()
        .zip(&all)
        .filter(|(difference, _)| !listed.contains_key(&(difference.name.as_str(), difference.item)))
        .map(|(_, text)| text)
        .collect();
    assert!(
        unlisted.is_empty(),
        "{} descriptions differ from Dovecot's and are not in {}; all are in {}; the first ones:\n{}",
        unlisted.len(),
        file.display(),
        report.display(),
        unlisted.iter().take(5).map(|text| text.as_str()).collect::<String>()
    );
    for (name, item) in listed.keys() {
        let found = differences.iter().any(|difference| difference.name == *name && difference.item == *item);
        assert!(found, "{item} {name} is listed in {} but does not differ", file.display());
    }
}

fn opened_in_the_webmail(site: &Site, user: &str, part: &[Message]) {
    let mut http = site.http_as(user);
    for (uid, (name, _)) in (1..).zip(part) {
        let page = http.get(&format!("/mail/INBOX/{uid}"));
        assert_eq!(page.status, 200, "{name}: {}", page.text());
        assert!(page.text().contains("</html>"), "{name}: the page is whole");
    }
}
