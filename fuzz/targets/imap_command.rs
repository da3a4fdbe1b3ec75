//! The IMAP grammar returns for any bytes.
#![no_main]

use imap_wire::Request;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Request::parse(bytes);
});
