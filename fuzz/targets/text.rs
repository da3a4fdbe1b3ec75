//! Header values and bodies to text: any bytes, in any windows, without control characters in headers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use message::transfer::{Decoder, decode};
use message::{TransferEncoding, charset};

fuzz_target!(|input: (u8, &[u8])| {
    let (width, bytes) = input;
    assert!(!message::display::text(bytes).chars().any(char::is_control));
    message::encoded_word::decode_extended(bytes);
    message::address::parse(bytes);
    message::date::parse(bytes);
    message::content::parse_content_type(bytes);
    message::content::parse_disposition(bytes);
    let text = String::from_utf8_lossy(bytes);
    message::flowed::decode(&message::flowed::encode(&text), false);
    let folded = message::casemap::fold(&text);
    assert_eq!(message::casemap::fold(&folded), folded);
    let width = usize::from(width).max(1);
    for encoding in [TransferEncoding::Base64, TransferEncoding::QuotedPrintable] {
        let (mut decoder, mut out) = (Decoder::new(encoding), Vec::new());
        bytes.chunks(width).for_each(|window| decoder.push(window, &mut out));
        decoder.finish(&mut out);
        assert_eq!(out, decode(encoding, bytes));
    }
    for name in [&b"utf-7"[..], b"iso-2022-jp", b"gb18030", b"utf-16", b"x-unknown"] {
        let (mut decoder, mut out) = (charset::CharsetDecoder::new(Some(name)), String::new());
        bytes.chunks(width).for_each(|window| decoder.push(window, &mut out));
        decoder.finish(&mut out);
        assert_eq!(out, charset::decode(bytes, Some(name)));
    }
});
