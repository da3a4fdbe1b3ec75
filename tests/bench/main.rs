//! The benchmark: ours and Debian's Dovecot under the same loads in one run, as one table of ratios.
//!
//! `cargo run --release -p suite --bin bench [LOAD…]`; without names every load is run. Build the program first:
//! `cargo build --release -p heliograph`. Run it on a machine that does nothing else; clients share its cores.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod attachment;
mod load;
mod mailbox;
mod many;
mod memory;
mod notify;
mod server;
mod table;
mod webmail;

use server::Server;
use table::Table;

/// Measures one load for both servers and adds its rows.
type Load = fn(&mut Table);

/// The loads by name.
const LOADS: &[(&str, Load)] = &[
    ("lmtp", load::lmtp),
    ("login", load::login),
    ("append", load::append),
    ("mailbox", mailbox::mailbox),
    ("idle", memory::idle),
    ("notify", notify::notify),
    ("webmail", webmail::list),
    ("attachment", attachment::attachment),
    ("sessions", many::sessions),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    for name in &wanted {
        assert!(LOADS.iter().any(|(load, _)| load == name), "no load '{name}'");
    }
    let mut table = Table::default();
    for (name, load) in LOADS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            eprintln!("load {name}");
            load(&mut table);
        }
    }
    println!("{table}");
}

/// Does the same to a new Dovecot and to a new site of ours.
fn both<T: std::fmt::Debug>(users: &[String], mut measure: impl FnMut(&mut Server) -> T) -> (T, T) {
    let theirs = measure(&mut Server::dovecot(users));
    eprintln!("  Dovecot: {theirs:.1?}");
    let ours = measure(&mut Server::heliograph(users));
    (theirs, ours)
}
