//! Encoded words (RFC 2047) and extended parameters (RFC 2231 §4).

use message::encoded_word::{decode, decode_extended};

#[test]
fn the_examples_of_the_standard_and_of_real_mail() {
    let table: [(&[u8], &str); 26] = [
        (b"plain", "plain"),
        (b"=?ISO-8859-1?Q?a?=", "a"),
        (b"=?ISO-8859-1?Q?a?= b", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a_b?=", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        (b"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        (b"=?iso-8859-1*de?q?J=F6rg?=", "J\u{f6}rg"),
        (b"=?UTF-8?B?SsO2cmc=?=", "J\u{f6}rg"),
        // A character split between two words.
        (b"=?utf-8?q?J=C3?= =?utf-8?q?=B6rg?=", "J\u{f6}rg"),
        (b"=?utf-8?b?SsM=?= =?utf-8?b?tnJn?=", "J\u{f6}rg"),
        (b"=?ISO-2022-JP?B?GyRCRnxLXDhsGyhC?=", "\u{65e5}\u{672c}\u{8a9e}"),
        (b"=?gb2312?B?1tDOxA==?=", "\u{4e2d}\u{6587}"),
        (b"=?utf-7?Q?Hi_+AOQ-?=", "Hi \u{e4}"),
        (b"=?x-unknown?Q?caf=C3=A9?=", "caf\u{e9}"),
        (b"=?x-unknown?Q?caf=E9?=", "caf\u{e9}"),
        (b"=?us-ascii?Q?caf=E9?=", "caf\u{e9}"),
        (b"raw \xc3\xa9", "raw \u{e9}"),
        (b"raw \xe9", "raw \u{e9}"),
        (b"=?utf-8?q?not closed", "=?utf-8?q?not closed"),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        (b"=?utf-8?q??=", ""),
        (b"=?utf-8?Q?What?_now?=", "What? now"),
        // A line break that was encoded stays out.
        (b"=?utf-8?q?a=0D=0ABcc:_x?=", "a  Bcc: x"),
        (b"a=?utf-8?q?b?=c", "abc"),
    ];
    for (value, expected) in table {
        assert_eq!(decode(value), expected, "{}", String::from_utf8_lossy(value));
    }
}

#[test]
fn extended_values() {
    assert_eq!(decode_extended(b"utf-8'en'%e2%82%ac%20rates"), "\u{20ac} rates");
    assert_eq!(decode_extended(b"iso-8859-1''%A3"), "\u{a3}");
    assert_eq!(decode_extended(b"''plain%41"), "plainA");
    assert_eq!(decode_extended(b"no quotes%zz%4"), "no quotes%zz%4");
    assert_eq!(decode_extended(b"utf-8''a%0d%0ab"), "a  b");
}

#[test]
fn hostile_values_cost_their_length() {
    for unit in ["=?", "=?a?q?", "=?a?q?b", "?=", "=?utf-8?q?=41?= ", "=?utf-8?b?", "=?a?q?x?=?="] {
        let value = unit.repeat(400_000 / unit.len());
        assert!(decode(value.as_bytes()).len() <= 3 * value.len(), "{unit:?}");
    }
}
