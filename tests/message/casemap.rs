//! Folding for search (RFC 5051).

use message::casemap::{Matcher, contains, fold};

#[test]
fn case_and_composition_do_not_matter_and_accents_do() {
    for (a, b) in [
        ("Hello", "hELLO"),
        ("J\u{d6}RG", "j\u{f6}rg"),
        ("caf\u{e9}", "CAFE\u{301}"),
        ("\u{fb01}le", "FILE"),
        ("\u{1c4}", "\u{1c6}"),
        ("\u{3a3}\u{3a3}", "\u{3c3}\u{3c2}"),
        ("\u{ff21}", "a"),
        ("\u{10400}", "\u{10428}"),
    ] {
        assert_eq!(fold(a), fold(b), "{a} {b}");
    }
    for (a, b) in [("cafe", "caf\u{e9}"), ("a", "b"), ("stra\u{df}e", "strase")] {
        assert_ne!(fold(a), fold(b), "{a} {b}");
    }
}

#[test]
fn folding_twice_changes_nothing() {
    for code in 0..0x11_0000 {
        if let Some(character) = char::from_u32(code) {
            let once = fold(&character.to_string());
            assert_eq!(fold(&once), once, "U+{code:04X}");
        }
    }
}

#[test]
fn a_match_may_lie_across_windows() {
    let text = "the quick BROWN f\u{f6}x jumps";
    for needle in ["brown", "F\u{d6}X", "the", "jumps", "K B", ""] {
        assert!(contains(text, needle), "{needle:?}");
        let mut matcher = Matcher::new(needle);
        assert!(text.chars().any(|character| matcher.push(&character.to_string())), "{needle:?}");
    }
    assert!(!contains(text, "browns"));
    let mut matcher = Matcher::new("\u{e9}\u{e9}\u{e9}x");
    assert!(!["\u{e9}", "\u{e9}", "\u{e9}"].iter().any(|window| matcher.push(window)));
    assert!(matcher.push("X"));
}
