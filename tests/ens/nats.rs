//! The same events through Debian's nats-server (PROTOCOL.md, "Through NATS").

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Command,
};

use ens::Endpoint;
use suite::{
    ImapClient, Site, SiteOptions, corpus, free_port, password,
    process::{Server, find_program},
    wait_for,
};

use super::watcher::Watcher;

/// A NATS server on loopback.
struct Nats {
    server: Server,
    port: u16,
    folder: tempfile::TempDir,
}

impl Nats {
    fn start(options: &[&str]) -> Self {
        Self::start_at(free_port(), options)
    }

    fn start_at(port: u16, options: &[&str]) -> Self {
        let folder = suite::process::temporary("nats");
        let mut command = Command::new(find_program("nats-server"));
        command.args(["-a", "127.0.0.1", "-p", &port.to_string()]).args(options).current_dir(folder.path());
        let server = Server::start(&mut command, &folder.path().join("log"));
        wait_for("the NATS server", || TcpStream::connect(("127.0.0.1", port)).ok());
        Self { server, port, folder }
    }

    fn site(&self, who: &str) -> SiteOptions {
        SiteOptions::default()
            .set("local.ens.enable", "no")
            .set("local.store.notifyplugin.enshost", format!("nats://{who}127.0.0.1:{}", self.port))
    }
}

fn told(client: &mut ImapClient, found: &str) {
    loop {
        let line = client.response().text();
        assert!(line.starts_with("* "), "{line}");
        if line.contains(found) {
            return;
        }
    }
}

fn offers_idle(client: &mut ImapClient) -> bool {
    client.command("CAPABILITY").untagged[0].text().split(' ').any(|word| word == "IDLE")
}

#[test]
fn sessions_hear_of_other_processes_through_nats_and_nothing_is_missed_while_it_is_away() {
    let mut nats = Nats::start(&["--user", "mail", "--pass", "s3cr:t@x"]);
    let site = Site::make(nats.site("mail:s3cr%3At%40x@"));
    let (imap, lmtp) = (site.serve("imap"), site.serve("lmtp"));
    let deliver = |subject: &str| {
        let message = corpus::message(subject, "x");
        suite::LmtpClient::connect(lmtp.listener("lmtp")).deliver(
            "s@elsewhere.test",
            &["alice@example.test"],
            &message,
        );
    };
    let connect = || {
        let mut client = ImapClient::connect(imap.listener("imap"));
        client.login("alice", password());
        client.command("SELECT INBOX");
        client
    };
    let (mut waiting, mut looking) = (connect(), connect());
    assert!(offers_idle(&mut waiting));
    waiting.send(b"i IDLE\r\n");
    assert!(waiting.response().text().starts_with('+'));
    deliver("first");
    told(&mut waiting, "1 EXISTS");
    nats.server.kill();
    wait_for("IDLE is not offered without NATS", || (!offers_idle(&mut looking)).then_some(()));
    deliver("while it was away");
    let again = Nats::start_at(nats.port, &["--user", "mail", "--pass", "s3cr:t@x"]);
    told(&mut waiting, "2 EXISTS");
    wait_for("IDLE is offered again", || offers_idle(&mut looking).then_some(()));
    deliver("after it came back");
    told(&mut waiting, "3 EXISTS");
    assert!(!imap.log().contains("s3cr"), "the log has no password");
    drop(again);
}

#[test]
fn watch_and_tools_go_through_nats_with_a_token() {
    let nats = Nats::start(&["--auth", "t0ken"]);
    let site = Site::start(nats.site("t0ken@"));
    let mut watcher = Watcher::start(&site, &["alice"]);
    site.tool(&["deliver", "alice"], "Subject: x\r\n\r\ny\r\n").success();
    let event = watcher.next("NewMsg");
    assert_eq!(event.list(&["process", "mailboxName", "imapUid"]), "process=deliver mailboxName=alice imapUid=1");
    let mut imap = site.imap_as("alice");
    imap.command("CREATE \"Two. Words > *\"");
    assert_eq!(watcher.next("CreateMailbox").get("mailboxName"), "alice/Two. Words > *");
    assert!(watcher.notes().contains("at nats://127.0.0.1:") && !watcher.notes().contains("t0ken"));
}

#[test]
fn any_nats_client_can_read_the_events_by_their_subjects() {
    let nats = Nats::start(&[]);
    let site = Site::start(
        nats.site("").set("local.store.notifyplugin.maxbodysize", 100).set("local.store.notifyplugin.maxheadersize", 9),
    );
    let stream = TcpStream::connect(("127.0.0.1", nats.port)).unwrap();
    stream.set_read_timeout(Some(suite::DEADLINE)).unwrap();
    let mut reader = BufReader::new(stream);
    let line = |reader: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    assert!(line(&mut reader).starts_with("INFO "));
    let hello = "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB enp.127%2E0%2E0%2E1.store.bob 7\r\nPING\r\n";
    reader.get_mut().write_all(hello.as_bytes()).unwrap();
    assert_eq!(line(&mut reader), "PONG");
    site.tool(&["deliver", "alice"], "Subject: x\r\n\r\nnot for bob\r\n").success();
    site.tool(&["deliver", "bob"], "Subject: x\r\n\r\nfor bob\r\n").success();
    let head = line(&mut reader);
    let words: Vec<&str> = head.split(' ').collect();
    assert_eq!(words[..3], ["HMSG", "enp.127%2E0%2E0%2E1.store.bob", "7"]);
    let mut bytes = vec![0; words[4].parse::<usize>().unwrap()];
    reader.read_exact(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("NATS/1.0\r\nEvent-Reference: enp://127.0.0.1/store/bob?evtType=NewMsg&"), "{text}");
    assert!(text.contains("\r\nEvent-Type: NewMsg\r\n\r\n") && text.ends_with("for bob\r\n"), "{text}");
}

#[test]
fn a_server_that_refuses_us_is_named_in_the_log_without_the_password_and_mail_goes_on() {
    let nats = Nats::start(&["--auth", "right"]);
    let site = Site::start(nats.site("wr0ng@"));
    wait_for("the log", || site.log().contains("it refuses us").then_some(()));
    assert!(!site.log().contains("wr0ng"));
    site.deliver("alice", &corpus::message("x", "y"));
    assert!(nats.folder.path().exists());
}

#[test]
fn addresses_of_nats_servers() {
    for (host, shown) in [
        ("nats://h", "nats://h:4222"),
        ("NATS://user:pa%40ss@h:1/", "nats://h:1"),
        ("nats://token@[::1]", "nats://[::1]:4222"),
        ("nats://[::1]:99", "nats://[::1]:99"),
    ] {
        assert_eq!(Endpoint::new(host, 1).unwrap().to_string(), shown);
    }
    for host in ["nats://", "nats://h:x", "nats://h:99999", "nats://u@", "nats://h/p", "nats://%ff@h", "nats://::1"] {
        assert!(Endpoint::new(host, 1).is_err(), "{host}");
    }
    assert_eq!(Endpoint::new("broker.example", 7997).unwrap().to_string(), "broker.example:7997");
    assert_eq!(Endpoint::new("::1", 7997).unwrap().to_string(), "[::1]:7997");
}
