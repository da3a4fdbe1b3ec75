//! Idle and session times, by a clock that is moved: POP 10 minutes, IMAP 30, HTTP 3, sessions of the webmail 2 hours and 24.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use daemon::control::{self, Answer, Order};
use suite::{DEADLINE, HttpClient, Site, SiteOptions, password, wait_for};

use super::fixture::Watched;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Moves the clock by `seconds` until `over` holds. Once is enough unless the server had not yet begun to wait, which nobody outside can see.
fn advance_until(site: &Site, seconds: u64, mut over: impl FnMut() -> bool) {
    wait_for("the end of the idle time", || {
        advance(site, seconds);
        over().then_some(())
    });
}

/// How long the end may take to arrive before the clock is moved once more.
const ARRIVAL: Duration = Duration::from_millis(500);

/// Moves the clock of every process of a site.
fn advance(site: &Site, seconds: u64) {
    let answers = control::ask(site.root(), &Order::Advance(seconds)).unwrap();
    assert!(!answers.is_empty() && answers.iter().all(|answer| matches!(answer, Answer::Advanced)));
}

#[test]
fn an_imap_session_may_idle_for_thirty_minutes() {
    let site = Site::new();
    let mut resting = site.imap_as("alice");
    let mut idling = site.imap_as("alice");
    idling.command("SELECT INBOX");
    idling.send(b"i IDLE\r\n");
    assert!(idling.response().text().starts_with('+'));
    advance(&site, 30 * MINUTE - 5);
    assert!(resting.command("NOOP").is_ok());
    idling.send(b"DONE\r\n");
    assert!(idling.response().text().starts_with("i OK"));
    idling.send(b"j IDLE\r\n");
    assert!(idling.response().text().starts_with('+'));
    for session in [&mut resting, &mut idling] {
        session.deadline(ARRIVAL);
        let mut line = String::new();
        advance_until(&site, 30 * MINUTE + 1, || session.try_response().map(|response| line = response.text()).is_ok());
        assert!(line.starts_with("* BYE"), "{line}");
    }
}

#[test]
fn a_pop_session_may_idle_for_ten_minutes_and_deletes_nothing_then() {
    let site = Site::new();
    site.deliver("alice", b"Subject: kept\r\n\r\ntext\r\n");
    let mut pop = crate::pop::client::Client::connect(site.listener("pop"));
    for line in ["USER alice", &format!("PASS {}", password()), "DELE 1"] {
        pop.ok(line);
    }
    advance(&site, 10 * MINUTE - 5);
    pop.ok("NOOP");
    pop.patience(ARRIVAL);
    advance_until(&site, 10 * MINUTE + 1, || pop.is_cut_off());
    let mut again = crate::pop::client::Client::connect(site.listener("pop"));
    for line in ["USER alice", &format!("PASS {}", password())] {
        again.ok(line);
    }
    assert!(again.ok("STAT").starts_with("1 "));
}

/// A kept connection of a browser, which asks for the sign-in page.
struct Kept(TcpStream);

impl Kept {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(stream)
    }

    fn get(&mut self) {
        self.0.write_all(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(b"\r\n\r\n") {
            assert_eq!(self.0.read(&mut byte).unwrap(), 1, "closed within {}", String::from_utf8_lossy(&text));
            text.push(byte[0]);
        }
        let head = String::from_utf8(text).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
    }

    fn is_closed(&mut self) -> bool {
        self.0.set_read_timeout(Some(ARRIVAL)).unwrap();
        matches!(self.0.read(&mut [0; 64]), Ok(0))
    }
}

fn is_signed_in(http: &mut HttpClient) -> bool {
    let page = http.get("/mail/INBOX");
    assert!(matches!(page.status, 200 | 303), "{} {}", page.status, page.text());
    page.status == 200
}

/// The same for sessions in memory and for those that processes share.
fn a_session_outlives_its_connections(site: &Site, address: SocketAddr, mut http: HttpClient) {
    let mut kept = Kept::open(address);
    kept.get();
    advance(site, 3 * MINUTE - 5);
    kept.get();
    advance_until(site, 3 * MINUTE + 1, || kept.is_closed());
    assert!(is_signed_in(&mut http));
    // Two hours without a request; its id is worthless after.
    advance(site, 2 * HOUR - MINUTE);
    assert!(is_signed_in(&mut http));
    advance(site, 2 * HOUR + 1);
    let mut stolen = http.clone();
    assert!(!is_signed_in(&mut http));
    assert!(!is_signed_in(&mut stolen));
}

#[test]
fn a_webmail_session_in_memory_outlives_its_connections_but_not_its_time() {
    let site = Site::new();
    a_session_outlives_its_connections(&site, site.listener("http"), site.http_as("alice"));
}

#[test]
fn a_shared_webmail_session_outlives_its_connections_but_not_its_time() {
    let watched = Watched::start(SiteOptions::default().set("service.http.numprocesses", 2));
    a_session_outlives_its_connections(&watched.site, watched.listener("http"), watched.http("alice"));
}

#[test]
fn nobody_stays_signed_in_for_longer_than_a_day() {
    let watched = Watched::start(SiteOptions::default());
    let mut http = watched.http("alice");
    for _ in 0..23 {
        advance(&watched.site, HOUR);
        assert!(is_signed_in(&mut http));
    }
    advance(&watched.site, HOUR + 1);
    assert!(!is_signed_in(&mut http));
}

#[test]
fn a_changed_session_timeout_is_obeyed_after_a_refresh() {
    let watched = Watched::start(SiteOptions::default().set("service.http.numprocesses", 2));
    let mut http = watched.http("alice");
    watched.site.tool(&["configutil", "-o", "service.http.sessiontimeout", "-v", "600"], "").success();
    watched.site.tool(&["refresh", "http"], "").success();
    advance(&watched.site, 9 * MINUTE);
    assert!(is_signed_in(&mut http));
    advance(&watched.site, 10 * MINUTE + 1);
    assert!(!is_signed_in(&mut http));
}
