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
}

/// A number below [`MOST`]. Its lower bits are as well mixed: a set is halved by leaving the upper one away.
fn hash(characters: u64) -> u32 {
    let mixed = (characters ^ characters >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (64 - MOST.trailing_zeros())) as u32
}

impl Default for GistMaker {
    fn default() -> Self {
        Self { set: Box::new([0; MOST / 64]) }
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
        self.set.fill(0);
        let mut window = Window::default();
        let set = &mut self.set;
        let walked = walk(&mut |piece| {
            let text = match piece {
                Piece::Whole(text) | Piece::First(text) => {
                    window = Window::default();
                    text
                }
                Piece::Next(text) => text,
            };
            let mut keep = |hash: u32| {
                if let Some(word) = set.get_mut(hash as usize / 64) {
                    *word |= 1 << (hash % 64);
                }
            };
            if text.is_ascii() {
                text.iter().for_each(|byte| window.push(u32::from(*byte), &mut keep));
            } else {
                let text = String::from_utf8_lossy(text);
                text.chars().for_each(|character| window.push(u32::from(character), &mut keep));
            }
            ControlFlow::Continue(())
        });
        debug_assert!(walked.is_continue());
        self.halved()
    }

    /// The set, as small as [`SPARSE`] lets it be.
    fn halved(&mut self) -> Vec<u8> {
        let mut words = MOST / 64;
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
