//! A gist never says of a string that a message holds that it does not hold it.

use std::ops::ControlFlow;

use message::search::{Gist, GistMaker, Needle, Piece, TEXTS_VERSION, Texts};
use message::{Digest, Limits};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sha2::{Digest as _, Sha256};

/// Messages in many charsets: number, so that each differs.
pub fn in_charsets(number: usize) -> Vec<Vec<u8>> {
    let text = |charset: &str, encoding: &str, body: &[u8]| {
        let head = format!(
            "From: =?utf-8?q?J=C3=B6rg_{number}?= <j{number}@elsewhere.test>\r\nTo: a@example.test\r\nSubject: =?{charset}?q?{}?=\r\n\
             Message-ID: <{charset}-{number}@x>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}; format=flowed\r\n\
             Content-Transfer-Encoding: {encoding}\r\n\r\n",
            body.iter().take(8).map(|byte| format!("={byte:02X}")).collect::<String>()
        );
        [head.as_bytes(), body, format!("\r\n{number} and \r\na soft line\r\n").as_bytes()].concat()
    };
    vec![
        text("utf-8", "8bit", "Grüße aus Köln, Ελληνικά, ﬁn, русский текст, 日本語の文書, 한국어".as_bytes()),
        text("iso-8859-1", "8bit", b"caf\xe9 \xe0 la carte, na\xefve"),
        text("windows-1251", "8bit", b"\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0"),
        text("koi8-r", "8bit", b"\xf0\xd2\xc9\xd7\xc5\xd4 \xcd\xc9\xd2"),
        text("iso-2022-jp", "7bit", b"\x1b$BF|K\\8l$NJ8>O\x1b(B plain"),
        text("gb18030", "8bit", b"\xc4\xe3\xba\xc3\xca\xc0\xbd\xe7 hello"),
        text("big5", "8bit", b"\xa7A\xa6n\xa5@\xac\xc9 hello"),
        text("euc-kr", "8bit", b"\xbe\xc8\xb3\xe7 \xc7\xcf\xbc\xbc\xbf\xe4"),
        text("utf-7", "7bit", b"+BB8EQAQ4BDIENQRC- world"),
        text("utf-8", "quoted-printable", b"a phrase that goes on =\r\nover soft breaks, =C3=A9t=C3=A9"),
        text("utf-8", "base64", b"R3LDvMOfZSBhdXMgZGVyIEJhc2UgNjQsIGRpZSBuaWUgZW5kZXQ="),
    ]
}

/// Texts of a message, whole, with whether they are its header's.
fn texts(message: &[u8]) -> Vec<(bool, Vec<u8>)> {
    let digest = Digest::of(message, &Limits::default());
    let texts = Texts { octets: message, digest: digest.view().unwrap() };
    let header = digest.view().unwrap().root().header_range();
    let block = &message[header.start as usize..header.end as usize];
    // What HEADER compares, each field for itself.
    let mut all: Vec<(bool, Vec<u8>)> =
        message::headers(block).map(|field| (true, message::search::folded_value(field.value))).collect();
    for header in [true, false] {
        let mut visit = |piece: Piece<'_>| {
            match piece {
                Piece::Whole(text) | Piece::First(text) => all.push((header, text.to_vec())),
                Piece::Next(text) => all.last_mut().unwrap().1.extend_from_slice(text),
            }
            ControlFlow::Continue(())
        };
        let walked = if header { texts.each_of_header(&mut visit) } else { texts.each_of_body(&mut visit) };
        assert!(walked.is_continue());
    }
    all
}

fn gist(maker: &mut GistMaker, message: &[u8]) -> Gist {
    let digest = Digest::of(message, &Limits::default());
    maker.make(&Texts { octets: message, digest: digest.view().unwrap() })
}

/// Up to 40 characters of a text, at random.
pub fn substring(random: &mut impl Rng, text: &str) -> Option<String> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    if starts.is_empty() {
        return None;
    }
    let from = random.random_range(0..starts.len());
    let to = (from + random.random_range(1..40)).min(starts.len());
    Some(text[starts[from]..starts.get(to).copied().unwrap_or(text.len())].to_owned())
}

fn messages() -> Vec<Vec<u8>> {
    let real = suite::corpus::spam_assassin().into_iter().map(|(_, message)| message);
    real.chain((0..20).flat_map(in_charsets)).collect()
}

#[test]
fn no_substring_of_a_message_is_ruled_out() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut maker = GistMaker::default();
    let messages = messages();
    let gists: Vec<Gist> = messages.iter().map(|message| gist(&mut maker, message)).collect();
    let (mut tried, mut others, mut left) = (0, 0, 0);
    for (message, gist) in messages.iter().zip(&gists) {
        for (header, text) in texts(message) {
            let text = String::from_utf8(text).expect("folded text is UTF-8");
            let Some(part) = substring(&mut random, &text) else { continue };
            let needle = Needle::new(&part);
            // The fold of a folded text may be another one where a piece of it begins with a mark that composes.
            if !needle.is_in_folded(text.as_bytes()) {
                continue;
            }
            tried += 1;
            let view = gist.view();
            let may = if header { view.header_may_hold(needle.grams()) } else { view.body_may_hold(needle.grams()) };
            assert!(may, "{part:?} was ruled out");
            if part.chars().count() >= 12 && !header {
                let other = &gists[random.random_range(0..gists.len())];
                others += 1;
                left += usize::from(other.view().body_may_hold(needle.grams()));
            }
        }
    }
    assert!(tried > 20_000, "{tried}");
    // A long string is looked for in few others: those that hold it, mostly.
    assert!(left * 10 < others, "{left} of {others} would be read");
}

#[test]
fn gists_are_a_fraction_of_the_text() {
    let mut maker = GistMaker::default();
    let (mut kept, mut all) = (0, 0);
    for message in messages() {
        let gist = gist(&mut maker, &message);
        assert!(gist.header().len() <= 16 << 10 && gist.body().len() <= 16 << 10);
        kept += gist.header().len() + gist.body().len();
        all += message.len();
    }
    assert!(kept * 4 < all, "{kept} of {all}");
}

/// What is kept on disk was made by some version: another way to fold, to decode or to hash has to be another version.
#[test]
fn texts_and_gists_are_those_of_their_version() {
    let mut folds = Sha256::new();
    for character in ('\0'..=char::MAX).filter(|character| !character.is_ascii()) {
        folds.update(message::casemap::fold(character.encode_utf8(&mut [0; 4])));
    }
    let mut maker = GistMaker::default();
    let mut gists = Sha256::new();
    for message in messages() {
        let gist = gist(&mut maker, &message);
        gists.update(gist.header());
        gists.update(gist.body());
    }
    let short = |hash: Sha256| hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>();
    let known = (2, "75db0977a17928cf", "9578ac7b9ded4a1c");
    assert_eq!((TEXTS_VERSION, short(folds).as_str(), short(gists).as_str()), known, "raise TEXTS_VERSION with this");
}
