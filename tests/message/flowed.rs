//! format=flowed (RFC 3676).

use message::flowed::{FlowedLine, decode, encode};

fn line(quote: usize, text: &str) -> FlowedLine {
    FlowedLine { quote, text: text.to_owned() }
}

#[test]
fn flowed_lines_join_within_their_quote_level() {
    let text =
        "first \r\nsecond\r\n>> deep \r\n>> deeper\r\n> less \r\nnot joined\r\n  stuffed\r\n-- \r\nsig \r\nnature";
    assert_eq!(
        decode(text, false),
        [
            line(0, "first second"),
            line(2, "deep deeper"),
            line(1, "less "),
            line(0, "not joined"),
            line(0, " stuffed"),
            line(0, "-- "),
            line(0, "sig nature"),
        ]
    );
    assert_eq!(decode("ab \ncd", true), [line(0, "abcd")]);
}

#[test]
fn what_is_encoded_comes_back() {
    let long = "word ".repeat(60);
    for text in [
        "short",
        "From here",
        " indented",
        ">not quoted mark",
        "-- ",
        long.trim_end(),
        "> quoted line",
        "",
        "a\nb\n\nc",
    ] {
        let encoded = encode(text);
        assert!(encoded.lines().all(|line| line.chars().count() <= 74), "{encoded}");
        let decoded: Vec<String> =
            decode(&encoded, false).into_iter().map(|line| ">".repeat(line.quote) + &line.text).collect();
        let expected: Vec<String> = text.lines().map(|line| line.replace("> ", ">")).collect();
        assert_eq!(decoded, expected, "{encoded:?}");
    }
}

#[test]
fn a_long_word_stays_whole() {
    let word = "x".repeat(500);
    assert_eq!(encode(&word), format!("{word}\r\n"));
}
