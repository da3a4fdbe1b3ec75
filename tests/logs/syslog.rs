//! Lines to syslog: datagrams of RFC 3164 (`logfile.<service>.syslogfacility`).

use std::os::unix::net::UnixDatagram;

use suite::{Site, wait::DEADLINE};

use super::fixture::options;

fn receive(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 9000];
    let count = socket.recv(&mut buffer).expect("a datagram in time");
    String::from_utf8(buffer[..count].to_vec()).unwrap()
}

#[test]
fn a_line_goes_to_the_facility_with_its_severity_and_in_no_file() {
    let mut site = Site::make(
        options().set("logfile.imap.syslogfacility", "local3").set("logfile.imap.syslogsocket", "syslog.sock"),
    );
    let path = site.root().join("syslog.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    site.run();
    assert!(!site.imap().attempt("LOGIN nobody wrong").is_ok());
    let datagram = receive(&socket);
    // local3 is 19, Notice 5 (RFC 5424 §6.2.1).
    let rest = datagram.strip_prefix("<157>").unwrap_or_else(|| panic!("{datagram}"));
    let shape: String =
        rest[..15].chars().map(|letter| if letter.is_ascii_alphabetic() { 'a' } else { letter }).collect();
    assert!(shape.starts_with("aaa ") && shape[4..].split(':').count() == 3, "{datagram}");
    let words = format!(" imapd[{}]: Account Notice: badlogin: [127.0.0.1:", site.pid());
    assert!(rest[15..].starts_with(&words), "{datagram}");
    assert!(!site.root().join("log/imap").exists());
    // A syslog that was restarted is found again.
    drop(socket);
    std::fs::remove_file(&path).unwrap();
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut name = 0;
    let found = suite::wait_for("a line at the new syslog", || {
        name += 1;
        assert!(!site.imap().attempt(&format!("LOGIN nobody{name} wrong")).is_ok());
        Some(receive(&socket)).filter(|line| line.contains("nobody"))
    });
    assert!(found.starts_with("<157>"), "{found}");
}
