//! Python's imaplib.

use std::{net::SocketAddr, process::Command};

use suite::{
    Dovecot, Site,
    process::{find_program, repository, run},
    site::password,
};

fn play(address: SocketAddr) {
    let mut command = Command::new(find_program("python3"));
    command.arg(repository().join("tests/peers/session.py"));
    command.args([address.ip().to_string(), address.port().to_string(), "alice".to_owned()]);
    let output = run(&mut command, format!("{}\n", password()).as_bytes()).success();
    assert_eq!(output.stdout, "session done\n", "{}", output.stderr);
}

#[test]
fn a_session() {
    let site = Site::new();
    play(site.listener("imap"));
}

/// The script asks nothing that only ours does.
#[test]
fn the_same_session_with_dovecot() {
    let dovecot = Dovecot::start(&["alice"]);
    play(dovecot.imap_address());
}

#[test]
fn two_people_and_a_shared_mailbox() {
    let site = Site::new();
    let address = site.listener("imap");
    let mut command = Command::new(find_program("python3"));
    command.arg(repository().join("tests/peers/sharing_session.py"));
    command.args([address.ip().to_string(), address.port().to_string(), "alice".to_owned(), "bob".to_owned()]);
    let output = run(&mut command, format!("{}\n", password()).as_bytes()).success();
    assert_eq!(output.stdout, "session done\n", "{}", output.stderr);
}
