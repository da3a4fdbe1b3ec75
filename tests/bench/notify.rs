//! How long a delivery in one process takes to show in another's IDLE: from the first LMTP command to `EXISTS`.

use std::{net::SocketAddr, time::Instant};

use suite::{Dovecot, ImapClient, LmtpClient, Site, SiteOptions, corpus, free_port, password};

use crate::table::{Table, Unit};

/// Deliveries measured, after a few that are not.
const DELIVERIES: usize = 300;
const WARM: usize = 20;

/// Through the broker between two processes of ours, and in one; Dovecot's two processes beside it.
pub fn notify(table: &mut Table) {
    let users = ["alice".to_owned()];
    let dovecot = Dovecot::start(&users);
    let theirs = measure(dovecot.imap_address(), dovecot.lmtp_address());
    drop(dovecot);
    let port = free_port();
    let site = Site::make(
        SiteOptions::default().users(&users).set("local.ens.port", port).set("local.store.notifyplugin.ensport", port),
    );
    let parts = [site.serve_at("ens", &format!("ens={port}")), site.serve("imap"), site.serve("lmtp")];
    let apart = measure(parts[1].listener("imap"), parts[2].listener("lmtp"));
    drop(parts);
    let whole = Site::start(SiteOptions::default().users(&users));
    let together = measure(whole.listener("imap"), whole.listener("lmtp"));
    let goal = "50 ms in the middle";
    table.row("delivery to IDLE, two processes, median", Unit::Milliseconds, Some(theirs.0), apart.0, goal);
    table.row("delivery to IDLE, two processes, 99 of 100", Unit::Milliseconds, Some(theirs.1), apart.1, "-");
    table.row("delivery to IDLE, one process, median", Unit::Milliseconds, None, together.0, goal);
}

/// The median and the 99th percentile in milliseconds.
fn measure(imap: SocketAddr, lmtp: SocketAddr) -> (f64, f64) {
    let mut waiting = ImapClient::connect(imap);
    waiting.login("alice", password());
    waiting.command("SELECT INBOX");
    waiting.send(b"i IDLE\r\n");
    assert!(waiting.response().text().starts_with('+'));
    let mut sender = LmtpClient::connect(lmtp);
    let message = corpus::message("how long", &"line\r\n".repeat(200));
    let mut took: Vec<f64> = (0..WARM + DELIVERIES)
        .map(|number| {
            let began = Instant::now();
            sender.deliver("sender@elsewhere.test", &["alice@example.test"], &message);
            let exists = format!("* {} EXISTS", number + 1);
            while !waiting.response().text().starts_with(&exists) {}
            began.elapsed().as_secs_f64() * 1000.0
        })
        .skip(WARM)
        .collect();
    took.sort_by(f64::total_cmp);
    (took[took.len() / 2], took[took.len() * 99 / 100])
}
