//! Transfer encodings (RFC 2045 §6): any window size gives the same bytes.

use message::TransferEncoding::{self, Base64, Identity, QuotedPrintable};
use message::transfer::{Base64Encoder, Decoder, QuotedPrintableEncoder, base64_encoded_len, decode};
use rand::{Rng, SeedableRng, rngs::StdRng};

#[test]
fn names() {
    assert_eq!(TransferEncoding::from_name(b" BASE64 "), Base64);
    assert_eq!(TransferEncoding::from_name(b"Quoted-Printable"), QuotedPrintable);
    assert_eq!(TransferEncoding::from_name(b"x-what"), Identity);
}

#[test]
fn good_and_broken_bodies() {
    let table: [(TransferEncoding, &[u8], &[u8]); 16] = [
        (Base64, b"aGVsbG8=", b"hello"),
        (Base64, b"aGVs\r\nbG8=\r\n", b"hello"),
        (Base64, b"aGVsbG8", b"hello"),
        (Base64, b"aGk=aGk=", b"hihi"),
        (Base64, b"a!G@V#s\x00bG8=", b"hello"),
        (Base64, b"a", b""),
        (QuotedPrintable, b"a=3Db", b"a=b"),
        (QuotedPrintable, b"a=3db", b"a=b"),
        (QuotedPrintable, b"soft=\r\n break", b"soft break"),
        (QuotedPrintable, b"soft= \t\r\nbreak", b"softbreak"),
        (QuotedPrintable, b"soft=\nbreak", b"softbreak"),
        (QuotedPrintable, b"trailing  \r\nblank ", b"trailing\r\nblank"),
        (QuotedPrintable, b"bad=zz =", b"bad=zz "),
        (QuotedPrintable, b"bad=4", b"bad=4"),
        (QuotedPrintable, b"a  b", b"a  b"),
        (Identity, b"a=3D \r\n", b"a=3D \r\n"),
    ];
    for (encoding, body, expected) in table {
        assert_eq!(decode(encoding, body), expected, "{encoding:?} {}", String::from_utf8_lossy(body));
        for width in 1..body.len().max(2) {
            let mut decoder = Decoder::new(encoding);
            let mut out = Vec::new();
            body.chunks(width).for_each(|window| decoder.push(window, &mut out));
            decoder.finish(&mut out);
            assert_eq!(out, expected, "in windows of {width}");
        }
    }
}

#[test]
fn what_is_encoded_comes_back() {
    let seed = rand::rng().random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..300 {
        let length = random.random_range(0..600);
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                if random.random_bool(0.3) {
                    *b" \t\r\n=.".get(random.random_range(0..6)).unwrap_or(&0)
                } else {
                    random.random()
                }
            })
            .collect();
        let width = random.random_range(1..100);

        let (mut encoder, mut encoded) = (Base64Encoder::new(), Vec::new());
        bytes.chunks(width).for_each(|window| encoder.push(window, &mut encoded));
        encoder.finish(&mut encoded);
        assert_eq!(encoded.len() as u64, base64_encoded_len(length as u64));
        assert!(encoded.split(|&byte| byte == b'\n').all(|line| line.len() <= 77));
        assert_eq!(decode(Base64, &encoded), bytes);

        let (mut encoder, mut encoded) = (QuotedPrintableEncoder::new(), Vec::new());
        bytes.chunks(width).for_each(|window| encoder.push(window, &mut encoded));
        encoder.finish(&mut encoded);
        assert!(encoded.split(|&byte| byte == b'\n').all(|line| line.len() <= 77), "{}", encoded.escape_ascii());
        assert_eq!(decode(QuotedPrintable, &encoded), bytes, "{}", encoded.escape_ascii());
    }
}
