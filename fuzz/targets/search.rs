//! What a search finds in a message's texts its gist never rules out, and windows hide nothing that a whole text holds.
#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use message::search::{GistMaker, GistRef, Grams, Needle, Piece, Texts};
use message::{Digest, Limits, casemap};

fuzz_target!(|input: (u16, u8, &[u8])| {
    let (from, length, octets) = input;
    let digest = Digest::of(octets, &Limits { header_bytes: 1 << 16, parts: 100, depth: 20 });
    let texts = Texts { octets, digest: digest.view().expect("own digest") };
    let gist = GistMaker::default().make(&texts);
    let view = gist.view();
    assert!(GistRef::new(gist.header(), gist.body()).is_some());
    for header in [true, false] {
        let mut all: Vec<Vec<u8>> = Vec::new();
        let mut visit = |piece: Piece<'_>| {
            match piece {
                Piece::Whole(text) | Piece::First(text) => all.push(text.to_vec()),
                Piece::Next(text) => all.last_mut().expect("a first window").extend_from_slice(text),
            }
            ControlFlow::Continue(())
        };
        let _ = if header { texts.each_of_header(&mut visit) } else { texts.each_of_body(&mut visit) };
        for text in all {
            let text = String::from_utf8(text).expect("folded text is UTF-8");
            let part: String = text.chars().skip(usize::from(from) % text.chars().count().max(1)).take(length.into()).collect();
            let grams = Grams::of(&part);
            assert!(if header { view.header_may_hold(&grams) } else { view.body_may_hold(&grams) }, "{part:?}");
            let needle = Needle::new(&part);
            // Some of these texts are headers of parts, in which TEXT looks and BODY does not.
            if !header && needle.is_in_folded(text.as_bytes()) {
                assert!(texts.text_holds(&needle));
            }
        }
    }
    // Any string at all: what is held is not ruled out.
    let string = String::from_utf8_lossy(octets.get(..length.into()).unwrap_or(octets)).into_owned();
    let needle = Needle::new(&string);
    if texts.body_holds(&needle) {
        assert!(view.body_may_hold(needle.grams()) && texts.text_holds(&needle));
    }
    if texts.text_holds(&needle) {
        assert!(view.body_may_hold(needle.grams()) || view.header_may_hold(needle.grams()));
    }
    if texts.header_holds(b"subject", &needle) {
        assert!(view.header_may_hold(needle.grams()));
    }
    let _ = casemap::contains(&String::from_utf8_lossy(octets), &string);
});
