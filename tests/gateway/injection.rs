//! User text never becomes IMAP syntax.

use backends::{Account, Error, Search, SearchIn, UidSet};
use rand::{Rng, SeedableRng, rngs::StdRng};
use suite::Dovecot;

use super::{
    fixture::{both, pool, run},
    tap::Tap,
};

#[test]
fn line_ends_and_nul_never_reach_the_wire() {
    let dovecot = Dovecot::start(&["alice"]);
    let tap = Tap::new(dovecot.imap_address());
    let pool = pool(tap.address);
    let session = pool.session("browser", &Account::new(None, "alice"));
    run(async {
        session.page("INBOX", 1, 50).await.unwrap();
        tap.take_sent();
        let hostile = ["x\r\nh9 DELETE INBOX", "x\nh9 DELETE INBOX", "x\rh9", "x\0y", "\r\n", "", "\u{7f}", "a\tb"];
        for text in hostile {
            let invalid = |result: Result<(), Error>| assert!(matches!(result, Err(Error::Invalid(_))), "{text:?}");
            invalid(session.create(text).await);
            invalid(session.rename("INBOX", text).await);
            invalid(session.delete_mailbox(text).await);
            invalid(session.subscribe(text).await);
            invalid(session.page(text, 1, 50).await.map(drop));
            invalid(session.counts(text).await.map(drop));
            invalid(session.copy_to("INBOX", &1.into(), text).await);
            invalid(session.move_to("INBOX", &1.into(), text).await);
            if text.contains(['\r', '\n', '\0']) && !text.trim().is_empty() {
                invalid(session.search("INBOX", &Search::text(text), 1, 50).await.map(drop));
            }
        }
        assert_eq!(tap.take_sent(), "", "refused before anything is sent");
        assert_eq!(tap.connections(), 1);
    });
}

#[test]
fn user_names_that_would_break_out_are_refused_before_anything_is_sent() {
    let dovecot = Dovecot::start(&["alice"]);
    let tap = Tap::new(dovecot.imap_address());
    let pool = pool(tap.address);
    run(async {
        for user in ["alice\0storeadmin", "alice\r\nx", "al\nice", ""] {
            let session = pool.session("browser", &Account::new(None, user));
            assert!(matches!(session.open().await, Err(Error::Invalid(_))), "{user:?}");
        }
        assert_eq!(tap.connections(), 0);
    });
}

#[test]
fn literals_count_bytes_and_are_never_cut_short() {
    let dovecot = Dovecot::start(&["alice"]);
    let tap = Tap::new(dovecot.imap_address());
    let pool = pool(tap.address);
    let session = pool.session("browser", &Account::new(None, "alice"));
    run(async {
        session.page("INBOX", 1, 50).await.unwrap();
        tap.take_sent();
        let search = Search { text: "äöü€😀".to_owned(), place: SearchIn::Subject, ..Search::default() };
        session.search("INBOX", &search, 1, 50).await.unwrap();
        let sent = tap.take_sent();
        // Two bytes three times, three, four: 13.
        assert!(sent.contains("UID SEARCH CHARSET UTF-8 SUBJECT {13+}\r\näöü€😀\r\n"), "{sent}");
        let search = Search { text: "a \"quote\" {9}".to_owned(), ..search };
        session.search("INBOX", &search, 1, 50).await.unwrap();
        assert!(tap.take_sent().contains("UID SEARCH SUBJECT \"a \\\"quote\\\" {9}\"\r\n"));
    });
}

/// Any text at all goes through and is only ever text: the answer belongs to the command, and nothing else happens.
#[test]
fn random_text_stays_text() {
    let seed = rand::rng().random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let alphabet: Vec<char> = "ab \"\\{}()[]%*&+-~$=,;:!#'<>|^`@/\u{e4}\u{20ac}\u{1f600}{3+}".chars().collect();
    for alice in both() {
        alice.other().append("INBOX", "()", b"Subject: stays\r\n\r\nx\r\n");
        run(async {
            for _ in 0..150 {
                let length = random.random_range(1..12);
                let text: String = (0..length).map(|_| alphabet[random.random_range(0..alphabet.len())]).collect();
                let found = alice.session.search("INBOX", &Search::text(&text), 1, 50).await;
                assert!(found.is_ok(), "{text:?}: {found:?}");
                match alice.session.counts(&text).await {
                    Ok(_) | Err(Error::NoSuchMailbox(_)) => {}
                    other => panic!("{text:?}: {other:?}"),
                }
            }
            let list = alice.session.mailboxes().await.unwrap();
            assert_eq!((list.len(), list[0].messages), (6, 1));
        });
    }
}

#[test]
fn sets_are_numbers_only() {
    for good in ["1", "1,2", "3:1", "1:*", "*", "4294967294", "7,5:9,6"] {
        assert!(UidSet::parse(good).is_ok(), "{good}");
    }
    let bad =
        ["", "0", "1,", ",1", "1:", ":1", "1 2", "+1", "-1", "1\r\nx", "a", "1:2:3", "4294967296", "1;2", "**", "01x"];
    for bad in bad {
        assert!(UidSet::parse(bad).is_err(), "{bad:?}");
    }
    assert_eq!(UidSet::parse("7,5:9,6,11").unwrap(), UidSet::new([11, 9, 8, 7, 6, 5]));
}
