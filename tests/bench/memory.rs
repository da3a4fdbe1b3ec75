//! Memory of sessions that wait.

use std::{collections::BTreeSet, fs};

use suite::{ImapClient, site::password};

use crate::{
    both,
    load::users,
    server::Server,
    table::{Table, Unit},
};

/// The proportional share of memory (PSS) of a process and all that descend from it, in KiB.
pub fn memory(pid: u32) -> f64 {
    let mut family = BTreeSet::from([pid]);
    // A child is found once its parent is: as many rounds as there are generations.
    loop {
        let before = family.len();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_ascii_whitespace().nth(1));
            if parent.and_then(|parent| parent.parse().ok()).is_some_and(|parent| family.contains(&parent)) {
                family.insert(child);
            }
        }
        if family.len() == before {
            break;
        }
    }
    let share = |pid: &u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("Pss:")).unwrap_or_default();
        line.split_ascii_whitespace().nth(1).and_then(|figure| figure.parse::<f64>().ok()).unwrap_or(0.0)
    };
    family.iter().map(share).sum()
}

fn waiting(address: std::net::SocketAddr, user: usize) -> ImapClient {
    let mut imap = ImapClient::connect(address);
    imap.login(&format!("user{user}"), password());
    imap.command("SELECT INBOX");
    imap.send(b"idle IDLE\r\n");
    while !imap.response().text().starts_with('+') {}
    imap
}

/// What each of many selected, IDLEing sessions costs.
pub fn idle(table: &mut Table) {
    let (theirs, ours) = both(&users(10), |server| {
        let count = if matches!(server, Server::Dovecot(_)) { 300 } else { 5000 };
        let warm: Vec<ImapClient> = (0..10).map(|user| waiting(server.imap(), user)).collect();
        let before = memory(server.pid());
        let sessions: Vec<ImapClient> = (0..count).map(|number| waiting(server.imap(), number % 10)).collect();
        let after = memory(server.pid());
        drop((warm, sessions));
        (after - before) / f64::from(u32::try_from(count).unwrap())
    });
    table.row("memory per selected, IDLEing session", Unit::Kibibytes, Some(theirs), ours, "≤ 16 KiB");
}
