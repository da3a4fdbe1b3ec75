//! FUZZY: searches that hold more or less, and how much (RFC 6203).
//!
//! A string is looked for as it stands, then as all of its words in any order, then by how its words begin, then by how one of
//! them begins. Each level finds what those before it find; the first one that finds a message says how relevant it is.

use imap_wire::search::Key;

/// How much a message is worth that is found at a level, from the exact one on, 1 to 100.
pub(crate) const SCORES: [u8; 4] = [100, 75, 45, 15];
/// The level that finds most.
pub(crate) const LOOSEST: usize = SCORES.len() - 1;
/// Words of a string that are looked for.
const MOST_WORDS: usize = 20;

/// The same search with everything fuzzy at one level.
pub(crate) fn at_level(key: &Key, level: usize) -> Key {
    match key {
        Key::Fuzzy(key) => loosened(key, level),
        Key::Not(key) => Key::Not(Box::new(at_level(key, level))),
        Key::Or(one, other) => Key::Or(Box::new(at_level(one, level)), Box::new(at_level(other, level))),
        Key::And(keys) => Key::And(keys.iter().map(|key| at_level(key, level)).collect()),
        key => key.clone(),
    }
}

/// A key inside FUZZY. Numbers, dates and flags are matched exactly, and so is what must not hold.
fn loosened(key: &Key, level: usize) -> Key {
    let with = |string: &[u8], make: &dyn Fn(Vec<u8>) -> Key| in_words(string, level, make);
    match key {
        Key::Envelope(field, string) => with(string, &|word| Key::Envelope(*field, word)),
        Key::Header(name, string) => with(string, &|word| Key::Header(name.clone(), word)),
        Key::Body(string) => with(string, &Key::Body),
        Key::Text(string) => with(string, &Key::Text),
        Key::Fuzzy(key) => loosened(key, level),
        Key::Or(one, other) => Key::Or(Box::new(loosened(one, level)), Box::new(loosened(other, level))),
        Key::And(keys) => Key::And(keys.iter().map(|key| loosened(key, level)).collect()),
        Key::Not(key) => Key::Not(Box::new(at_level(key, 0))),
        key => key.clone(),
    }
}

fn in_words(string: &[u8], level: usize, make: &dyn Fn(Vec<u8>) -> Key) -> Key {
    // In another charset than UTF-8 there are no words to be seen here.
    let text = std::str::from_utf8(string).unwrap_or_default();
    let words =
        || text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).take(MOST_WORDS);
    if level == 0 || words().next().is_none() {
        return make(string.to_vec());
    }
    let keys = words().map(|word| make(if level == 1 { word.as_bytes().to_vec() } else { beginning(word) }));
    if level < LOOSEST {
        return Key::And(keys.collect());
    }
    keys.reduce(|one, other| Key::Or(Box::new(one), Box::new(other))).unwrap_or(Key::All)
}

/// Two thirds of a word, at least three letters: what its forms and its misspellings mostly share.
fn beginning(word: &str) -> Vec<u8> {
    let letters = word.chars().count();
    word.chars().take((letters * 2 / 3).max(3)).collect::<String>().into_bytes()
}
