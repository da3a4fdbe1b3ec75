//! Sockets and state by systemd's conventions: LISTEN_FDS from `systemd-socket-activate`, READY and STOPPING to NOTIFY_SOCKET.

use std::{net::SocketAddr, os::unix::net::UnixDatagram, process::Command};

use suite::{
    ImapClient, Site, SiteOptions, free_port, password,
    process::{self, Server, find_program, heliograph, temporary},
    wait_for,
};

fn plain_imap() -> SiteOptions {
    SiteOptions::default().set("service.imap.enablesslport", "no")
}

/// `serve imap` as systemd's own program for the purpose starts it at the first connection.
fn activated(site: &Site, port: u16, name: &[&str]) -> Server {
    let mut command = Command::new(find_program("systemd-socket-activate"));
    command.arg("-l").arg(format!("127.0.0.1:{port}")).args(name);
    command.arg(heliograph()).args(["serve", "imap", "--root"]).arg(site.root());
    Server::start(&mut command, &site.root().join("activated.log"))
}

fn connect(port: u16) -> ImapClient {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    wait_for("the socket", || std::net::TcpStream::connect(address).ok());
    ImapClient::connect(address)
}

#[test]
fn a_service_takes_the_socket_that_systemd_opened_by_its_name() {
    // Its own port is another: nothing could be bound there without rights.
    let site = Site::make(plain_imap());
    let port = free_port();
    let mut server = activated(&site, port, &["--fdname=imap"]);
    let mut imap = connect(port);
    imap.login("alice", password());
    let ready = server.wait_for_line("ready ");
    assert!(ready.contains(&format!("imap=127.0.0.1:{port}")), "{ready}");
    assert!(server.stop().success());
}

#[test]
fn a_socket_without_a_name_is_known_by_its_port() {
    let port = free_port();
    let site = Site::make(plain_imap().set("service.imap.port", port));
    let mut server = activated(&site, port, &[]);
    connect(port).login("alice", password());
    assert!(server.wait_for_line("ready ").contains(&format!("imap=127.0.0.1:{port}")));
}

#[test]
fn a_socket_that_belongs_to_nothing_is_refused_with_the_reason() {
    let site = Site::make(plain_imap());
    let port = free_port();
    let server = activated(&site, port, &["--fdname=gopher"]);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    wait_for("the reason", || {
        let _ = std::net::TcpStream::connect(address);
        let log = server.log_text();
        (log.contains("passed as 'gopher'") && log.contains("FileDescriptorName")).then_some(())
    });
}

#[test]
fn a_service_manager_is_told_of_readiness_and_of_the_end() {
    let folder = temporary("notify");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(suite::DEADLINE)).unwrap();
    let hears = |wanted: &str| {
        let mut message = [0; 256];
        let length = manager.recv(&mut message).unwrap();
        assert_eq!(std::str::from_utf8(&message[..length]).unwrap(), wanted);
    };
    let site = Site::make(SiteOptions::default());
    for words in [&["serve", "imap"][..], &["run"], &["start-msg", "--foreground"]] {
        let mut command = Command::new(heliograph());
        command.args(words).args(["--port", "all=0", "--root"]).arg(site.root()).env("NOTIFY_SOCKET", &path);
        let mut server = Server::start(&mut command, &site.root().join("notify.log"));
        hears("READY=1");
        process::run(Command::new("kill").arg("-TERM").arg(server.pid().to_string()), b"").success();
        hears("STOPPING=1");
        assert!(server.stop().success());
    }
}
