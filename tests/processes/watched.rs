//! What the watcher sees to: workers that die, figures and tools over many processes.

use nix::sys::signal::Signal;
use suite::{HttpClient, ImapClient, SiteOptions, wait_for};

use super::fixture::{Watched, is_alive, signal};

#[test]
fn a_worker_that_dies_has_a_successor_and_the_log_says_so() {
    let watched = Watched::with_processes(2);
    let before = watched.pids("imap");
    signal(before[0], Signal::SIGKILL);
    let after = wait_for("a worker in its place", || {
        let now = watched.pids("imap");
        (now.len() == 2 && !now.contains(&before[0])).then_some(now)
    });
    assert!(after.contains(&before[1]), "{after:?}");
    let log = watched.log();
    // The first is replaced at once.
    let line = format!(
        "imap worker {} has died: signal: 9 (SIGKILL); another is started in 0 s (death 1 in 120 s)",
        before[0]
    );
    assert!(log.contains(&line), "{log}");
    for _ in 0..4 {
        watched.imap("alice");
    }
    // One that dies again and again is waited for longer and longer.
    let again = after.iter().copied().find(|pid| *pid != before[1]).unwrap();
    signal(again, Signal::SIGTERM);
    wait_for("the second death in the log", || {
        watched
            .log()
            .contains(&format!("imap worker {again} has died: exit status: 0; another is started in 1 s (death 2"))
            .then_some(())
    });
    wait_for("two workers again", || (watched.pids("imap").len() == 2).then_some(()));
}

#[test]
fn connections_wait_while_their_only_worker_is_replaced() {
    let watched = Watched::with_processes(1);
    let pid = watched.pids("imap")[0];
    signal(pid, Signal::SIGKILL);
    wait_for("its end", || (!is_alive(pid)).then_some(()));
    // The socket is the watcher's: nobody is refused.
    watched.imap("alice");
}

#[test]
fn tools_see_and_reach_every_process() {
    let watched = Watched::with_processes(2);
    let mut sessions = watched.imap_in_each("alice", 2);
    let counters = watched.site.tool(&["counterutil", "-o", "imapstat", "--json"], "").success().stdout;
    let counters: serde_json::Value = serde_json::from_str(&counters).unwrap();
    let current = counters["counters"]["global.numCurrentConnections"].as_u64().unwrap();
    assert!(current >= 2, "{counters}");
    watched.site.tool(&["configutil", "-o", "service.imap.banner", "-v", "another banner"], "").success();
    watched.site.tool(&["refresh"], "").success();
    for _ in 0..4 {
        assert!(ImapClient::connect(watched.listener("imap")).greeting().contains("another banner"));
    }
    let output = watched.site.tool(&["imsconnutil", "-k", "-u", "alice", "--json"], "").success();
    let ended: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(ended["disconnected"].as_u64().unwrap() >= 2, "{ended}");
    for (_, session) in &mut sessions {
        let line = session.response().text();
        assert!(line.starts_with("* BYE"), "{line}");
    }
}

#[test]
fn refresh_says_what_waits_for_a_restart_and_what_is_wrong() {
    let watched = Watched::with_processes(2);
    watched.site.tool(&["configutil", "-o", "service.imap.maxthreads", "-v", "17"], "").success();
    let output = watched.site.tool(&["refresh", "imap", "--json"], "").success();
    let answers: Vec<serde_json::Value> =
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 2);
    for answer in answers {
        assert_eq!(answer["waiting"][0], "service.imap.maxthreads", "{answer}");
        assert_eq!(answer["services"][0], "imap");
    }
    watched.site.settings(&[("service.imap.maxsessions".to_owned(), "many".to_owned())]);
    let refused = watched.site.tool(&["refresh", "pop"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        refused.stderr.contains("Refreshing pop server ") && refused.stderr.contains("maxsessions"),
        "{}",
        refused.stderr
    );
}

#[test]
fn the_metrics_of_all_processes_are_on_one_page() {
    let watched = Watched::start(super::fixture::several(2).set("service.metrics.enable", "yes"));
    let _sessions = watched.imap_in_each("alice", 2);
    let mut http = HttpClient::new(watched.listener("metrics"));
    let page = http.get("/metrics").text();
    for process in ["imap-1", "imap-2", "pop-1", "http-2", "lmtp-1"] {
        assert!(page.contains(&format!("process=\"{process}\"")), "{process}\n{page}");
    }
    assert!(page.contains("heliograph_workers{service=\"imap\"} 2\n"), "{page}");
    // One family, one description; one end.
    let mut described: Vec<&str> = page.lines().filter(|line| line.starts_with("# TYPE ")).collect();
    let count = described.len();
    described.sort_unstable();
    described.dedup();
    assert_eq!(described.len(), count);
    assert!(page.ends_with("# EOF\n") && page.matches("# EOF").count() == 1);
    assert_eq!(http.get("/readyz").status, 200);
    signal(watched.pids("imap")[0], Signal::SIGKILL);
    wait_for("the restart in the figures", || {
        http.get("/metrics").text().contains("heliograph_worker_restarts_total{service=\"imap\"} 1\n").then_some(())
    });
}

#[test]
fn a_maildrop_is_one_sessions_over_all_processes_and_free_after_a_kill() {
    let watched = Watched::start(SiteOptions::default().set("service.pop.numprocesses", 2));
    let connect = || crate::pop::client::Client::connect(watched.listener("pop"));
    let pass = format!("PASS {}", suite::password());
    let mut holder = connect();
    holder.ok("USER alice");
    holder.ok(&pass);
    // Whichever process it is.
    for _ in 0..6 {
        let mut second = connect();
        second.ok("USER alice");
        assert!(second.command(&pass).starts_with("-ERR [IN-USE]"));
    }
    watched.pids("pop").into_iter().for_each(|pid| signal(pid, Signal::SIGKILL));
    let mut next = connect();
    next.ok("USER alice");
    next.ok(&pass);
}
