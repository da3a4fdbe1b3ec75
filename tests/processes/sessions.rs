//! Webmail sessions over several processes: each request may meet any of them.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
};

use nix::sys::signal::Signal;
use suite::{DEADLINE, HttpClient, ImapClient, SiteOptions, password, wait_for};

use super::fixture::{Watched, is_alive, signal};

/// A site with two webmail processes, of which tests choose the one that takes connections.
pub struct Two {
    pub watched: Watched,
    pids: [u32; 2],
}

impl Two {
    pub fn start() -> Self {
        let watched = Watched::start(SiteOptions::default().set("service.http.numprocesses", 2));
        let pids = watched.pids("http").try_into().unwrap();
        Self { watched, pids }
    }

    /// From now on only this one takes connections: the other stands still.
    pub fn only(&self, process: usize) {
        signal(self.pids[process], Signal::SIGCONT);
        let other = self.pids[1 - process];
        signal(other, Signal::SIGSTOP);
        // All its threads: one that still runs might take the next connection and keep it.
        wait_for("the other process to stand still", || stands_still(other).then_some(()));
    }

    pub fn both(&self) {
        self.pids.into_iter().for_each(|pid| signal(pid, Signal::SIGCONT));
    }

    fn sign_in(&self) -> HttpClient {
        self.watched.http("alice")
    }

    fn id(&self, http: &mut HttpClient) -> (String, String) {
        let cookies: BTreeMap<String, String> = http.cookies().clone();
        cookies.into_iter().find(|(name, _)| !name.ends_with("-pre")).unwrap()
    }
}

impl Drop for Two {
    fn drop(&mut self) {
        // A process that stands still does not hear SIGTERM.
        self.pids.into_iter().filter(|pid| is_alive(*pid)).for_each(|pid| signal(pid, Signal::SIGCONT));
    }
}

fn stands_still(pid: u32) -> bool {
    fs::read_dir(format!("/proc/{pid}/task")).unwrap().all(|thread| {
        let stat = fs::read_to_string(thread.unwrap().path().join("stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['T', 't']))
    })
}

fn post(http: &mut HttpClient, path: &str, fields: &[(&str, &str)]) {
    let page = http.get("/mail/INBOX");
    assert_eq!(page.status, 200, "{}", page.text());
    let csrf = page.input_value("csrf").unwrap();
    let fields = [&[("csrf", csrf.as_str())], fields].concat();
    let answer = http.post_form(path, &fields);
    assert_eq!(answer.status, 303, "{path}: {}", answer.text());
}

fn is_signed_in(http: &mut HttpClient) -> bool {
    let page = http.get("/mail/INBOX");
    assert!(matches!(page.status, 200 | 303), "{} {}", page.status, page.text());
    page.status == 200
}

#[test]
fn a_session_and_its_forms_are_good_in_every_process() {
    let two = Two::start();
    two.watched.deliver("alice", "hello");
    two.only(0);
    let mut http = two.sign_in();
    let page = http.get("/mail/INBOX");
    let csrf = page.input_value("csrf").unwrap();
    two.only(1);
    assert!(is_signed_in(&mut http));
    let answer = http.post_form("/mail/INBOX", &[("csrf", csrf.as_str()), ("flag", "1")]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    // Signed out here is signed out there, for whoever has kept the id.
    let mut kept = http.clone();
    post(&mut http, "/logout", &[]);
    assert!(!is_signed_in(&mut kept));
    two.only(0);
    assert!(!is_signed_in(&mut kept));
}

#[test]
fn what_a_user_does_in_one_process_shows_at_once_in_the_other() {
    let two = Two::start();
    for subject in ["first", "second", "third", "fourth"] {
        two.watched.deliver("alice", subject);
    }
    let mut http = two.sign_in();
    for process in [0, 1] {
        two.only(process);
        assert!(http.get("/mail/INBOX").text().contains("fourth"));
    }
    for (uid, subject) in [("4", "fourth"), ("3", "third"), ("2", "second")] {
        let process = uid.parse::<usize>().unwrap() % 2;
        two.only(process);
        post(&mut http, "/mail/INBOX", &[("uid", uid), ("do", "delete")]);
        two.only(1 - process);
        let page = http.get("/mail/INBOX").text();
        assert!(!page.contains(subject), "{subject} is gone in one process and shown by the other\n{page}");
        assert!(page.contains("first"), "{page}");
    }
    // The counts beside the folders, which each process remembers for a moment.
    let counts_it = |http: &mut HttpClient| http.get("/mail/INBOX").text().contains("1<span class=\"sr\"> unread");
    assert!(counts_it(&mut http));
    two.only(1);
    assert!(counts_it(&mut http));
    post(&mut http, "/mail/INBOX", &[("uid", "1"), ("do", "read")]);
    two.only(0);
    assert!(!counts_it(&mut http));
}

#[test]
fn sessions_outlive_the_processes_that_made_them() {
    let two = Two::start();
    let mut http = two.sign_in();
    let page = http.get("/mail/INBOX");
    let csrf = page.input_value("csrf").unwrap();
    for pid in two.watched.pids("http") {
        signal(pid, Signal::SIGKILL);
    }
    assert!(is_signed_in(&mut http));
    let answer = http.post_form("/logout", &[("csrf", csrf.as_str())]);
    assert_eq!(answer.status, 303, "{}", answer.text());
}

#[test]
fn the_file_of_sessions_is_worthless_to_a_reader() {
    let two = Two::start();
    let mut http = two.sign_in();
    let page = http.get("/mail/INBOX");
    let folder = two.watched.site.root().join("sessions");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut all = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        all.extend(fs::read(path).unwrap());
    }
    let holds = |needle: &[u8]| all.windows(needle.len()).any(|window| window == needle);
    // The user's name is there for the administrator's list; what would open the session is not.
    assert!(holds(b"alice"));
    let (_, id) = two.id(&mut http);
    for secret in [id.as_str(), password(), "csrf", "store_id"] {
        assert!(!holds(secret.as_bytes()), "{secret}");
    }
    let settings = fs::read_to_string(two.watched.site.root().join("config/msg.conf")).unwrap();
    let admin = settings.lines().find_map(|line| line.strip_prefix("local.service.proxy.adminpass = ")).unwrap();
    assert!(!holds(admin.trim().as_bytes()));
    assert_eq!(page.status, 200);
    // Rows that were changed by hand open nothing.
    let table = rusqlite::Connection::open(folder.join("sessions.db")).unwrap();
    assert_eq!(table.execute("UPDATE session SET data = zeroblob(length(data)), user = 'bob'", []).unwrap(), 1);
    let spoiled = http.get("/mail/INBOX");
    assert_ne!(spoiled.status, 200);
    assert!(!spoiled.text().contains("bob@"));
}

#[test]
fn a_damaged_file_of_sessions_is_put_aside() {
    let watched = Watched::start(SiteOptions::default());
    let mut http = watched.http("alice");
    assert!(is_signed_in(&mut http));
    watched.site.tool(&["imsconnutil", "-c"], "").success();
    let folder = watched.site.root().join("sessions");
    let pid = watched.pids("http")[0];
    signal(pid, Signal::SIGSTOP);
    for ending in ["", "-wal"] {
        fs::write(folder.join(format!("sessions.db{ending}")), "this is no database, and never was one".repeat(300))
            .unwrap();
    }
    signal(pid, Signal::SIGKILL);
    // Everybody signs in again, and that is all.
    let mut again = watched.http("alice");
    assert!(is_signed_in(&mut again));
    assert!(!is_signed_in(&mut http));
    assert!(folder.join("damaged-sessions.db").exists());
    assert!(watched.log().contains("is damaged and made anew"), "{}", watched.log());
}

#[test]
fn the_administrators_list_has_each_session_once_and_ends_it_everywhere() {
    let two = Two::start();
    let mut http = two.sign_in();
    for process in [0, 1] {
        two.only(process);
        assert!(is_signed_in(&mut http));
    }
    two.both();
    let listed = two.watched.site.tool(&["imsconnutil", "-c", "-s", "http", "--json"], "").success().stdout;
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(listed.contains("\"alice\"") && !listed.contains("shared"), "{listed}");
    let output = two.watched.site.tool(&["imsconnutil", "-k", "-u", "alice"], "").success().stdout;
    assert!(output.contains("disconnected"), "{output}");
    for process in [0, 1] {
        two.only(process);
        assert!(!is_signed_in(&mut http));
    }
}

#[test]
fn news_from_one_process_end_when_the_user_signs_out_in_the_other() {
    let two = Two::start();
    two.only(0);
    let mut http = two.sign_in();
    let (name, id) = two.id(&mut http);
    let mut stream = TcpStream::connect_timeout(&two.watched.listener("http"), DEADLINE).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let request = format!(
        "GET /mail/INBOX/events HTTP/1.1\r\nHost: localhost\r\nCookie: {name}={id}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    two.only(1);
    post(&mut http, "/logout", &[]);
    two.both();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("text/event-stream"), "{rest}");
}

#[test]
fn an_upload_in_one_process_is_sent_by_the_other_and_once_only() {
    let two = Two::start();
    two.only(0);
    let mut http = two.sign_in();
    let page = http.get("/compose");
    let csrf = page.input_value("csrf").unwrap();
    let text = page.text();
    let at = text.find("action=\"/compose/").unwrap() + "action=\"".len();
    let path = text[at..at + "/compose/".len() + 32].to_owned();
    let form = |fields: &[(&str, &str)], file: Option<(&str, &str)>| {
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        if let Some((name, content)) = file {
            body += &format!(
                "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{content}\r\n"
            );
        }
        body + "--xyz--\r\n"
    };
    let kind = "multipart/form-data; boundary=xyz";
    let (sender, address) = (two.watched.site.address("alice"), two.watched.site.address("bob"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("to", address.as_str()),
        ("subject", "with a file"),
        ("body", "see there"),
        ("do", "attach"),
        ("from", sender.as_str()),
    ];
    let attached =
        http.request("POST", &path, Some((kind, form(&fields, Some(("notes.txt", "kept by one"))).as_bytes())));
    assert!(attached.text().contains("notes.txt"), "{} {}", attached.status, attached.text());
    let mut sending = fields;
    sending[4] = ("do", "send");
    for process in [1, 0] {
        two.only(process);
        let answer = http.request("POST", &path, Some((kind, form(&sending, None).as_bytes())));
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    two.both();
    let mut bob = ImapClient::connect(two.watched.listener("imap"));
    bob.login("bob", password());
    wait_for("the message", || {
        bob.command("NOOP");
        let selected = bob.command("SELECT INBOX");
        selected.untagged.iter().any(|line| line.text().contains("1 EXISTS")).then_some(())
    });
    let text = String::from_utf8(bob.message(1)).unwrap();
    assert!(text.contains("notes.txt"), "{text}");
}
