//! Header fields as they stand in a message (RFC 5322 §2.2).

use message::header::{find, header_end, headers, unfold};

#[test]
fn fields_come_with_their_raw_lines() {
    let block = b"Subject: one\r\n\ttwo\r\nX-Empty:\r\nno colon here\r\nTo : me\r\n\r\nbody: not a field\r\n";
    let fields: Vec<_> = headers(block).collect();
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    assert_eq!(names, [&b"Subject"[..], b"X-Empty", b"no colon here", b"To"]);
    assert_eq!(fields[0].value, b"one\r\n\ttwo");
    assert_eq!(fields[0].unfolded().as_ref(), b"one\ttwo");
    assert_eq!(fields[0].raw, b"Subject: one\r\n\ttwo\r\n");
    assert_eq!(fields[1].value, b"");
    assert_eq!(fields[3].value, b"me");
    for field in &fields {
        assert_eq!(&block[field.offset..field.offset + field.raw.len()], field.raw);
    }
    assert_eq!(header_end(block), block.len() - b"body: not a field\r\n".len());
    assert!(find(block, "subject").is_some());
    assert!(find(block, "body").is_none());
}

#[test]
fn line_feeds_alone_are_line_breaks_too() {
    let block = b"A: 1\n 2\nB: 3\n\nbody";
    assert_eq!(headers(block).map(|field| field.unfolded().into_owned()).collect::<Vec<_>>(), [&b"1 2"[..], b"3"]);
    assert_eq!(header_end(block), block.len() - 4);
}

#[test]
fn a_block_may_end_anywhere() {
    for block in [&b""[..], b"\r\n", b"\n", b":", b" ", b"A", b"A:", b"A: b\r", b"A: b\r\n ", b"\0\0"] {
        assert!(headers(block).count() <= 1, "{block:?}");
        assert!(header_end(block) <= block.len());
    }
    assert_eq!(unfold(b"a\r\n\r\n b").as_ref(), b"a b");
}
