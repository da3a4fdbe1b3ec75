//! The units: what systemd says about them, and the program under their account and its one capability.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::MetadataExt,
    process::Command,
};

use suite::{
    ImapClient,
    process::{Server, find_program, run, temporary},
    site::password,
};

use super::debian;

#[test]
fn systemd_finds_no_fault_in_the_units_and_calls_them_well_confined() {
    let root = debian::root();
    let analyze = |words: &[&str]| {
        let mut command = Command::new(find_program("systemd-analyze"));
        command.args(words).arg(format!("--root={}", root.display()));
        run(&mut command, b"").success()
    };
    let units = [
        "heliograph.service",
        "heliograph-watched.service",
        "heliograph@imap.service",
        "heliograph-imap.socket",
        "heliograph-imaps.socket",
        "heliograph-pop.socket",
        "heliograph-pops.socket",
        "heliograph-lmtp.socket",
        "heliograph-http.socket",
        "heliograph-https.socket",
        "heliograph-msprobe.service",
        "heliograph-msprobe.timer",
    ];
    let said = analyze(&[&["verify", "--man=no"][..], &units[..]].concat());
    assert!(!said.stderr.contains("heliograph"), "{}", said.stderr);
    // Exposure in tenths: 2.5 of 10 at most.
    for unit in ["heliograph.service", "heliograph-watched.service", "heliograph@imap.service"] {
        analyze(&["security", "--offline=yes", "--threshold=25", unit]);
    }
}

/// A port that only root, or somebody with the capability, may have.
fn low_port() -> u16 {
    (600..1024).rev().find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("a free low port")
}

#[test]
fn the_program_serves_a_fresh_debian_as_its_account_on_a_low_port() {
    let root = debian::root();
    // What the unit says about account and capability, said to setpriv.
    let as_account = |words: &[&str]| {
        let mut command = Command::new("chroot");
        command.arg(root).args([
            "setpriv",
            "--reuid=heliograph",
            "--regid=heliograph",
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all,+net_bind_service",
            "--inh-caps=-all,+net_bind_service",
            "--ambient-caps=-all,+net_bind_service",
            "/usr/bin/heliograph",
        ]);
        command.args(words);
        command
    };
    run(&mut as_account(&["init", "--domain", "example.test", "--hostname", "localhost"]), b"").success();
    run(&mut as_account(&["user", "add", "--password-stdin", "alice"]), format!("{}\n", password()).as_bytes())
        .success();
    let port = low_port();
    run(&mut as_account(&["configutil", "-o", "service.imap.port", "-v", &port.to_string()]), b"").success();
    let mut words = vec!["run", "--listen", "127.0.0.1"];
    let others = ["imaps", "pop", "pops", "lmtp", "http", "https"].map(|name| format!("--port={name}=0"));
    words.extend(others.iter().map(String::as_str));
    let folder = temporary("debian");
    let mut server = Server::start(&mut as_account(&words), &folder.path().join("stderr.log"));
    let ready = server.wait_for_line("ready ");
    assert!(ready.contains(&format!(" imap=127.0.0.1:{port} ")), "{ready}");

    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let uid = fs::metadata(root.join("var/lib/heliograph")).unwrap().uid();
    assert_ne!(uid, 0);
    assert!(field("Uid:").split_whitespace().all(|id| id == uid.to_string()), "{status}");
    // CAP_NET_BIND_SERVICE is capability 10.
    assert_eq!((field("CapEff:"), field("CapBnd:")), ("0000000000000400".to_owned(), "0000000000000400".to_owned()));

    let mut imap = ImapClient::connect(([127, 0, 0, 1], port).into());
    imap.login("alice", password());
    imap.append("INBOX", "", b"Subject: hello\r\n\r\nhello\r\n");
    imap.command("LOGOUT");
    assert!(server.stop().success());
    assert!(
        fs::read_to_string(root.join("var/lib/heliograph/log/imap")).unwrap().contains("close [127.0.0.1] [alice]")
    );
}
