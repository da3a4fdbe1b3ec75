//! Guide §5.3: processes, connections, threads, idle times.

use std::io::{BufRead, BufReader, Read};

use suite::{Site, Terminal};

#[test]
fn the_defaults_are_the_guides() {
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for (service, sessions, idle) in [("imap", "4000", "30"), ("http", "6000", "3"), ("pop", "600", "10")] {
        for (option, value) in
            [("numprocesses", "1"), ("maxsessions", sessions), ("maxthreads", "250"), ("idletimeout", idle)]
        {
            assert_eq!(terminal.value(&format!("service.{service}.{option}")), value, "{service} {option}");
        }
    }
    // §5.3.5: two hours.
    assert_eq!(terminal.value("service.http.sessiontimeout"), "7200");
}

#[test]
fn idle_times_can_be_increased_but_not_made_less_than_the_defaults() {
    // §5.3.4.
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for (service, least) in [("pop", 10), ("imap", 30), ("http", 3)] {
        let name = format!("service.{service}.idletimeout");
        terminal.types(&format!("configutil -o {name} -v {}", least + 1)).success();
        let refused = terminal.types(&format!("configutil -o {name} -v {}", least - 1));
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.stderr.contains(&format!("from {least}")), "{}", refused.stderr);
        assert_eq!(terminal.value(&name), (least + 1).to_string());
    }
}

#[test]
fn connections_beyond_the_number_per_process_are_refused_politely() {
    // §5.3.2.
    let mut site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for service in ["imap", "pop", "http"] {
        terminal.types(&format!("configutil -o service.{service}.maxsessions -v 1")).success();
    }
    site.run();
    for (service, words) in [("imap", "* BYE"), ("pop", "-ERR"), ("http", "HTTP/1.1 503")] {
        let connect = || std::net::TcpStream::connect(site.listener(service)).unwrap();
        let mut first = connect();
        if service != "http" {
            // The greeting says that the one place is taken.
            BufReader::new(&mut first).read_line(&mut String::new()).unwrap();
        }
        let refused = suite::wait_for("the refusal", || {
            let mut second = connect();
            second.set_read_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
            let mut line = String::new();
            // Before the first connection is counted the second one may be let in, and is then silent or greets.
            let _ = BufReader::new(&mut second).by_ref().take(200).read_line(&mut line);
            line.starts_with(words).then_some(line)
        });
        assert!(refused.starts_with(words), "{refused}");
        drop(first);
        suite::wait_for("the place to be free again", || match service {
            "imap" => site.imap().greeting().starts_with("* OK").then_some(()),
            _ => Some(()),
        });
    }
}

#[test]
fn an_http_session_outlives_its_connections() {
    // §5.3.4: every request of this client is a connection of its own, and nobody has to sign in again.
    let site = Site::new();
    let mut http = site.http_as("alice");
    for _ in 0..3 {
        let page = http.get("/mail/INBOX");
        assert_eq!(page.status, 200);
    }
    http.cookies().clear();
    assert_ne!(http.get("/mail/INBOX").status, 200, "the session is what counts, not the address");
}
