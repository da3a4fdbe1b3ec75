//! Message IDs and subjects as threading compares them: by a keyed hash of 128 bits, so that facts are small and quick to look up.
//!
//! The keys are the process's own and secret: nobody can write two message IDs that are taken for one.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::LazyLock;

static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);

/// What stands for a text in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Name(u128);

impl Name {
    /// Of no text, and of the empty one.
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(text: &[u8]) -> Self {
        let [one, other] = &*KEYS;
        if text.is_empty() {
            return Self::NONE;
        }
        Self(u128::from(one.hash_one(text)) << 64 | u128::from(other.hash_one(text)))
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl std::hash::Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.0);
    }
}

/// Names are hashes already.
#[derive(Default)]
pub(super) struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, number: u128) {
        self.0 = number as u64;
    }
}

/// A table by names.
pub(super) type Table = HashMap<Name, usize, BuildHasherDefault<Same>>;
