//! Ports and addresses that services listen on.

use std::net::TcpListener;
use std::process::Command;

use suite::process::{heliograph, run};
use suite::{Site, SiteOptions};

#[test]
fn a_port_in_use_is_named_with_the_process_that_has_it() {
    let site = Site::make(SiteOptions::default());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut command = Command::new(heliograph());
    command.args(["serve", "imap", "--listen", "127.0.0.1", "--port", &format!("imap={port}"), "--root"]);
    let output = run(command.arg(site.root()), b"");
    assert_eq!(output.status.code(), Some(1));
    let (told, pid) = (output.stderr.clone(), std::process::id());
    assert!(told.contains("service.imap.port") && told.contains(&format!("127.0.0.1:{port}")), "{told}");
    assert!(told.contains(&format!("process {pid} (")), "{told}");
}

#[test]
fn a_service_may_have_addresses_of_its_own() {
    let site = Site::make(
        SiteOptions::default()
            .set("service.listenaddr", "127.0.0.1 127.0.0.1")
            .set("service.imap.listenaddr", "127.0.0.5 ::1"),
    );
    let mut command = Command::new(heliograph());
    // The addresses are the settings'; only the ports are moved.
    command.args(["run", "--port", "imap=0", "--port", "pop=0", "--port", "http=0", "--port", "lmtp=0", "--root"]);
    let log = site.root().join("run.log");
    let mut server = suite::process::Server::start(command.arg(site.root()), &log);
    let ready = server.wait_for_line("ready ");
    let address = |name: &str| -> std::net::SocketAddr {
        let word = ready.split(' ').find_map(|word| word.strip_prefix(name)).unwrap_or_else(|| panic!("{ready}"));
        word.parse().unwrap()
    };
    assert_eq!(address("imap=").ip().to_string(), "127.0.0.5");
    assert_eq!(address("pop=").ip().to_string(), "127.0.0.1");
    for ip in ["127.0.0.5", "::1"] {
        let imap = std::net::SocketAddr::new(ip.parse().unwrap(), address("imap=").port());
        assert!(suite::ImapClient::connect(imap).greeting().starts_with("* OK "), "{ip}");
    }
    server.stop();
}
