//! Properties that hold for every byte string: nothing panics, ranges nest, digests read back.

use message::{Digest, DigestRef, Limits, PartKind, PartRef, SectionText};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

const FRAGMENTS: &[&str] = &[
    "--a\r\n",
    "--b\r\n",
    "--ab\r\n",
    "--a--\r\n",
    "--b--\r\n",
    "--a",
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "text\r\n",
    "\0",
    "Content-Type: multipart/mixed; boundary=a\r\n",
    "Content-Type: multipart/mixed; boundary=\"b\"\r\n",
    "Content-Type: multipart/digest; boundary=ab\r\n",
    "Content-Type: message/rfc822\r\n",
    "Content-Type: text/html;",
    " charset*0*=x; charset*2=\"",
    "Content-Disposition: attachment; filename*=utf-8''%",
    "Subject: =?utf-8?b?",
    "From: x <y@z>, w:;(\r\n",
    "MIME-Version: 1.0\r\n",
    " folded\r\n",
    ": \r\n",
    "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n",
    "Content-Language: en,\r\n",
    "\u{fc}",
    "--",
    "=?a?q?=?=",
];

fn random_message(random: &mut StdRng) -> Vec<u8> {
    let mut message = Vec::new();
    for _ in 0..random.random_range(0..40) {
        match FRAGMENTS.choose(random) {
            Some(fragment) if random.random_bool(0.95) => message.extend_from_slice(fragment.as_bytes()),
            _ => message.push(random.random()),
        }
    }
    message
}

/// Checks one part against the bytes, and everything below it; returns how many parts there were.
fn check(part: &PartRef<'_>, message: &[u8], within: std::ops::Range<u64>) -> usize {
    assert!(part.header_start <= part.body_start && part.body_start <= part.end);
    assert!(within.start <= part.header_start && part.end <= within.end, "a part lies inside of its parent");
    let body = &message[part.body_start as usize..part.end as usize];
    assert_eq!(part.lines, body.iter().filter(|&&byte| byte == b'\n').count() as u64);
    match part.kind {
        PartKind::Multipart => assert!(part.children().count() > 0),
        PartKind::Message => {
            assert_eq!(part.children().count(), 1);
            assert!(part.envelope().is_some());
        }
        _ => assert_eq!(part.children().count(), 0),
    }
    part.children().map(|child| check(&child, message, part.body_range())).sum::<usize>() + 1
}

#[test]
fn every_byte_string_has_a_digest_that_fits_it() {
    let seed = rand::rng().random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let limits = Limits { parts: 30, depth: 6, header_bytes: 4000 };
    for _ in 0..4000 {
        let message = random_message(&mut random);
        let digest = Digest::of(&message, &limits);
        let view = digest.view().expect("own digest");
        let whole = 0..message.len() as u64;
        assert_eq!(view.size(), whole.end);
        assert_eq!(view.section(&[], SectionText::Whole), Some(whole.clone()));
        assert_eq!(view.root().end, whole.end);
        check(&view.root(), &message, whole);
        for path in [&[1][..], &[2], &[1, 1], &[1, 2, 1], &[9]] {
            for text in [SectionText::Whole, SectionText::Header, SectionText::Text, SectionText::Mime] {
                if let Some(range) = view.section(path, text) {
                    assert!(range.start <= range.end && range.end <= message.len() as u64);
                }
            }
        }
    }
}

#[test]
fn damaged_digests_are_refused_or_read_without_harm() {
    fn walk(part: &PartRef<'_>) -> usize {
        let _ = (part.params.count(), part.languages.count(), part.envelope().map(|e| e.to.count()));
        1 + part.children().map(|child| walk(&child)).sum::<usize>()
    }
    let seed = rand::rng().random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..3000 {
        let message = random_message(&mut random);
        let mut bytes = Digest::of(&message, &Limits::default()).into_bytes();
        let at = random.random_range(1..bytes.len());
        bytes[at] = random.random();
        if let Ok(view) = DigestRef::decode(&bytes) {
            let envelope = view.envelope();
            let _ = (envelope.from.count(), envelope.cc.count(), walk(&view.root()));
        }
    }
}

#[test]
fn text_functions_take_anything() {
    let seed = rand::rng().random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..3000 {
        let value = random_message(&mut random);
        message::address::parse(&value);
        message::date::parse(&value);
        message::content::parse_content_type(&value);
        message::content::parse_disposition(&value);
        message::encoded_word::decode_extended(&value);
        let shown = message::display::text(&value);
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        let text = String::from_utf8_lossy(&value);
        let again = message::flowed::encode(&text);
        message::flowed::decode(&again, random.random());
        for charset in [&b"utf-7"[..], b"iso-2022-jp", b"gb18030", b"utf-16"] {
            message::charset::decode(&value, Some(charset));
        }
    }
}
