//! What is kept of a message's texts so that a search need not read it: a set of hashed letter triples, a Bloom filter of one hash.
//!
//! A text that holds a string holds all of the string's triples. So a message whose gist lacks one of them cannot hold the
//! string; one whose gist has them all may, and is read. Triples are of characters, so that no script is worse off; of scripts whose
//! words are short (Chinese, Japanese) pairs are kept as well.

use std::ops::ControlFlow;

use super::texts::{Piece, Texts};

/// Bits of the largest set; each hash is a number below.
const MOST: usize = 1 << 17;
/// Bits of the smallest one.
const LEAST: usize = 64;
/// Sets are as small as they can be with no more than one bit in this many set.
const SPARSE: usize = 4;
/// Octets whose triples are held at once.
const CHUNK: usize = 32 * 1024;
/// Characters from here on stand for syllables or words: CJK, kana.
const DENSE_SCRIPTS: u32 = 0x2e80;

/// The sets of one message, one for its header and one for what is below. Each has a power of two of bits, at least 64 and at most
/// 131,072 (16 KiB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gist {
    header: Vec<u8>,
    body: Vec<u8>,
}

/// A borrowed view of a [`Gist`].
#[derive(Debug, Clone, Copy)]
pub struct GistRef<'a> {
    header: &'a [u8],
    body: &'a [u8],
}

/// The hashes of a string's triples; none for a short string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grams(Box<[u32]>);

/// Makes gists, one after the other; holds the room for it.
pub struct GistMaker {
    /// Of the texts that are walked; as many times as a triple comes.
    hashes: Vec<u32>,
    /// Bits; the first ones are in use.
    set: Box<[u64; MOST / 64]>,
}

impl Gist {
    /// Of the header's texts.
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// Of the body's texts.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// A borrowed view.
    pub fn view(&self) -> GistRef<'_> {
        GistRef { header: &self.header, body: &self.body }
    }
}

impl<'a> GistRef<'a> {
    /// From what [`Gist::header`] and [`Gist::body`] were; `None` if they cannot be these.
    pub fn new(header: &'a [u8], body: &'a [u8]) -> Option<Self> {
        let fits = |set: &[u8]| set.len().is_power_of_two() && (LEAST / 8..=MOST / 8).contains(&set.len());
        (fits(header) && fits(body)).then_some(Self { header, body })
    }

    /// The two sets: what [`GistRef::new`] takes.
    pub fn sets(&self) -> (&'a [u8], &'a [u8]) {
        (self.header, self.body)
    }

    /// Whether a text of the header may hold a string with these triples.
    pub fn header_may_hold(&self, grams: &Grams) -> bool {
        has_all(self.header, grams)
    }

    /// Whether a text below the header may.
    pub fn body_may_hold(&self, grams: &Grams) -> bool {
        has_all(self.body, grams)
    }
}

fn has_all(set: &[u8], grams: &Grams) -> bool {
    let mask = set.len() * 8 - 1;
    grams.0.iter().all(|hash| {
        let bit = *hash as usize & mask;
        set.get(bit / 8).is_none_or(|octet| octet >> (bit % 8) & 1 == 1)
    })
}

impl Grams {
    /// Those of a string that is folded already.
    pub fn of(folded: &str) -> Self {
        let mut hashes = Vec::new();
        let mut window = Window::default();
        for character in folded.chars() {
            window.push(u32::from(character), |hash| hashes.push(hash));
        }
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes.into())
    }

    /// Whether there is none: then a gist says nothing about the string.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The last three characters, 21 bits each.
#[derive(Default)]
struct Window {
    characters: u64,
    count: u32,
}

impl Window {
    const CHARACTER: u32 = 21;

    fn push(&mut self, character: u32, mut keep: impl FnMut(u32)) {
        let last = self.characters & ((1 << Self::CHARACTER) - 1);
        self.characters =
            (self.characters << Self::CHARACTER | u64::from(character)) & ((1 << (3 * Self::CHARACTER)) - 1);
        self.count += 1;
        if self.count >= 3 {
            self.count = 3;
            keep(hash(self.characters));
        }
        if self.count >= 2 && character >= DENSE_SCRIPTS && last >= u64::from(DENSE_SCRIPTS) {
            // Bit 63 sets a pair apart from a triple.
            keep(hash(1 << 63 | last << Self::CHARACTER | u64::from(character)));
        }
    }

    /// The same for each octet of ASCII text, without looking back at every one of them: most text is such.
    fn push_ascii(&mut self, text: &[u8], hashes: &mut Vec<u32>) {
        for octet in text.iter().take(2) {
            self.push(u32::from(*octet), |hash| hashes.push(hash));
        }
        let joined = |triple: &[u8; 3]| {
            let [first, second, third] = triple.map(u64::from);
            first << (2 * Self::CHARACTER) | second << Self::CHARACTER | third
        };
        hashes.extend(text.array_windows().map(|triple| hash(joined(triple))));
        if let Some(last) = text.last_chunk() {
            self.characters = joined(last);
            self.count = 3;
        }
    }
}

/// A number below [`MOST`]. Its lower bits are as well mixed: a set is halved by leaving the upper one away.
fn hash(characters: u64) -> u32 {
    let mixed = (characters ^ characters >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (64 - MOST.trailing_zeros())) as u32
}

impl Default for GistMaker {
    fn default() -> Self {
        Self { hashes: Vec::new(), set: Box::new([0; MOST / 64]) }
    }
}

impl GistMaker {
    /// The gist of a message.
    pub fn make(&mut self, texts: &Texts<'_>) -> Gist {
        let header = self.of_texts(|visit| texts.each_of_header(visit));
        let body = self.of_texts(|visit| texts.each_of_body(visit));
        Gist { header, body }
    }

    fn of_texts(
        &mut self,
        walk: impl FnOnce(&mut dyn FnMut(Piece<'_>) -> ControlFlow<()>) -> ControlFlow<()>,
    ) -> Vec<u8> {
        let (hashes, set) = (&mut self.hashes, &mut self.set);
        hashes.clear();
        let mut window = Window::default();
        // Most messages have so few triples that a small set is sure to be enough for them: then no large one is filled and halved.
        let mut words = None;
        let walked = walk(&mut |piece| {
            let text = match piece {
                Piece::Whole(text) | Piece::First(text) => {
                    window = Window::default();
                    text
                }
                Piece::Next(text) => text,
            };
            let mut make_room = |hashes: &mut Vec<u32>| {
                if hashes.len() > MOST / SPARSE {
                    let words = *words.get_or_insert_with(|| empty(&mut *set, MOST / 64));
                    put(hashes, set, words);
                }
            };
            if text.is_ascii() {
                for chunk in text.chunks(CHUNK) {
                    window.push_ascii(chunk, hashes);
                    make_room(hashes);
                }
            } else {
                for character in String::from_utf8_lossy(text).chars() {
                    window.push(u32::from(character), |hash| hashes.push(hash));
                    make_room(hashes);
                }
            }
            ControlFlow::Continue(())
        });
        debug_assert!(walked.is_continue());
        let words = words.unwrap_or_else(|| {
            // Each of the halvings that lead here would have kept enough of the bits unset.
            let bits = (hashes.len() * SPARSE).next_power_of_two().clamp(LEAST, MOST);
            empty(set, bits / 64)
        });
        put(hashes, set, words);
        self.halved(words)
    }

    /// The set, as small as [`SPARSE`] lets it be, of the first `words` ones.
    fn halved(&mut self, mut words: usize) -> Vec<u8> {
        while words > LEAST / 64 {
            let half = words / 2;
            let (low, high) = self.set.split_at(half);
            let count: usize = low.iter().zip(high).map(|(low, high)| (low | high).count_ones() as usize).sum();
            if count * SPARSE > half * 64 {
                break;
            }
            let (low, high) = self.set.split_at_mut(half);
            low.iter_mut().zip(&*high).for_each(|(low, high)| *low |= *high);
            words = half;
        }
        self.set.iter().take(words).flat_map(|word| word.to_le_bytes()).collect()
    }
}

/// Empties the first `words` words, and says how many these are.
fn empty(set: &mut [u64; MOST / 64], words: usize) -> usize {
    set.iter_mut().take(words).for_each(|word| *word = 0);
    words
}

/// Puts hashes into the first `words` words, a power of two, and leaves none.
fn put(hashes: &mut Vec<u32>, set: &mut [u64; MOST / 64], words: usize) {
    let mask = words * 64 - 1;
    for hash in hashes.drain(..) {
        let bit = hash as usize & mask;
        if let Some(word) = set.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }
}
