//! Case folding for search, after i;unicode-casemap (RFC 5051): case and the way a character is composed do not matter.
//!
//! RFC 5051 maps each character to simple titlecase and decomposes it fully. This does the same with
//! simple uppercase (which gives the same classes but for three digraphs that then differ in the same
//! way on both sides) and maps once more behind the decomposition, so that the ligature `ﬁ` matches
//! `FI` as well as `fi`. Accents stay significant, as the RFC has it.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// Folds text; two texts match where their folds are equal.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Folds text onto the end of `out`.
pub fn fold_into(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_uppercase();
        return;
    }
    let upper: String = text.chars().map(upper).collect();
    let normalizer = const { DecomposingNormalizerBorrowed::new_nfkd() };
    out.extend(normalizer.normalize_iter(upper.chars()).map(upper_again));
}

/// Simple uppercase: one character for one (RFC 5051 §2 takes the UnicodeData mapping, not SpecialCasing).
fn upper(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

fn upper_again(character: char) -> char {
    upper(character)
}

/// Finds a folded text in text that comes in windows; a match may lie across two of them.
#[derive(Clone, Debug)]
pub struct Matcher {
    needle: Vec<u8>,
    tail: String,
    found: bool,
}

impl Matcher {
    /// Looks for `needle`, in any case.
    pub fn new(needle: &str) -> Self {
        let needle = fold(needle).into_bytes();
        Self { found: needle.is_empty(), needle, tail: String::new() }
    }

    /// Looks at the next window; true as soon as the text has been found.
    pub fn push(&mut self, window: &str) -> bool {
        if self.found {
            return true;
        }
        fold_into(window, &mut self.tail);
        self.found = memchr::memmem::find(self.tail.as_bytes(), &self.needle).is_some();
        let mut cut = self.tail.len().saturating_sub(self.needle.len().saturating_sub(1));
        while !self.tail.is_char_boundary(cut) {
            cut -= 1;
        }
        self.tail.drain(..cut);
        self.found
    }
}

/// Whether `text` holds `needle`, in any case.
pub fn contains(text: &str, needle: &str) -> bool {
    Matcher::new(needle).push(text)
}
