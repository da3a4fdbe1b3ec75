//! Workers killed under load: nothing that was acknowledged is lost, and each has a successor.

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use nix::sys::signal::Signal;
use suite::{ImapClient, password, wait_for};

use super::fixture::{Watched, signal};

/// Appends messages over IMAP and notes those that the server took; reconnects when it is cut off.
fn append(address: std::net::SocketAddr, name: &str, stop: &AtomicBool, taken: &Mutex<BTreeSet<String>>) {
    use std::io::{BufRead, BufReader, Write};
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let session = || -> io::Result<()> {
            let stream = std::net::TcpStream::connect(address)?;
            stream.set_read_timeout(Some(suite::DEADLINE))?;
            let mut reader = BufReader::new(stream);
            let mut exchange = |command: &str| -> io::Result<String> {
                reader.get_mut().write_all(command.as_bytes())?;
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line)? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    if line.starts_with("a ") {
                        return Ok(line);
                    }
                }
            };
            exchange(&format!("a LOGIN alice {}\r\n", password()))?;
            while !stop.load(Ordering::Relaxed) {
                number += 1;
                let subject = format!("{name}-{number}");
                let message = format!("Subject: {subject}\r\n\r\ntext\r\n");
                let answer = exchange(&format!("a APPEND INBOX {{{}+}}\r\n{message}\r\n", message.len()))?;
                if answer.starts_with("a OK") {
                    taken.lock().unwrap().insert(subject);
                }
            }
            Ok(())
        };
        // Cut off: what was not acknowledged may be there or not.
        let mut session = session;
        let _ = session();
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9_of_any_worker_under_load() {
    let watched = Watched::with_processes(2);
    let stop = Arc::new(AtomicBool::new(false));
    let taken = Arc::new(Mutex::new(BTreeSet::new()));
    let address = watched.listener("imap");
    let writers: Vec<_> = ["red", "green", "blue"]
        .into_iter()
        .map(|name| {
            let (stop, taken) = (Arc::clone(&stop), Arc::clone(&taken));
            thread::spawn(move || append(address, name, &stop, &taken))
        })
        .collect();
    let count = || taken.lock().unwrap().len();
    for round in 0..6 {
        let before = count();
        wait_for("work", || (count() > before + 20).then_some(()));
        for service in ["imap", "lmtp"] {
            let pids = watched.pids(service);
            let pid = pids[round % pids.len()];
            signal(pid, Signal::SIGKILL);
            wait_for("a successor", || {
                let now = watched.pids(service);
                (now.len() == pids.len() && !now.contains(&pid)).then_some(())
            });
        }
        watched.deliver("alice", &format!("lmtp-{round}"));
        taken.lock().unwrap().insert(format!("lmtp-{round}"));
    }
    stop.store(true, Ordering::Relaxed);
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let mut imap: ImapClient = watched.imap("alice");
    imap.command("SELECT INBOX");
    let reply = imap.command("FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]");
    let there: BTreeSet<String> = reply
        .untagged
        .iter()
        .flat_map(|line| line.text().lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| line.strip_prefix("Subject: ").map(|subject| subject.trim().to_owned()))
        .collect();
    let lost: Vec<_> = taken.lock().unwrap().difference(&there).cloned().collect();
    assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), count());
    watched.site.tool(&["imcheck", "-c"], "");
}
