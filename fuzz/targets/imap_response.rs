//! What is printed of any message and any bytes reads back as it was: strings, names, sets, ENVELOPE, BODYSTRUCTURE.
#![no_main]

use imap_wire::print::{self, Detail};
use imap_wire::{Names, mailbox};
use libfuzzer_sys::fuzz_target;
use message::{Digest, Limits};

#[allow(dead_code)]
#[path = "../../tests/kit/tree.rs"]
mod tree;

use tree::{Node, Quoting, parse};

fn read(octets: &[u8]) -> Vec<Node> {
    parse(octets, Quoting::Wire).unwrap_or_else(|error| panic!("{error}: {}", octets.escape_ascii()))
}

fuzz_target!(|octets: &[u8]| {
    let mut out = Vec::new();
    print::string(&mut out, octets);
    let mut sent = octets.to_vec();
    print::mask_nul(&mut sent);
    assert_eq!(read(&out), [Node::Text(sent.clone())]);

    // The reader takes `BODY[…]` for one atom, and an atom may hold a bracket that nothing closes.
    let bracketed = octets.contains(&b'[');
    if !bracketed {
        out.clear();
        print::astring(&mut out, octets);
        let nodes = read(&out);
        assert_eq!(nodes.len(), 1, "{}", out.escape_ascii());
        assert_eq!(nodes[0].bytes(), Some(&sent[..]));
    }

    if let Ok(name) = std::str::from_utf8(octets)
        && !name.contains('\0')
        && !bracketed
    {
        assert_eq!(mailbox::decode(&mailbox::encode(name), Names::Utf7).as_deref().ok(), Some(name));
        for dialect in [Names::Utf7, Names::Utf8] {
            out.clear();
            print::list_line(&mut out, "LIST", ["\\Marked"], name, dialect, b"");
            let line = out.strip_suffix(b"\r\n").expect("a line");
            let nodes = read(line);
            assert_eq!(nodes.len(), 5, "{}", out.escape_ascii());
        }
        out.clear();
        print::text(&mut out, name);
        assert!(!out.is_empty() && !out.contains(&b'\r') && !out.contains(&b'\n'));
    }

    let mut numbers: Vec<u32> = octets.chunks(2).map(|pair| u32::from(pair[0]) * 16 + u32::from(pair.len() as u8)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    out.clear();
    print::number_set(&mut out, numbers.iter().copied());
    let back: Vec<u32> = String::from_utf8_lossy(&out)
        .split(',')
        .filter(|range| !range.is_empty())
        .flat_map(|range| {
            let mut ends = range.split(':').map(|end| end.parse::<u32>().expect("a number"));
            let first = ends.next().expect("a first number");
            first..=ends.next().unwrap_or(first)
        })
        .collect();
    assert_eq!(back, numbers);

    let digest = Digest::of(octets, &Limits { header_bytes: 1 << 16, parts: 100, depth: 20 });
    let view = digest.view().expect("own digest");
    out.clear();
    print::envelope(&mut out, &view.envelope());
    let nodes = read(&out);
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes[0].items().len(), 10);
    for detail in [Detail::Basic, Detail::Extended] {
        out.clear();
        print::body_structure(&mut out, &view.root(), detail);
        let nodes = read(&out);
        assert_eq!(nodes.len(), 1);
        assert!(nodes[0].items().len() >= 2);
    }
});
