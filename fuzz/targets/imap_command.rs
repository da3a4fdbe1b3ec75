//! The IMAP grammar returns for any bytes, and a stream makes the same commands however it arrives.
#![no_main]

use imap_wire::Request;
use imap_wire::frame::{Event, FrameLimits, Splitter};
use libfuzzer_sys::fuzz_target;

/// The commands of a stream that comes in windows, a refused one as nothing.
fn commands(bytes: &[u8], width: usize) -> Vec<Option<Vec<u8>>> {
    let mut splitter = Splitter::new(FrameLimits { line: 512, literal: 256, command: 1024 });
    let mut found = Vec::new();
    for window in bytes.chunks(width) {
        splitter.feed(window);
        loop {
            match splitter.advance() {
                Event::More => break,
                Event::Command => {
                    found.push(Some(splitter.text().to_vec()));
                    splitter.finish();
                }
                Event::Literal(_) => {
                    if !splitter.keep_literal() {
                        splitter.refuse_literal();
                        found.push(None);
                    }
                }
                Event::Streaming => panic!("no literal is streamed here"),
                Event::TooLong => {
                    splitter.refused_tag();
                    found.push(None);
                }
            }
        }
    }
    found
}

fuzz_target!(|input: (u8, &[u8])| {
    let (width, bytes) = input;
    let _ = Request::parse(bytes);
    let whole = commands(bytes, bytes.len().max(1));
    assert_eq!(commands(bytes, usize::from(width).max(1)), whole);
    for command in whole.into_iter().flatten() {
        let _ = Request::parse(&command);
    }
});
