//! Any bytes have a digest that reads back, and its parts lie inside of the message and of each other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use message::{Digest, DigestRef, Limits, PartRef};
use std::ops::Range;

fn check(part: &PartRef<'_>, within: Range<u64>) {
    assert!(part.header_start <= part.body_start && part.body_start <= part.end);
    assert!(within.start <= part.header_start && part.end <= within.end);
    for (name, value) in part.params {
        assert!(!name.contains(&0) && !value.contains(&0));
    }
    message::display::file_name(part);
    part.children().for_each(|child| check(&child, part.body_range()));
}

fuzz_target!(|bytes: &[u8]| {
    let digest = Digest::of(bytes, &Limits { header_bytes: 1 << 16, parts: 100, depth: 20 });
    let view = digest.view().expect("own digest");
    check(&view.root(), 0..bytes.len() as u64);
    assert!(view.crlf_size() >= view.size());
    let envelope = view.envelope();
    for list in [envelope.from, envelope.sender, envelope.reply_to, envelope.to, envelope.cc, envelope.bcc] {
        message::display::addresses(list);
    }
    // The same bytes as a stored digest: damage is refused or read without harm.
    if let Ok(view) = DigestRef::decode(bytes) {
        let envelope = view.envelope();
        envelope.from.chain(envelope.to).count();
        view.root().children().count();
    }
});
