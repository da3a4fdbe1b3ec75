//! Charsets to text, with guesses where the name is wrong.

use message::charset::{CharsetDecoder, decode};

#[test]
fn named_and_guessed() {
    let table: [(&[u8], Option<&str>, &str); 14] = [
        (b"caf\xc3\xa9", Some("utf-8"), "caf\u{e9}"),
        (b"\xef\xbb\xbfx", Some("utf-8"), "x"),
        (b"caf\xe9", Some("ISO-8859-1"), "caf\u{e9}"),
        (b"\x93x\x94", Some("iso-8859-1"), "\u{201c}x\u{201d}"),
        (b"\xa4", Some("iso-8859-15"), "\u{20ac}"),
        (b"caf\xc3\xa9", None, "caf\u{e9}"),
        (b"caf\xe9", None, "caf\u{e9}"),
        (b"caf\xc3\xa9", Some("us-ascii"), "caf\u{e9}"),
        (b"caf\xe9", Some("no-such-charset"), "caf\u{e9}"),
        (b"\x1b$BF|K\\8l\x1b(B", Some("iso-2022-jp"), "\u{65e5}\u{672c}\u{8a9e}"),
        (b"\x93\xfa", Some("cp932"), "\u{65e5}"),
        (b"A+ImIDkQ-.", Some("utf-7"), "A\u{2262}\u{391}."),
        (b"+-+2D3eAA-", Some("utf-7"), "+\u{1f600}"),
        (b"x\xff", Some("utf-8"), "x\u{fffd}"),
    ];
    for (bytes, charset, expected) in table {
        assert_eq!(decode(bytes, charset.map(str::as_bytes)), expected, "{charset:?}");
        for width in 1..4 {
            let mut decoder = CharsetDecoder::new(charset.map(str::as_bytes));
            let mut out = String::new();
            bytes.chunks(width).for_each(|window| decoder.push(window, &mut out));
            decoder.finish(&mut out);
            assert_eq!(out, expected, "{charset:?} in windows of {width}");
        }
    }
}
