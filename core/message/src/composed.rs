//! Whether text is composed as Net-Unicode wants it: Unicode normalization form C (RFC 5198 §2).

use icu_normalizer::ComposingNormalizerBorrowed;

/// True when every character that can be composed is.
pub fn is_composed(text: &str) -> bool {
    text.is_ascii() || const { ComposingNormalizerBorrowed::new_nfc() }.is_normalized(text)
}
