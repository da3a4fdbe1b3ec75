//! `start-msg --rolling`: new processes in the place of the running ones; no session and no request is lost.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use suite::{DEADLINE, HttpClient, password, wait_for};

use super::fixture::{Watched, is_alive};

/// Asks for the list again and again on kept connections, as a browser does: a new one only when the server said that this was the last answer.
fn browse(address: SocketAddr, cookie: &str, stop: &AtomicBool, answers: &AtomicUsize) {
    let request = format!("GET /mail/INBOX HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n");
    while !stop.load(Ordering::Relaxed) {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut reader = BufReader::new(stream);
        let mut last = false;
        while !last && !stop.load(Ordering::Relaxed) {
            reader.get_mut().write_all(request.as_bytes()).unwrap();
            let mut status = String::new();
            reader.read_line(&mut status).unwrap();
            assert!(
                status.starts_with("HTTP/1.1 200"),
                "after {} answers: {status:?}",
                answers.load(Ordering::Relaxed)
            );
            let (mut length, mut chunked) = (0, false);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim_end().to_ascii_lowercase();
                last |= line == "connection: close";
                chunked |= line == "transfer-encoding: chunked";
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            assert!(!chunked, "a page of known length");
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            answers.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_rolling_restart_loses_no_session_and_no_request() {
    let watched = Watched::with_processes(2);
    watched.deliver("alice", "hello");
    let mut http = watched.http("alice");
    let cookie: Vec<String> = http.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (address, cookie) = (watched.listener("http"), cookie.join("; "));
    let stop = Arc::new(AtomicBool::new(false));
    let answers = Arc::new(AtomicUsize::new(0));
    let browsers: Vec<_> = (0..4)
        .map(|_| {
            let (cookie, stop, answers) = (cookie.clone(), Arc::clone(&stop), Arc::clone(&answers));
            thread::spawn(move || browse(address, &cookie, &stop, &answers))
        })
        .collect();
    for _ in 0..2 {
        let before = watched.pids("http");
        let output = watched.site.tool(&["start-msg", "--rolling", "http"], "").success();
        let after = watched.pids("http");
        assert!(after.len() == 2 && before.iter().all(|pid| !after.contains(pid)), "{before:?} {after:?}");
        assert!(
            output.stdout.contains(&format!("Replacing http server {} {} ... ", before[0], before[1])),
            "{}",
            output.stdout
        );
        wait_for("the end of the old processes", || before.iter().all(|pid| !is_alive(*pid)).then_some(()));
        let served = answers.load(Ordering::Relaxed);
        wait_for("answers of the new ones", || (answers.load(Ordering::Relaxed) > served + 20).then_some(()));
    }
    stop.store(true, Ordering::Relaxed);
    for browser in browsers {
        browser.join().expect("no browser missed an answer");
    }
    assert_eq!(http.get("/mail/INBOX").status, 200);
}

#[test]
fn a_program_that_cannot_serve_replaces_nothing() {
    let watched = Watched::with_processes(1);
    let before = watched.pids("imap");
    watched.site.settings(&[("service.imap.maxsessions".to_owned(), "many".to_owned())]);
    let output = watched.site.tool(&["start-msg", "--rolling", "imap"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        output.stderr.contains("Replacing imap server ... failed: ") && output.stderr.contains("maxsessions"),
        "{}",
        output.stderr
    );
    assert_eq!(watched.pids("imap"), before);
    watched.imap("alice");
}

#[test]
fn nothing_is_replaced_where_nothing_runs() {
    let watched = Watched::with_processes(1);
    watched.site.tool(&["stop-msg", "http"], "").success();
    let output = watched.site.tool(&["start-msg", "--rolling", "http"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.contains("http server is not running"), "{}", output.stderr);
    // And sessions of a stopped service are there when it is started again.
    let mut client = HttpClient::new(watched.listener("imap"));
    assert!(client.try_request("GET", "/", None).is_err());
}

#[test]
fn a_changed_number_of_processes_is_obeyed() {
    let watched = Watched::with_processes(1);
    for count in [3, 1, 2] {
        let before = watched.pids("imap");
        watched.site.settings(&[("service.imap.numprocesses".to_owned(), count.to_string())]);
        watched.site.tool(&["start-msg", "--rolling", "imap"], "").success();
        let after = watched.pids("imap");
        assert!(after.len() == count && before.iter().all(|pid| !after.contains(pid)), "{before:?} {after:?}");
        wait_for("the end of the old processes", || before.iter().all(|pid| !is_alive(*pid)).then_some(()));
        assert_eq!(watched.pids("imap"), after);
        watched.imap("alice");
    }
    wait_for("the order in the log", || watched.log().contains("told to replace the processes of imap").then_some(()));
}

#[test]
fn refresh_does_not_wait_for_processes_that_drain() {
    let watched = Watched::with_processes(1);
    let mut session = crate::pop::client::Client::connect(watched.listener("pop"));
    session.ok("USER alice");
    session.ok(&format!("PASS {}", password()));
    let old = watched.pids("pop")[0];
    watched.site.tool(&["start-msg", "--rolling", "pop"], "").success();
    let new = watched.pids("pop")[0];
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        // As long as it has something to say the old process keeps its session.
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                if !session.try_noop() {
                    break;
                }
            }
        });
        let output = watched.site.tool(&["refresh", "pop"], "");
        let was_there = is_alive(old);
        stop.store(true, Ordering::Relaxed);
        let output = output.success();
        assert!(was_there, "the old process was waited for");
        assert!(output.stdout.contains(&format!("Refreshing pop server {new} ... done")), "{}", output.stdout);
        assert!(!output.stdout.contains(&old.to_string()), "{}", output.stdout);
    });
}
