//! A string to look for, folded once.

use std::ops::ControlFlow;
use std::sync::Arc;

use memchr::memmem::Finder;

use super::gist::Grams;
use super::texts::Piece;
use crate::casemap;

/// What is looked for. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Needle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    finder: Finder<'static>,
    grams: Grams,
}

impl Needle {
    /// Looks for `text`, in any case.
    pub fn new(text: &str) -> Self {
        let folded = casemap::fold(text);
        let inner = Inner { grams: Grams::of(&folded), finder: Finder::new(folded.as_bytes()).into_owned() };
        Self { inner: Arc::new(inner) }
    }

    /// Whether there is nothing to look for, which every text holds.
    pub fn is_empty(&self) -> bool {
        self.inner.finder.needle().is_empty()
    }

    /// Its letter triples, for a [`super::GistRef`].
    pub fn grams(&self) -> &Grams {
        &self.inner.grams
    }

    /// Whether a text that is folded already holds it.
    pub fn is_in_folded(&self, folded: &[u8]) -> bool {
        self.inner.finder.find(folded).is_some()
    }

    /// Whether a walk over texts, as those of [`super::Texts`], comes to one that holds it.
    pub fn is_among(&self, walk: impl FnOnce(&mut dyn FnMut(Piece<'_>) -> ControlFlow<()>) -> ControlFlow<()>) -> bool {
        let mut tail: Vec<u8> = Vec::new();
        let kept = self.inner.finder.needle().len().saturating_sub(1);
        let found = walk(&mut |piece| {
            let (window, goes_on) = match piece {
                Piece::Whole(text) => return flow(self.is_in_folded(text)),
                Piece::First(window) => (window, false),
                Piece::Next(window) => (window, true),
            };
            if !goes_on {
                tail.clear();
            }
            // A match may lie across two windows.
            tail.extend_from_slice(window);
            let found = self.is_in_folded(&tail);
            let cut = tail.len().saturating_sub(kept);
            tail.drain(..cut);
            flow(found)
        });
        found.is_break()
    }
}

fn flow(found: bool) -> ControlFlow<()> {
    if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
