//! Loads of many clients: deliveries, sign-ins, appended messages.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use suite::{ImapClient, LmtpClient, lmtp::stuffed, site::password};

use crate::{
    both,
    server::Server,
    table::{Table, Unit},
};

/// A message of about `size` bytes.
fn message(size: usize) -> Vec<u8> {
    let mut message = suite::corpus::message("Benchmark", "");
    while message.len() < size {
        message.extend_from_slice(b"The quick brown fox jumps over the lazy dog, again and again.\r\n");
    }
    message
}

/// `user0`, `user1` …
pub fn users(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("user{number}")).collect()
}

/// How many times a second `work` is done by `clients` threads that share `total` turns.
fn rate(clients: usize, total: usize, work: impl Fn(usize, &mut dyn FnMut() -> bool) + Sync) -> f64 {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for client in 0..clients {
            let (next, work) = (&next, &work);
            scope.spawn(move || work(client, &mut || next.fetch_add(1, Ordering::Relaxed) < total));
        }
    });
    total as f64 / start.elapsed().as_secs_f64()
}

/// Durable deliveries of 4 KB, each connection to another user, pipelined as Postfix does.
pub fn lmtp(table: &mut Table) {
    let wire = stuffed(&message(4096));
    for (clients, total, goal) in [(1, 2000, "≥ 3"), (8, 6000, "≥ 3")] {
        let deliver = |server: &mut Server| {
            let address = server.lmtp();
            rate(clients, total, |client, more| {
                let mut lmtp = LmtpClient::connect(address);
                let start = format!("MAIL FROM:<a@elsewhere.test>\r\nRCPT TO:<user{client}@example.test>\r\nDATA\r\n");
                while more() {
                    lmtp.send(start.as_bytes());
                    let codes = [lmtp.reply().code, lmtp.reply().code, lmtp.reply().code];
                    assert_eq!(codes, [250, 250, 354]);
                    lmtp.send(&wire);
                    assert_eq!(lmtp.reply().code, 250);
                }
            })
        };
        let (theirs, ours) = both(&users(clients), deliver);
        let connections = if clients == 1 { "connection" } else { "connections" };
        table.row(&format!("LMTP 4 KB, {clients} {connections}"), Unit::PerSecond, Some(theirs), ours, goal);
    }
}

/// Connect, LOGIN, LOGOUT.
pub fn login(table: &mut Table) {
    let (theirs, ours) = both(&users(20), |server| {
        let address = server.imap();
        rate(20, 3000, |client, more| {
            while more() {
                let mut imap = ImapClient::connect(address);
                imap.login(&format!("user{client}"), password());
                imap.command("LOGOUT");
            }
        })
    });
    table.row("IMAP LOGIN+LOGOUT, 20 clients", Unit::PerSecond, Some(theirs), ours, "≥ 5");
}

/// APPEND of 4 KB, each client to its own user.
pub fn append(table: &mut Table) {
    let message = message(4096);
    let (theirs, ours) = both(&users(20), |server| {
        let address = server.imap();
        rate(20, 8000, |client, more| {
            let mut imap = ImapClient::connect(address);
            imap.login(&format!("user{client}"), password());
            let command = format!("a APPEND INBOX {{{}+}}\r\n", message.len());
            while more() {
                imap.send(&[command.as_bytes(), message.as_slice(), b"\r\n"].concat());
                let answer = imap.response().text();
                assert!(answer.starts_with("a OK"), "{answer}");
            }
        })
    });
    table.row("APPEND 4 KB, 20 clients", Unit::PerSecond, Some(theirs), ours, "≥ 2");
}
