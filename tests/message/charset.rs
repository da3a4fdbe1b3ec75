//! Charsets to text, with guesses where the name is wrong.

use message::charset::{Charset, CharsetDecoder, NAMES, decode};

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

/// Made with another implementation.
#[test]
fn charsets_of_old_and_far_mail() {
    #[rustfmt::skip]
    let table: [(&[u8], &str, &str); 35] = [
        (b"\x80a va? \xab \xb2", "IBM437", "Ça va? ½ ▓"),
        (b"\x92r\x9b \x9e", "cp850", "Ærø ×"),
        (b"P\xfd\xa1li\xe7 \xa7lu\x9cou\x9fk\xec", "IBM852", "Příliš žluťoučký"),
        (b"\xd5 5", "IBM00858", "€ 5"),
        (b"\x99\x8c\x85\x8d", "ibm862", "שלום"),
        (b"\x84\xa2\xa2\xe1\xaa", "cp737", "Ελλάς"),
        (b"\x8f\xe0\xa8\xa2\xa5\xe2", "CP-866", "Привет"),
        (b"\xdd\xe1\xb7\xeb\xa8\xe5", "ibm855", "Привет"),
        (b"\x9d", "cp865", "Ø"),
        (b"\xd8\xd0sis", "cp775", "žąsis"),
        (b"\x1b$)C\x0eGQ19>n\x0f text", "iso-2022-kr", "한국어 text"),
        (b"~{Dc:C~} ~~ ok", "hz-gb-2312", "你好 ~ ok"),
        (b"\x1b$BF|K\x5c8l\x1b(B \x1b$(D+1\x1b(B \x1b$B&8\x1b(B \x1b$(CGQ\x1b(B", "iso-2022-jp-2", "日本語 é Ω 한"),
        (b"\x1b$BF|K\x5c8l\x1b(B \x1b$(D0!\x1b(B", "iso-2022-jp-1", "日本語 丂"),
        (b"\xc4\xe3\xba\xc3\x819\xef1", "gb18030", "你好㐂"),
        (b"\xca\xc0\xbd\xe7", "gb2312", "世界"),
        (b"\xa5@\xac\xc9", "big5", "世界"),
        (b"\xb7\xd6\xc1\xcb", "koi8-u", "Їжак"),
        (b"\xb3\xd6", "koi8-r", "Ёж"),
        (b"\xcc\xe8\xf0", "win-1251", "Мир"),
        (b"\x8elu\x9d", "cp1250", "Žluť"),
        (b"\xf9\xec\xe5\xed", "cp_1255", "שלום"),
        (b"\xd3\xe1\xc7\xe3", "windows-1256", "سلام"),
        (b"\xc0\xfeuolas", "cp1257", "Ąžuolas"),
        (b"\xca\xc7\xd1\xca\xb4\xd5", "tis-620", "สวัสดี"),
        (b"\xc5\xeb\xeb\xdc\xf2", "iso-8859-7", "Ελλάς"),
        (b"\xddstanbul", "iso-8859-9", "İstanbul"),
        (b"\xff\xfeB\x00O\x00M\x00 \x00\xe9\x00", "utf-16", "BOM é"),
        (b"\x00\xe9", "utf-16be", "é"),
        (b"\xc6\xfc\xcb\xdc", "euc-jp", "日本"),
        (b"\x93\xfa\x96{", "shift_jis", "日本"),
        (b"\xc7\xd1\xb1\xb9", "ks_c_5601-1987", "한국"),
        (b"\x8e\xa0", "macintosh", "é†"),
        (b"\x1b$)A\x0e=;;;\x1b$)GG(_P\x0f x", "iso-2022-cn", "交换�� x"),
        (b"\xfe\xff\x00A", "utf-16", "A"),
    ];
    for (bytes, charset, expected) in table {
        assert_eq!(decode(bytes, Some(charset.as_bytes())), expected, "{charset}");
        for width in 1..4 {
            let mut decoder = CharsetDecoder::new(Some(charset.as_bytes()));
            let mut out = String::new();
            bytes.chunks(width).for_each(|window| decoder.push(window, &mut out));
            decoder.finish(&mut out);
            assert_eq!(out, expected, "{charset} in windows of {width}");
        }
        let whole = if expected.contains('\u{fffd}') { None } else { Some(expected.to_owned()) };
        assert_eq!(
            Charset::find(charset.as_bytes()).unwrap().decode(bytes),
            whole,
            "{charset} as the charset of a search"
        );
    }
}

#[test]
fn every_charset_that_is_named_to_clients_is_decoded() {
    for name in NAMES {
        let charset = Charset::find(name.as_bytes()).unwrap_or_else(|| panic!("{name} is not known"));
        let ascii: &[u8] = match *name {
            "UTF-16" | "UTF-16LE" => b"h\0i\0",
            "UTF-16BE" => b"\0h\0i",
            _ => b"hi",
        };
        assert_eq!(charset.decode(ascii).as_deref(), Some("hi"), "{name}");
    }
    assert_eq!(Charset::find(b"x-klingon"), None);
    assert_eq!(Charset::find(b"cp99999"), None);
    assert_eq!(Charset::find(b"utf-8").unwrap().decode(b"\xff"), None);
    assert_eq!(Charset::find(b"us-ascii").unwrap().decode("\u{e9}".as_bytes()), Some("\u{e9}".to_owned()));
}
