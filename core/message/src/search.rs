//! Looking for text in a message: which texts it has, whether one holds a string, and what is kept to say quickly that none does.
//!
//! [`Texts`] are the texts as RFC 3501 §6.4.4 has them: header fields with encoded words decoded, bodies decoded from their transfer
//! encoding and charset. All of them are folded for i;unicode-casemap before anybody looks. A [`Needle`] is what is looked for; a
//! [`Gist`] is a small set of hashed letter triples that says of most strings that a message cannot hold them.

mod gist;
mod needle;
mod texts;

pub use gist::{Gist, GistMaker, GistRef, Grams};
pub use needle::Needle;
pub use texts::{Piece, Texts, folded_addresses, folded_value, is_plain};

/// The version of what [`Texts`] yields and of how a [`Gist`] is made of it. Whoever changes either, or folds or decodes text otherwise,
/// raises it, and every store makes its gists anew; a test compares both with what they were.
pub const TEXTS_VERSION: u16 = 2;

/// What a kept [`Gist`] depends on: [`TEXTS_VERSION`], the version of digests, and the compiler's version of Unicode, by which letters are
/// made capital.
pub fn version() -> u64 {
    let (major, minor, update) = char::UNICODE_VERSION;
    u64::from(TEXTS_VERSION) << 32
        | u64::from(crate::digest::VERSION) << 24
        | u64::from(major) << 16
        | u64::from(minor) << 8
        | u64::from(update)
}
