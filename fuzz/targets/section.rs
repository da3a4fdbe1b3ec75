//! Every section of any message lies inside of it; chosen header fields and all others make up the header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use message::section::header_fields;
use message::{Digest, FieldChoice, Limits, SectionText};

fuzz_target!(|input: (Vec<u32>, &[u8])| {
    let (path, bytes) = input;
    let digest = Digest::of(bytes, &Limits { header_bytes: 1 << 16, parts: 100, depth: 20 });
    let view = digest.view().expect("own digest");
    // Small numbers find parts; the fuzzer's own are mostly far too large.
    let near: Vec<u32> = path.iter().map(|number| number % 4 + 1).collect();
    for path in [&path, &near] {
        for text in [SectionText::Whole, SectionText::Header, SectionText::Text, SectionText::Mime] {
            if let Some(range) = view.section(path, text) {
                assert!(range.start <= range.end && range.end <= bytes.len() as u64);
            }
        }
    }
    let header = &bytes[..view.root().body_start as usize];
    let chosen = header_fields(header, &["subject", "from"], FieldChoice::Only);
    let others = header_fields(header, &["subject", "from"], FieldChoice::Except);
    let blank = if header_fields(header, &["\0"], FieldChoice::Only).is_empty() { 0 } else { 2 };
    assert!(chosen.len() + others.len() <= header.len() + 2 * blank);
});
